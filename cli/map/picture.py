"""The picture: a layout as SVG. Colours and fonts are the style's; here are shapes and words."""

from collections.abc import Iterator

from .curves import Curve
from .geometry import Box
from .layout import CARD_HEIGHT, CARD_WIDTH, SIGN, Card, Group, Layout
from .markup import element, text
from .model import Map, Peering, State, Vpc
from .wording import fitted, width_of

HUES = 8
"""As many as the style has for accounts."""
INNER = 18.0
"""From the card's left edge to its words."""
WORDS = CARD_WIDTH - INNER - 12

_CHECK = "M3.5 8.5 6.8 11.7 12.5 4.8"
_CROSS = "M4.5 4.5 11.5 11.5M11.5 4.5 4.5 11.5"
_QUESTION = "M5.9 6.1a2.1 2.1 0 1 1 3.1 1.8c-.7.4-1 .8-1 1.6M8 12.2h.01"
ICONS = {
    State.FAILED: _CROSS,
    State.BLOCKED: _CROSS,
    State.REJECTED: "M3.6 8h8.8",
    State.DRIFTED: "M2.6 9.6C4.4 4.6 6.6 4.6 8 8s3.6 3.4 5.4-1.6",
    State.AWAITING_APPROVAL: "M6 4.6v6.8M10 4.6v6.8",
    State.APPLYING: "M6 4.4 11.4 8 6 11.6z",
    State.PLANNING: "M4 8h.01M8 8h.01M12 8h.01",
    State.UNKNOWN: _QUESTION,
    State.UNSEEN: _QUESTION,
    State.UNCHECKED: _QUESTION,
    State.ACTIVE: _CHECK,
    State.REACHABLE: _CHECK,
}


SETTLED = {State.ACTIVE, State.REACHABLE}
"""States that nobody needs to look at: where there is little room they step back."""


def icon(state: State) -> str:
    """The state's icon beside words."""
    return f'<svg class="icon" viewBox="0 0 16 16" aria-hidden="true"><use href="#icon-{state}"/></svg>'


def picture_of(drawn: Map, layout: Layout) -> str:
    """The whole picture. What is later covers what is earlier: frames, ways, titles, cards, signs."""
    vpcs = {vpc.key: (index, vpc) for index, vpc in enumerate(drawn.vpcs)}
    hues = {group.title: group.number % HUES for group in layout.accounts}
    peerings = {peering.key: (index, peering) for index, peering in enumerate(drawn.peerings)}
    named = {vpc.key: _name(vpc) for vpc in drawn.vpcs}
    label = f"{len(drawn.vpcs)} VPCs and {len(drawn.peerings)} peerings. The arrow keys go from one to the next, Enter selects."
    return element(
        "svg",
        element("defs", *(element("path", id=f"icon-{state}", d=path) for state, path in ICONS.items())),
        *(_frame(group, "account", 18) for group in layout.accounts),
        *(_frame(group, "region", 12) for group in layout.regions),
        *(_way(curve, *peerings[curve.key]) for curve in layout.curves),
        *(_account(group) for group in layout.accounts),
        *(_region(group) for group in layout.regions),
        *(_card(card, *vpcs[card.key], hues[vpcs[card.key][1].account_id]) for card in layout.cards),
        *(_sign(curve.sign, *peerings[curve.key], layout.labels[curve.key], named) for curve in layout.curves),
        id="map",
        class_="roomy" if layout.roomy else "crowded",
        viewBox=f"0 0 {layout.width:.0f} {layout.height:.0f}",
        role="group",
        aria_label=label,
    )


def _name(vpc: Vpc) -> str:
    return vpc.name or vpc.vpc_id


def _frame(group: Group, kind: str, radius: float) -> str:
    return _rectangle(group.box, rx=radius, class_=f"{kind} hue-{group.number % HUES}")


def _account(group: Group) -> str:
    box, title = group.box, group.title
    room = box.width - 60
    words = fitted(title, room, 17, monospaced=True)
    note = f"{group.size} VPC{'' if group.size == 1 else 's'}"
    return element(
        "g",
        element("circle", cx=box.x + 24, cy=box.y + 26, r=5.5),
        text(words, x=box.x + 40, y=box.y + 32, class_="title mono"),
        text(note, x=box.x + 54 + width_of(words, 17, monospaced=True), y=box.y + 32, class_="note"),
        class_=f"account-title hue-{group.number % HUES}",
    )


