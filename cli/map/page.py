"""The page: one HTML file that needs nothing else, and asks for nothing.

Ids, tags and messages are other people's text: in markup they are escaped, in the data no `<` is left that could end it, and
the page's own policy lets no script run but the one that is in it.
"""

import base64
import hashlib
import re
from collections import Counter
from importlib.resources import files

import msgspec

from .layout import lay_out
from .markup import escaped
from .model import Map, State
from .picture import icon, picture_of

_ASSETS = files(__package__) / "assets"
_SCRIPTS = ("addresses.js", "things.js", "view.js", "filter.js", "panel.js", "main.js")
"""In the order in which they need each other: they make one script."""


def page_of(drawn: Map) -> str:
    """The whole page as HTML."""
    style = _asset("page.css")
    script = "\n".join(map(_asset, _SCRIPTS))
    parts = {
        "policy": _policy(style, script),
        "style": style,
        "script": script,
        "about": escaped(drawn.summary),
        "source": escaped(f"{drawn.source}, {drawn.drawn_at[:16].replace('T', ' ')} UTC"),
        "legend": _legend(drawn),
        "picture": picture_of(drawn, lay_out(drawn)),
        "data": _data(drawn),
    }
    return re.sub(r"\{\{(\w+)\}\}", lambda found: parts[found[1]], _asset("page.html"))


def _asset(name: str) -> str:
    return (_ASSETS / name).read_text(encoding="utf-8")


def _policy(style: str, script: str) -> str:
    """Of all that a page could load or run, only this style, this script and its own icon."""
    allowed = f"img-src data:; style-src {_hash(style)}; script-src {_hash(script)}"
    return f"default-src 'none'; {allowed}; base-uri 'none'; form-action 'none'"


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def _data(drawn: Map) -> str:
    """JSON that no parser of HTML takes for markup."""
    text = msgspec.json.encode(drawn).decode()
    return text.replace("&", r"\u0026").replace("<", r"\u003c").replace(">", r"\u003e")


def _legend(drawn: Map) -> str:
    """A button for each state that there is: how many requests are in it."""
    counts = Counter(request.state for request in drawn.requests)
    return "".join(
        f'<button type="button" class="s-{state}" data-state="{state}" aria-pressed="false">'
        f"{icon(state)}{state.capitalize().replace('_', ' ')} <b>{counts[state]}</b></button>"
        for state in State
        if counts[state]
    )
