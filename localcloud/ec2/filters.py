"""EC2's filters, for the calls whose own moto does not implement."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence

from localcloud.ec2.errors import invalid_parameter

type FilterReader[Item] = Callable[[Item], Iterable[str]]
"""The values that a filter finds at an item."""

type Tags = Mapping[str, str]


def select[Item](
    items: Iterable[Item],
    filters: Mapping[str, Sequence[str]],
    readers: Mapping[str, FilterReader[Item]],
    tags: Callable[[Item], Tags],
) -> list[Item]:
    """The items that match every filter; a filter matches when any of its values does (`*` and `?` are wildcards).

    Raises:
        EC2ClientError: InvalidParameterValue for a filter that is neither in `readers` nor a tag filter.
    """
    chosen = [(_reader(name, readers, tags), values) for name, values in filters.items()]
    return [item for item in items if all(matches(read(item), values) for read, values in chosen)]


def _reader[Item](name: str, readers: Mapping[str, FilterReader[Item]], tags: Callable[[Item], Tags]) -> FilterReader[Item]:
    if name in readers:
        return readers[name]
    if name == "tag-key":
        return lambda item: tags(item).keys()
    if name.startswith("tag:"):
        key = name.removeprefix("tag:")
        return lambda item: [value for tag, value in tags(item).items() if tag == key]
    raise unknown_filter(name)


def unknown_filter(name: str) -> Exception:
    """EC2 refuses a filter that it does not know: InvalidParameterValue."""
    return invalid_parameter(f"The filter '{name}' is invalid")


def matches(values: Iterable[str], patterns: Sequence[str]) -> bool:
    """Whether one of the values is like one of the patterns; `*` and `?` are wildcards."""
    compiled = [re.compile(_as_regex(pattern)) for pattern in patterns]
    return any(pattern.fullmatch(value) for value in values for pattern in compiled)


def _as_regex(pattern: str) -> str:
    return "".join({"*": ".*", "?": "."}.get(character, re.escape(character)) for character in pattern)