def _region(group: Group) -> str:
    box = group.box
    return text(
        fitted(group.title, box.width - 40, 13), x=box.x + 20, y=box.y + 23, class_=f"region-title hue-{group.number % HUES}"
    )


def _looks(peering: Peering) -> str:
    return f"s-{peering.state} settled" if peering.state in SETTLED else f"s-{peering.state}"


def _way(curve: Curve, index: int, peering: Peering) -> str:
    start, *bends = curve.points
    path = f"M{start.x:.1f} {start.y:.1f}C" + " ".join(f"{point.x:.1f} {point.y:.1f}" for point in bends)
    lines = (element("path", class_=name, d=path) for name in ("reach", "halo", "line"))
    return element("g", *lines, class_=f"way {_looks(peering)}", data_peering=str(index))


def _card(card: Card, index: int, vpc: Vpc, hue: int) -> str:
    box = card.box
    known = ", ".join(vpc.cidr_blocks) or "CIDR blocks not seen yet"
    label = f"VPC {_name(vpc)}, {vpc.vpc_id}, account {vpc.account_id}, region {vpc.region}, {known}"
    stripe = (
        f"M{box.x + 12:.1f} {box.y:.1f}h-4a8 8 0 0 0-8 8v{CARD_HEIGHT - 16:.0f}a8 8 0 0 0 8 8h4a6 8 0 0 1-6-8"
        f"v-{CARD_HEIGHT - 16:.0f}a6 8 0 0 1 6-8z"
    )
    return element(
        "g",
        _rectangle(Box(x=box.x, y=box.y + 3, width=box.width, height=box.height), rx=10, class_="shadow"),
        _rectangle(box, rx=10, class_="face"),
        element("path", class_="stripe", d=stripe),
        *_words(vpc, box),
        class_=f"card hue-{hue}",
        data_vpc=str(index),
        tabindex="-1",
        role="button",
        aria_label=label,
    )


def _words(vpc: Vpc, box: Box) -> Iterator[str]:
    """Three lines: the name, the id, and as many CIDR blocks as there is room for. Without a name the id comes first."""
    x, first, second, third = box.x + INNER, box.y + 30, box.y + 51, box.y + 73
    if vpc.name:
        yield text(fitted(vpc.name, WORDS, 17), x=x, y=first, class_="name")
        yield text(fitted(vpc.vpc_id, WORDS, 12, monospaced=True), x=x, y=second, class_="id mono")
        yield from _blocks(vpc.cidr_blocks, 1, x, (third,))
    else:
        yield text(fitted(vpc.vpc_id, WORDS, 15, monospaced=True), x=x, y=first, class_="name mono")
        yield from _blocks(vpc.cidr_blocks, 2, x, (second, third))


def _blocks(blocks: tuple[str, ...], lines: int, x: float, heights: tuple[float, ...]) -> Iterator[str]:
    if not blocks:
        yield text("CIDR blocks not seen yet", x=x, y=heights[0], class_="unknown")
        return
    shown = blocks[:lines]
    more = f"+{len(blocks) - len(shown)}" if len(blocks) > len(shown) else ""
    for block, y in zip(shown, heights, strict=False):
        words = fitted(block, WORDS - (width_of(more, 12) + 8 if more else 0), 13, monospaced=True)
        yield text(words, x=x, y=y, class_="blocks mono")
    if more:
        yield text(more, x=x + WORDS - width_of(more, 12), y=heights[len(shown) - 1], class_="more")


def _sign(box: Box, index: int, peering: Peering, label: str, named: dict[str, str]) -> str:
    ends = " and ".join(named[end] for end in peering.ends)
    requests = ", ".join(f"{request.request_id} {request.state}" for request in peering.requests)
    said = f"Peering of {ends}: {requests}"
    half = SIGN / 2
    x, y = box.x + half, box.y + half
    words = [text(label, x=box.x + SIGN + 5, y=y + 4.5, class_="")] if label else []
    if len(peering.requests) > 1:
        words.append(text(f"×{len(peering.requests)}", x=box.right - 27, y=y + 4.5, class_="count"))
    return element(
        "g",
        _rectangle(box, rx=half),
        element("circle", cx=x, cy=y, r=half - 3),
        element("use", href=f"#icon-{peering.state}", x=x - 8, y=y - 8),
        *words,
        class_=f"sign {_looks(peering)}",
        data_peering=str(index),
        tabindex="-1",
        role="button",
        aria_label=said,
    )


def _rectangle(box: Box, *, rx: float, **attributes: str) -> str:
    return element("rect", x=box.x, y=box.y, width=box.width, height=box.height, rx=rx, **attributes)
