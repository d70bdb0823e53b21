"""The map as people use it, in a real browser: seen, pointed at, searched, by keyboard, in light and dark, wide and narrow."""

import re
from itertools import combinations
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from .conftest import Show
from .samples import PRODUCTION, TEST, Document, item, three, two_hundred, vpc

SIZES = {"three": three, "two hundred": two_hundred}

OVERLAPS = """(selector) => {
  const boxes = [...document.querySelectorAll(selector)].map((each) => each.getBoundingClientRect());
  const apart = (one, other) => one.right <= other.left + 1 || one.bottom <= other.top + 1;
  const covers = (one) => (other) => !apart(one, other) && !apart(other, one);
  return boxes.flatMap((one, index) => boxes.slice(index + 1).filter(covers(one))).length;
}"""
CUT = """(selector) => [...document.querySelectorAll(selector)].filter((each) => {
  const box = (each.querySelector(".face") ?? each.querySelector("rect")).getBBox();
  const fits = (words) => words.x >= box.x && words.x + words.width <= box.x + box.width
    && words.y >= box.y && words.y + words.height <= box.y + box.height;
  return ![...each.querySelectorAll("text")].map((words) => words.getBBox()).every(fits);
}).map((each) => each.textContent)"""
CONTRAST = """([words, behind, property]) => {
  const canvas = Object.assign(document.createElement("canvas"), {width: 1, height: 1});
  const context = canvas.getContext("2d", {willReadFrequently: true});
  const linear = (part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
  const luminance = (selector, name) => {
    context.fillStyle = getComputedStyle(document.querySelector(selector))[name];
    context.fillRect(0, 0, 1, 1);
    const [red, green, blue] = [...context.getImageData(0, 0, 1, 1).data].map((part) => linear(part / 255));
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const own = document.querySelector(words) instanceof SVGElement ? "fill" : "color";
  const [dark, light] = [luminance(words, own), luminance(behind, property)].sort((one, other) => one - other);
  return (light + 0.05) / (dark + 0.05);
}"""
"""As the Web Content Accessibility Guidelines (2.2, "contrast ratio") define it."""


def view_box(page: Page) -> list[float]:
    return [float(each) for each in (page.locator("#map").get_attribute("viewBox") or "").split()]


def card(page: Page, name: str) -> Locator:
    return page.locator(f'.card[aria-label^="VPC {name},"]')


def sign(page: Page, request_id: str) -> Locator:
    return page.locator(f'.sign[aria-label*="{request_id} "]')


def shown(page: Page, kind: str) -> int:
    return page.locator(f".{kind}:not(.miss)").count()


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("width", [1440, 400])
def test_everything_is_there_and_covers_nothing(show: Show, size: str, width: int) -> None:
    page = show(SIZES[size](), width=width)

    assert page.locator(".card").count() == {"three": 3, "two hundred": 200}[size]
    assert page.evaluate(OVERLAPS, ".card .face") == 0
    assert page.evaluate(OVERLAPS, "rect.account") == 0
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.parametrize("size", SIZES)
def test_no_word_is_cut(show: Show, size: str) -> None:
    page = show(SIZES[size](), width=2400, height=1800)
    page.evaluate("document.getElementById('map').classList.remove('far', 'tiny')")

    assert page.evaluate(CUT, ".card, .sign") == []


def test_long_names_are_shortened_and_told_in_full(show: Show) -> None:
    name = "WWWW mmmm 长长长长 " * 9
    page = show([item("w" * 64, TEST, PRODUCTION, names=(name, "M" * 60), blocks=(["2600:1f00:aaaa:bbbb::/56"] * 3, []))])

    assert page.evaluate(CUT, ".card, .sign") == []
    page.locator(".card").first.hover()
    expect(page.locator("#hint")).to_contain_text(name.strip())


def test_a_long_account_or_region_makes_no_wide_map(show: Show) -> None:
    page = show([item("a", {**TEST, "account_id": "1" * 500, "region": "x" * 500}, PRODUCTION)])

    assert view_box(page)[2] < 2000


