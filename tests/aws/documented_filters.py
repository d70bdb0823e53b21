"""The filters that EC2's reference names, as botocore's model of it brings them along."""

import re
from collections.abc import Mapping
from functools import cache
from html import unescape

from botocore.session import get_session

_ITEM = re.compile(r"<li>(.*?)(?=<li>|</ul>|$)", re.DOTALL)
_NAME = re.compile(r"^\s*(?:<p>)?\s*<code>(.*?)</code>", re.DOTALL)
_VALUES = re.compile(r"\((?:<code>[^<]*</code>\s*\|\s*)+<code>[^<]*</code>\)")


@cache
def documented_filters(operation: str) -> Mapping[str, frozenset[str]]:
    """The values of each filter of an operation, where the reference lists them; `tag:` stands for the filters by any tag."""
    shape = get_session().get_service_model("ec2").operation_model(operation).input_shape
    assert shape is not None
    found: dict[str, frozenset[str]] = {}
    for item in _ITEM.findall(_outer_list(shape.members["Filters"].documentation)):
        if named := _NAME.match(item):
            by_tag = named[1] == "tag" or named[1].startswith("tag:")
            found["tag:" if by_tag else named[1]] = _values(item)
    return found


def undocumented(operation: str, name: str, values: list[str]) -> set[str]:
    """What of a filter the reference does not name: the filter itself, or values of it."""
    filters = documented_filters(operation)
    documented = filters.get("tag:" if name.startswith("tag:") else name)
    if documented is None:
        return {name}
    return set(values) - documented if documented else set()


def _values(item: str) -> frozenset[str]:
    listed = _VALUES.search(item)
    return frozenset(unescape(each) for each in re.findall(r"<code>([^<]*)</code>", listed[0])) if listed else frozenset()


def _outer_list(html: str) -> str:
    """Without the lists within its entries: they name values."""
    depth, kept = 0, ""
    for part in re.split(r"(</?ul>)", html):
        depth += {"<ul>": 1, "</ul>": -1}.get(part, 0)
        if depth <= 1:
            kept += part
    return kept
