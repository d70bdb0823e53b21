"""The page as text: complete in itself, and safe whatever people have written into their items."""

import base64
import hashlib
import json
import re

from cli.map.model import map_of
from cli.map.page import page_of

from .samples import DRAWN_AT, PRODUCTION, TEST, Document, item, three, two_hundred

HOSTILE = "</script><script>alert('x')</script><!-- \"><img src=x onerror=alert(1)> {{script}} \u2028"


def page(items: list[Document]) -> str:
    return page_of(map_of(items, source="a test", drawn_at=DRAWN_AT))


def inside(html: str, start: str, end: str) -> str:
    return html.split(start, 1)[1].split(end, 1)[0]


def test_the_policy_lets_only_this_style_and_this_script_run() -> None:
    html = page(three())
    policy = inside(html, 'http-equiv="Content-Security-Policy" content="', '"').replace("&#x27;", "'")

    assert policy.startswith("default-src 'none'; ")
    for kind, content in (
        ("style-src", inside(html, "<style>", "</style>")),
        ("script-src", inside(html, '<script type="module">', "</script>")),
    ):
        digest = base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()
        assert f"{kind} 'sha256-{digest}'" in policy


def test_the_page_needs_nothing_else() -> None:
    html = page(three())
    loading = re.findall(r"""\b(?:src|href|srcset|action)=["']([^"']*)|url\(([^)]*)\)|@import""", html)

    assert [each for each, _ in loading if not each.startswith(("#", "data:"))] == []
    assert [each for _, each in loading if each] == []


def test_hostile_text_stays_text() -> None:
    odd = item("a", {**TEST, "account_id": HOSTILE}, {**PRODUCTION, "region": HOSTILE}, names=(HOSTILE, HOSTILE))
    html = page([{**odd, "request_id": HOSTILE, "tags": {HOSTILE: HOSTILE}, "allow": [HOSTILE]}])
    plain = page(three())

    for tag in ("<script", "</script", "<img", "<!--"):
        assert html.lower().count(tag) == plain.lower().count(tag)
    data = json.loads(inside(html, 'id="data">', "</script>"))
    assert data["peerings"][0]["requests"][0]["request_id"] == HOSTILE


def test_characters_that_no_document_may_contain_are_replaced() -> None:
    html = page([item("a", TEST, PRODUCTION, names=("a\x00b\x0bc", None))])

    assert not re.search("[\x00\x0b]", html)


def test_the_legend_counts_requests() -> None:
    legend = re.findall(r'data-state="(\w+)".*?<b>(\d+)</b>', page(three()))

    assert legend == [("FAILED", "1"), ("AWAITING_APPROVAL", "1"), ("UNSEEN", "1"), ("ACTIVE", "2")]


def test_two_hundred_vpcs_stay_a_small_file() -> None:
    assert len(page(two_hundred())) < 1_000_000