def test_pointing_at_a_vpc_lights_its_peerings_and_neighbours(show: Show) -> None:
    page = show(two_hundred(), at="", width=1600)
    page.locator(".card").first.hover()

    lit = page.locator(".card.lit").count()
    assert 2 <= lit < 20
    assert float(page.locator(".card:not(.lit)").first.evaluate("each => getComputedStyle(each).opacity")) < 0.5
    hidden = page.locator(".sign.settled:not(.lit)").first
    assert hidden.evaluate("each => getComputedStyle(each).opacity") == "0"
    expect(page.locator("#hint")).to_contain_text(page.locator(".card .id").first.text_content() or "no id")
    page.locator("h1").hover()
    expect(page.locator("#hint")).to_be_hidden()
    expect(page.locator("#map.choosing")).to_have_count(0)


def test_a_click_tells_all_about_a_peering(show: Show) -> None:
    page = show(three())
    sign(page, "production-to-analytics").click()

    panel = page.locator("#panel")
    for words in (
        "FLOW_BLOCKED",
        "NO_ROUTE_TO_DESTINATION rtb-0b1",
        "Route 10.0.0.0/16 to the peering",
        "pcx-0a1b2c3d4e5f60001",
        "Owner=payments",
        "2026-01-15 09:30:00",
        "requester → accepter",
        "both ways",
    ):
        expect(panel).to_contain_text(words)
    expect(page).to_have_url(re.compile("#production-to-analytics$"))
    expect(page.locator(".sign.chosen")).to_have_count(1)
    page.keyboard.press("Escape")
    expect(panel).to_contain_text("5 requests")
    expect(page).not_to_have_url(re.compile("#"))


def test_two_requests_of_a_pair_are_both_told(show: Show) -> None:
    page = show(three())
    sign(page, "the-way-back").click()

    expect(page.locator("#panel .request h3:first-child")).to_have_text(["test-to-production", "the-way-back"])


def test_a_click_tells_about_a_vpc_and_leads_on_to_its_neighbours(show: Show) -> None:
    page = show(three())
    card(page, "Production").click()

    panel = page.locator("#panel")
    expect(panel).to_contain_text("2600:1f00:b::/56")
    panel.get_by_role("button", name="Test").press("Enter")
    expect(panel).to_contain_text("the-way-back")
    expect(panel).to_be_focused()
    panel.get_by_role("button", name="Back to the whole map").press("Enter")
    expect(panel).to_contain_text("5 requests")
    expect(page.locator(".sign:focus")).to_have_count(1)


def test_items_that_are_no_requests_are_told_in_the_panel(show: Show) -> None:
    page = show(three())

    expect(page.locator("#panel")).to_contain_text("Not on the map")
    expect(page.locator("#panel")).to_contain_text("nonsense")


FOUND = {
    "Production": (3, 2),
    "vpc-0a1b2c3d4e5f00002": (1, 2),
    "333333333333": (1, 2),
    "eu-central": (1, 2),
    "10.64.7.9": (1, 2),
    "10.63.0.1": (0, 0),
    "2600:1f00:b::17": (1, 2),
    "192.0.0.0/16": (1, 2),
    "the-way-back": (2, 1),
    "awaiting approval": (2, 1),
    "flow_blocked": (2, 1),
    "tcp/22": (3, 3),
    "production failed": (2, 1),
    "nothing of the kind": (0, 0),
}
"""How many VPCs and peerings the words find."""


def test_a_search_finds(show: Show) -> None:
    page = show(three())
    for words, (vpcs, peerings) in FOUND.items():
        page.keyboard.press("/")
        page.keyboard.type(words)
        assert (words, shown(page, "card"), shown(page, "sign")) == (words, vpcs, peerings)
        expect(page.locator("#found")).to_have_text(f"{vpcs} VPCs, {peerings} peerings")
        page.keyboard.press("Escape")
    assert (shown(page, "card"), shown(page, "sign")) == (3, 3)


