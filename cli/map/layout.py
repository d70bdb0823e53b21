"""Where everything on a map goes: pure and deterministic, so that the same items give the same picture.

1. The accounts come in an order in which those with many peerings between them are near each other.
2. The cards of a region form a grid, the regions of an account form rows, and so do the accounts, about as wide as a screen.
3. Within each region cards change places as long as that makes the peerings shorter.
4. Each peering takes the way that is short and crosses few cards; its sign is where it covers nothing.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations
from math import ceil, hypot

from causeway.domain.model.values import Value

from .curves import Curve, Wanted, curves_of
from .geometry import ORIGIN, Box, Point
from .model import Map, Peering, Vpc
from .wording import fitted, width_of

CARD_WIDTH, CARD_HEIGHT = 232.0, 88.0
FEW = 12
"""Up to so many VPCs and peerings, there is room to name each peering on its sign."""
LABEL_SIZE, LONGEST_LABEL = 13.0, 190.0
SIGN = 28.0
"""The height of a sign, and its width where it has no words."""
SIGN_PADDING = 14.0
COUNT_WIDTH = 26.0
ASPECT = 1.6
"""Width to height that is aimed at."""
SWEEPS = 4


class Spacing(Value):
    """Room between things."""

    cards: float = 36
    regions: float = 26
    accounts: float = 92
    padding: float = 20
    region_title: float = 34
    account_title: float = 46
    margin: float = 48


ROOMY = Spacing(cards=64, regions=64, accounts=264, padding=26, margin=56)
"""Where peerings are named."""


class Card(Value):
    key: str
    box: Box


class Group(Value):
    """An account, or a region in one. `number` is the account's."""

    title: str
    number: int
    size: int
    box: Box


class Sign(Value):
    """What stands on a peering: as much of a request's id as fits, or nothing."""

    label: str
    width: float


class Layout(Value):
    """A picture without looks: boxes and curves on a canvas that begins at 0, 0."""

    width: float
    height: float
    accounts: tuple[Group, ...]
    regions: tuple[Group, ...]
    cards: tuple[Card, ...]
    curves: tuple[Curve, ...]
    labels: dict[str, str]
    """Of each peering, by its key."""
    roomy: bool


class _Block(Value):
    """An account with all that is in it, its corner at 0, 0."""

    account: Group
    regions: tuple[Group, ...]
    cards: tuple[tuple[Card, ...], ...]
    """Of each region."""

    def moved(self, by: Point) -> "_Block":
        return _Block(
            account=_moved(self.account, by),
            regions=tuple(_moved(region, by) for region in self.regions),
            cards=tuple(tuple(Card(key=card.key, box=card.box.moved(by)) for card in cards) for cards in self.cards),
        )


def lay_out(drawn: Map) -> Layout:
    """Place all VPCs and peerings of a map."""
    roomy = len(drawn.vpcs) <= FEW and len(drawn.peerings) <= FEW
    space = ROOMY if roomy else Spacing()
    blocks = [
        _block(account, number, [vpc for vpc in drawn.vpcs if vpc.account_id == account], space)
        for number, account in enumerate(_accounts_in_order(drawn))
    ]
    places = _rows([block.account.box for block in blocks], space.accounts)
    blocks = [block.moved(place) for block, place in zip(blocks, places, strict=True)]
    boxes = _shortened([cards for block in blocks for cards in block.cards], drawn.peerings)
    groups = [*(block.account for block in blocks), *(region for block in blocks for region in block.regions)]
    signs = {peering.key: _sign(peering, roomy=roomy) for peering in drawn.peerings}
    wanted = [
        Wanted(key=peering.key, ends=peering.ends, sign_width=signs[peering.key].width, sign_height=SIGN)
        for peering in drawn.peerings
    ]
    curves = curves_of(wanted, boxes, [_title(group, space) for group in groups])
    extent = _extent([*(group.box for group in groups), *(box for curve in curves for box in curve.extent)])
    to_origin = Point(x=space.margin - extent.x, y=space.margin - extent.y)
    return Layout(
        width=extent.width + 2 * space.margin,
        height=extent.height + 2 * space.margin,
        accounts=tuple(_moved(block.account, to_origin) for block in blocks),
        regions=tuple(_moved(region, to_origin) for block in blocks for region in block.regions),
        cards=tuple(Card(key=vpc.key, box=boxes[vpc.key].moved(to_origin)) for vpc in drawn.vpcs),
        curves=tuple(curve.moved(to_origin) for curve in curves),
        labels={key: sign.label for key, sign in signs.items()},
        roomy=roomy,
    )


