"""`make pictures`: the demo's map as the README shows it, in light and dark, from what `make demo` has drawn."""

from pathlib import Path

from playwright.sync_api import ViewportSize, sync_playwright

from localcloud.deploy.demo import REQUEST_ID
from localcloud.lambda_.runtime_image import LOCAL_FOLDER

HERE = Path(__file__).parent
CHROMIUM = "/usr/bin/chromium"
FLAGS = ("--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-component-update")
SIZE = ViewportSize(width=1280, height=640)

with sync_playwright() as playwright:
    browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
    for scheme in ("light", "dark"):
        page = browser.new_page(viewport=SIZE, device_scale_factor=1.5, color_scheme=scheme, reduced_motion="reduce")
        page.goto(f"{(LOCAL_FOLDER / 'map.html').as_uri()}#{REQUEST_ID}")
        page.screenshot(path=HERE / f"map-{scheme}.png")
    browser.close()