def test_enter_goes_to_what_a_search_has_found(show: Show) -> None:
    page = show(two_hundred())
    page.locator("#search").fill("10.42.3.4")
    page.locator("#search").press("Enter")

    expect(page.locator("#panel")).to_contain_text("10.42.0.0/16")
    assert view_box(page)[2] < 2500


def test_the_legend_filters_by_state(show: Show) -> None:
    page = show(three())
    failed = page.locator('#legend [data-state="FAILED"]')
    failed.click()

    assert (shown(page, "card"), shown(page, "sign")) == (2, 1)
    expect(failed).to_have_attribute("aria-pressed", "true")
    page.locator('#legend [data-state="ACTIVE"]').click()
    assert (shown(page, "card"), shown(page, "sign")) == (3, 2)


def test_zoom_by_buttons_wheel_and_keys_and_back(show: Show) -> None:
    page = show(two_hundred())
    whole = view_box(page)

    page.locator("#closer").click()
    by_button = view_box(page)
    page.mouse.move(500, 400)
    page.mouse.wheel(0, -300)
    page.wait_for_function("width => document.getElementById('map').viewBox.baseVal.width < width", arg=by_button[2])
    by_wheel = view_box(page)
    page.keyboard.press("+")
    assert whole[2] > by_button[2] > by_wheel[2] > view_box(page)[2]
    page.keyboard.press("0")
    assert view_box(page) == whole


def test_what_is_under_the_pointer_stays_there(show: Show) -> None:
    page = show(two_hundred())
    middle = "document.querySelector('.card .face').getBoundingClientRect()"
    before = page.evaluate(middle)
    page.mouse.move(before["x"], before["y"])
    page.mouse.wheel(0, -400)
    page.wait_for_function(f"width => {middle}.width > width", arg=before["width"])

    after = page.evaluate(middle)
    assert (after["x"], after["y"]) == pytest.approx((before["x"], before["y"]), abs=2)


def test_dragging_moves_the_picture_and_selects_nothing(show: Show) -> None:
    page = show(three())
    before = view_box(page)
    box = card(page, "Test").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 9, box["y"] + 9)
    page.mouse.down()
    page.mouse.move(box["x"] + 109, box["y"] + 59, steps=5)
    page.mouse.up()

    assert view_box(page)[0] < before[0] - 50
    expect(page.locator("#panel")).to_contain_text("5 requests")


def test_the_keyboard_goes_from_vpc_to_vpc(show: Show) -> None:
    page = show(three())
    card(page, "Test").focus()
    page.keyboard.press("ArrowRight")
    expect(sign(page, "test-to-production")).to_be_focused()
    page.keyboard.press("ArrowRight")
    expect(card(page, "Production")).to_be_focused()
    assert page.locator('#map [tabindex="0"]').count() == 1
    page.keyboard.press("Enter")
    expect(page.locator("#panel")).to_be_focused()
    expect(page.locator("#panel h2")).to_have_text("Production")
    page.keyboard.press("Escape")
    expect(card(page, "Production")).to_be_focused()


@pytest.mark.parametrize("name", ["the-way-back", PRODUCTION["vpc_id"]])
def test_an_address_leads_to_a_request_or_a_vpc(show: Show, name: str) -> None:
    page = show(three(), at=f"#{name}")

    expect(page.locator("#panel")).to_contain_text(name)
    expect(page.locator(".chosen[role]")).to_have_count(1)


@pytest.mark.parametrize("name", ["#no-such-request", "#%E0%A4%A", "#%3Cimg%20src%3Dx%3E"])
def test_an_address_that_leads_nowhere_shows_the_whole_map(show: Show, name: str) -> None:
    expect(show(three(), at=name).locator("#panel")).to_contain_text("5 requests")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_theme_is_the_persons_until_it_is_switched(show: Show, scheme: str) -> None:
    page = show(three(), color_scheme=scheme)
    ground = "getComputedStyle(document.body).backgroundColor"
    mine = page.evaluate(ground)
    page.locator("#theme").click()
    other = page.evaluate(ground)
    page.reload()

    assert mine != other
    assert page.evaluate(ground) == other


