"""Maps in a real browser: Chromium without a screen, one for all tests of a module.

`.ci/run` installs it, and lets no test be skipped.
"""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from cli.map.model import map_of
from cli.map.page import page_of

from .samples import DRAWN_AT, Document

CHROMIUM = Path("/usr/bin/chromium")
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
"""As root, and without a word to anybody."""

type Show = Callable[..., Page]


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if isinstance(item, pytest.Function) and "browser" in item.fixturenames:
            item.add_marker(pytest.mark.xdist_group("browser"))


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Skips where there is no Chromium; fails where the environment says that there has to be one."""
    reason = None if CHROMIUM.is_file() else f"no browser here: {CHROMIUM} is missing, install Debian's chromium"
    if reason and os.environ.get("CAUSEWAY_BROWSER") == "required":
        pytest.fail(f"CAUSEWAY_BROWSER=required, but {reason}")
    if reason:
        pytest.skip(reason)
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield opened
        opened.close()


@pytest.fixture
def show(browser: Browser, tmp_path: Path) -> Iterator[Show]:
    """Draws items and opens the page. At the end: it has said nothing on the console, and asked nobody for anything."""
    said: list[str] = []
    asked: list[str] = []
    file = tmp_path / "map.html"

    def open_page(items: list[Document], *, at: str = "", width: int = 1440, height: int = 860, **options: Any) -> Page:
        file.write_text(page_of(map_of(items, source="a test", drawn_at=DRAWN_AT)), encoding="utf-8")
        given = {"reduced_motion": "reduce", **options}
        page = browser.new_context(viewport={"width": width, "height": height}, **given).new_page()
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.on("request", lambda request: asked.append(request.url))
        page.goto(f"{file.as_uri()}{at}")
        return page

    yield open_page
    for context in browser.contexts:
        context.close()
    assert said == []
    assert [url for url in asked if not url.startswith(("file:", "data:"))] == []
    assert {url.partition("#")[0] for url in asked if url.startswith("file:")} <= {file.as_uri()}
