"""Elements of SVG as text."""

import html
import re

_NOT_IN_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")


def escaped(text: str) -> str:
    """The text where markup is expected, in quotes too; without what no document may contain."""
    return html.escape(_NOT_IN_XML.sub("\ufffd", text))


def element(name: str, *children: str, **attributes: str | float) -> str:
    """An element. Attributes are escaped, children are markup. `class_` and `data_x` stand for `class` and `data-x`."""
    given = "".join(f' {key.rstrip("_").replace("_", "-")}="{_value(value)}"' for key, value in attributes.items())
    return f"<{name}{given}>{''.join(children)}</{name}>"


def text(words: str, *, x: float, y: float, class_: str) -> str:
    return element("text", escaped(words), class_=class_, x=x, y=y)


def _value(value: str | float) -> str:
    return escaped(value) if isinstance(value, str) else f"{value:.1f}".removesuffix(".0")