STATES = ("ACTIVE", "FAILED", "REJECTED", "DRIFTED", "AWAITING_APPROVAL", "APPLYING", "UNKNOWN")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_words_can_be_read_in_both_themes(show: Show, scheme: str) -> None:
    pairs = [(vpc(number), vpc(number + 50, "222222222222")) for number in range(len(STATES))]
    page = show(
        [
            item(f"r{number}", *pair, state, names=("A", None), blocks=([], ["10.0.0.0/8"]))
            for number, (pair, state) in enumerate(zip(pairs, STATES, strict=True))
        ],
        color_scheme=scheme,
    )
    for number in range(len(STATES)):
        page.evaluate("id => { location.hash = id; }", f"r{number}")
        expect(page.locator("#panel .request > h3:first-child")).to_have_text(f"r{number}")
        for words in ("#panel h2", "#panel .kind", "#panel .badge", "#panel .quiet"):
            assert page.evaluate(CONTRAST, [words, "#panel", "backgroundColor"]) >= 4.5, (number, words)
    for words in (".card .name", ".card .id", ".card .unknown", ".card .blocks"):
        assert page.evaluate(CONTRAST, [words, ".card .face", "fill"]) >= 4.5, words


def test_states_are_told_apart_without_colour(show: Show) -> None:
    page = show(three())
    looks = {
        (
            way.evaluate("each => getComputedStyle(each.querySelector('.line')).strokeDasharray"),
            page.locator(".sign use").nth(number).get_attribute("href"),
        )
        for number, way in enumerate(page.locator(".way").all())
    }

    assert len(looks) == 3
    assert all(one[0] != other[0] and one[1] != other[1] for one, other in combinations(looks, 2))


def test_hostile_text_does_nothing_but_stand_there(show: Show) -> None:
    hostile = "</script><img src=x onerror=\"document.title='broken'\"><b>"
    odd: Document = item(hostile, TEST, PRODUCTION, names=(hostile, hostile), peering_connection_id=hostile)
    page = show([odd, {"request_id": hostile}, {**odd, "request_id": "b", "allow": [hostile], "tags": {hostile: hostile}}])
    page.locator(".sign").click()

    expect(page.locator("#panel")).to_contain_text(hostile)
    assert page.title() == "Causeway map"
    assert page.locator("#panel img, #panel b, #map img").count() == 0


def test_less_motion_is_no_motion(show: Show) -> None:
    moving = [item("a", TEST, PRODUCTION, "APPLYING")]
    name = "each => getComputedStyle(each).animationName"

    assert show(moving).locator(".line").evaluate(name) == "none"
    assert show(moving, reduced_motion="no-preference").locator(".line").evaluate(name) == "onwards"


def test_it_prints_the_whole_map_on_white(show: Show) -> None:
    page = show(three(), color_scheme="dark")
    page.locator("#closer").click()
    page.emulate_media(media="print")

    expect(page.locator("#panel")).to_be_hidden()
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert page.pdf(landscape=True, prefer_css_page_size=True).startswith(b"%PDF")


@pytest.mark.parametrize("items", [[], [{"request_id": "nonsense"}]])
def test_a_map_of_nothing_says_so(show: Show, items: list[Any]) -> None:
    expect(show(items).locator("#panel h2")).to_have_text(f"{len(items)} request{'s' if not items else ''}")


def test_a_finger_taps_on_a_narrow_screen(show: Show) -> None:
    page = show(three(), width=390, height=780, has_touch=True, is_mobile=True)
    card(page, "Test").tap()

    expect(page.locator("#panel h2")).to_have_text("Test")