def _accounts_in_order(drawn: Map) -> list[str]:
    """Each next account is the one with most peerings to those before it; a new cluster begins with its busiest account."""
    account_of = {vpc.key: vpc.account_id for vpc in drawn.vpcs}
    weights: Counter[tuple[str, str]] = Counter()
    for peering in drawn.peerings:
        first, second = (account_of[end] for end in peering.ends)
        weights[first, second] += first != second
        weights[second, first] += first != second
    busy = {account: sum(weights[account, other] for other in drawn.accounts) for account in drawn.accounts}
    ordered: list[str] = []
    left = sorted(drawn.accounts)
    while left:
        best = max(left, key=lambda each: (sum(weights[each, other] for other in ordered), busy[each]))
        left.remove(best)
        ordered.append(best)
    return ordered


def _block(account: str, number: int, vpcs: Sequence[Vpc], space: Spacing) -> _Block:
    """An account: a grid for each region, the regions in rows."""
    names = sorted({vpc.region for vpc in vpcs})
    grids = [_grid([vpc for vpc in vpcs if vpc.region == name], space) for name in names]
    sizes = [_extent([card.box for card in grid]) for grid in grids]
    frames = [
        Box(
            x=0,
            y=0,
            width=max(size.width, _title_width(name, 13) + 40) + 2 * space.padding,
            height=size.height + space.padding + space.region_title,
        )
        for name, size in zip(names, sizes, strict=True)
    ]
    places = [
        place.moved(Point(x=space.padding, y=space.account_title)) for place in _rows(frames, space.regions, centred=False)
    ]
    regions = tuple(
        Group(title=name, number=number, size=len(grid), box=frame.moved(place))
        for name, grid, frame, place in zip(names, grids, frames, places, strict=True)
    )
    inner = Point(x=space.padding, y=space.region_title)
    cards = tuple(
        tuple(Card(key=card.key, box=card.box.moved(inner).moved(place)) for card in grid)
        for grid, place in zip(grids, places, strict=True)
    )
    inside = _extent([region.box for region in regions])
    frame = Box(
        x=0,
        y=0,
        width=max(inside.width, _title_width(account, 17) + 120) + 2 * space.padding,
        height=inside.height + space.account_title + space.padding,
    )
    return _Block(account=Group(title=account, number=number, size=len(vpcs), box=frame), regions=regions, cards=cards)


def _title_width(title: str, size: float) -> float:
    """What a title may ask for; a longer one is cut."""
    return min(width_of(title, size, monospaced=True), CARD_WIDTH)


def _grid(vpcs: Sequence[Vpc], space: Spacing) -> tuple[Card, ...]:
    across, down = CARD_WIDTH + space.cards, CARD_HEIGHT + space.cards
    columns = min(
        range(1, len(vpcs) + 1), key=lambda count: (max(count * across, ASPECT * ceil(len(vpcs) / count) * down), count)
    )
    places = (divmod(number, columns) for number in range(len(vpcs)))
    return tuple(
        Card(key=vpc.key, box=Box(x=column * across, y=row * down, width=CARD_WIDTH, height=CARD_HEIGHT))
        for vpc, (row, column) in zip(vpcs, places, strict=True)
    )


