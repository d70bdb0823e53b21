"""How much room words take where no browser can be asked, and how they are shortened to fit."""

import unicodedata

_NARROW = frozenset("iljftrI.,:;|!'()[] -/")
_WIDE = frozenset("mwMWOQGDNHU@%&_#+=<>~")

MONOSPACED = 0.615
"""Width of a character, in ems, in any of the usual monospaced fonts."""


def width_of(text: str, size: float, *, monospaced: bool = False) -> float:
    """At least what the text is wide, in the units of its font size; measured on the widest of the usual fonts."""
    return size * sum(MONOSPACED if monospaced and char.isascii() else _ems(char) for char in text)


def fitted(text: str, width: float, size: float, *, monospaced: bool = False) -> str:
    """The text, or as much of its beginning as fits, with an ellipsis."""
    if width_of(text, size, monospaced=monospaced) <= width:
        return text
    kept = text
    while kept and width_of(f"{kept}…", size, monospaced=monospaced) > width:
        kept = kept[:-1]
    return f"{kept.rstrip()}…"


def _ems(char: str) -> float:
    if not char.isascii():
        return 1.25 if unicodedata.east_asian_width(char) in {"W", "F"} else 1.0
    if char in _NARROW:
        return 0.48
    if char in _WIDE:
        return 1.02
    return 0.76 if char.isupper() else 0.66