def _rows(boxes: Sequence[Box], gap: float, *, centred: bool = True) -> list[Point]:
    """A place for each box, in rows from left to right, in the width that comes nearest to the aspect that is aimed at."""
    widths = [sum(box.width + gap for box in boxes[:count]) for count in range(1, len(boxes) + 1)]
    layouts = [_in_rows(boxes, gap, width, centred=centred) for width in widths]

    def size(places: Sequence[Point]) -> float:
        extent = _extent([box.moved(place) for box, place in zip(boxes, places, strict=True)])
        return max(extent.width, ASPECT * extent.height)

    return min(layouts, key=size, default=[])


def _in_rows(boxes: Sequence[Box], gap: float, width: float, *, centred: bool) -> list[Point]:
    rows: list[list[Box]] = []
    for box in boxes:
        if not rows or sum(each.width + gap for each in (*rows[-1], box)) > width + 1:
            rows.append([])
        rows[-1].append(box)
    across = [sum(box.width + gap for box in row) - gap for row in rows]
    places, y = [], 0.0
    for row, taken in zip(rows, across, strict=True):
        height, x = max(box.height for box in row), (max(across) - taken) / 2 if centred else 0.0
        for box in row:
            places.append(Point(x=x, y=y + ((height - box.height) / 2 if centred else 0)))
            x += box.width + gap
        y += height + gap
    return places


def _shortened(regions: Sequence[Sequence[Card]], peerings: Iterable[Peering]) -> dict[str, Box]:
    """Where each card is, once cards of a region have changed places wherever that makes the peerings shorter."""
    groups = [[card.key for card in cards] for cards in regions]
    boxes = {card.key: card.box for cards in regions for card in cards}
    neighbours: dict[str, list[str]] = {key: [] for key in boxes}
    for peering in peerings:
        first, second = peering.ends
        neighbours[first].append(second)
        neighbours[second].append(first)
    for _ in range(SWEEPS):
        pairs = (pair for group in groups for pair in combinations(group, 2))
        if not sum(_swapped(pair, boxes, neighbours) for pair in pairs):
            break
    return boxes


def _swapped(pair: tuple[str, str], boxes: dict[str, Box], neighbours: Mapping[str, Sequence[str]]) -> bool:
    """Whether the two changed places, because that is shorter."""
    first, second = pair
    if not neighbours[first] and not neighbours[second]:
        return False
    before = _length(pair, boxes, neighbours)
    boxes[first], boxes[second] = boxes[second], boxes[first]
    if _length(pair, boxes, neighbours) < before - 1:
        return True
    boxes[first], boxes[second] = boxes[second], boxes[first]
    return False


def _length(keys: Iterable[str], boxes: Mapping[str, Box], neighbours: Mapping[str, Sequence[str]]) -> float:
    return sum(hypot(boxes[key].x - boxes[other].x, boxes[key].y - boxes[other].y) for key in keys for other in neighbours[key])


def _sign(peering: Peering, *, roomy: bool) -> Sign:
    more = len(peering.requests) > 1
    if not roomy:
        return Sign(label="", width=SIGN + COUNT_WIDTH * more)
    label = fitted(peering.requests[0].request_id, LONGEST_LABEL, LABEL_SIZE)
    return Sign(label=label, width=SIGN + width_of(label, LABEL_SIZE) + SIGN_PADDING + COUNT_WIDTH * more)


def _title(group: Group, space: Spacing) -> Box:
    return Box(x=group.box.x, y=group.box.y, width=min(group.box.width, 260), height=space.region_title)


def _extent(boxes: Sequence[Box]) -> Box:
    """The smallest box around all; of none one without size."""
    if not boxes:
        return Box(x=ORIGIN.x, y=ORIGIN.y, width=0, height=0)
    left, top = min(box.x for box in boxes), min(box.y for box in boxes)
    right, bottom = max(box.right for box in boxes), max(box.bottom for box in boxes)
    return Box(x=left, y=top, width=right - left, height=bottom - top)


def _moved(group: Group, by: Point) -> Group:
    return Group(title=group.title, number=group.number, size=group.size, box=group.box.moved(by))
