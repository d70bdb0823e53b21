"""The ways of peerings: a curve from card to card, and the place of its sign."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from itertools import pairwise
from math import hypot

from causeway.domain.model.values import Value

from .geometry import Box, Point

STEPS = 24
"""Points of a curve that are looked at."""
PRICE_OF_A_CARD = 500.0
"""What crossing a card counts, in units of length."""
PRICE_OF_A_DETOUR = 80.0
CELL = 64.0
CLEARANCE = 6.0
PLACES = tuple(0.5 + sign * step / 50 for step in range(22) for sign in (1, -1))
"""Of a sign on its curve, the middle first."""


class Edge(StrEnum):
    """Of a card."""

    LEFT = "left"
    RIGHT = "right"
    TOP = "top"
    BOTTOM = "bottom"


_OUTWARDS = {
    Edge.LEFT: Point(x=-1, y=0),
    Edge.RIGHT: Point(x=1, y=0),
    Edge.TOP: Point(x=0, y=-1),
    Edge.BOTTOM: Point(x=0, y=1),
}
_ACROSS = ((Edge.RIGHT, Edge.LEFT), (Edge.LEFT, Edge.RIGHT), (Edge.BOTTOM, Edge.TOP), (Edge.TOP, Edge.BOTTOM))
_AROUND = tuple((edge, edge) for edge in Edge)


class Wanted(Value):
    """A peering to draw: its two cards, and the size of its sign."""

    key: str
    ends: tuple[str, str]
    sign_width: float
    sign_height: float


class Curve(Value):
    """A cubic Bézier curve, and where the peering's sign is on it."""

    key: str
    points: tuple[Point, Point, Point, Point]
    sign: Box

    def at(self, part: float) -> Point:
        return _at(self.points, part)

    @property
    def extent(self) -> tuple[Box, ...]:
        """Boxes that hold the curve and its sign."""
        points = _sampled(self.points)
        left, top = min(each.x for each in points), min(each.y for each in points)
        right, bottom = max(each.x for each in points), max(each.y for each in points)
        return Box(x=left, y=top, width=right - left, height=bottom - top), self.sign

    def moved(self, by: Point) -> "Curve":
        first, second, third, last = (point.moved(by) for point in self.points)
        return Curve(key=self.key, points=(first, second, third, last), sign=self.sign.moved(by))


def curves_of(wanted: Sequence[Wanted], cards: Mapping[str, Box], titles: Iterable[Box]) -> tuple[Curve, ...]:
    """A curve for each peering.

    Args:
        wanted: The peerings.
        cards: Where each card is.
        titles: What no sign shall cover besides cards.
    """
    grid = _Grid(cards)
    edges = {each.key: _best(each, cards, grid) for each in wanted}
    anchors = _anchors(wanted, edges, cards)
    taken = [*cards.values(), *titles]
    curves = []
    for each in wanted:
        points = _bent(*anchors[each.key], *edges[each.key])
        sign = _free_place(points, each, taken)
        taken.append(sign)
        curves.append(Curve(key=each.key, points=points, sign=sign))
    return tuple(curves)


class _Grid:
    """Finds the cards at a point without looking at all of them."""

    def __init__(self, cards: Mapping[str, Box]) -> None:
        self._cells: dict[tuple[int, int], list[tuple[str, Box]]] = defaultdict(list)
        for key, box in cards.items():
            for column in range(int(box.x // CELL), int(box.right // CELL) + 1):
                for row in range(int(box.y // CELL), int(box.bottom // CELL) + 1):
                    self._cells[column, row].append((key, box))

    def at(self, points: Iterable[Point]) -> set[str]:
        """The cards that the points lie on."""
        found = ((point, self._cells.get((int(point.x // CELL), int(point.y // CELL)), ())) for point in points)
        return {key for point, near in found for key, box in near if box.contains(point)}


def _best(wanted: Wanted, cards: Mapping[str, Box], grid: _Grid) -> tuple[Edge, Edge]:
    """The edges to leave and to arrive at, so that the way is short and covers few cards."""
    first, second = (cards[end] for end in wanted.ends)

    def price(edges: tuple[Edge, Edge]) -> float:
        points = _sampled(_bent(_middle(first, edges[0]), _middle(second, edges[1]), *edges))
        length = sum(hypot(there.x - here.x, there.y - here.y) for here, there in pairwise(points))
        crossed = grid.at(points) - set(wanted.ends)
        covered = sum(box.contains(point) for box in (first, second) for point in points)
        detour = PRICE_OF_A_DETOUR if edges[0] is edges[1] else 0.0
        return length + detour + PRICE_OF_A_CARD * (len(crossed) + covered)

    return min((*_ACROSS, *_AROUND), key=price)


def _anchors(
    wanted: Sequence[Wanted], edges: Mapping[str, tuple[Edge, Edge]], cards: Mapping[str, Box]
) -> dict[str, tuple[Point, Point]]:
    """Where each curve touches its cards: those of one edge are spread along it, in the order of where they go."""
    at_edge: dict[tuple[str, Edge], list[tuple[float, str]]] = defaultdict(list)
    for each in wanted:
        for end, far, edge in zip(each.ends, reversed(each.ends), edges[each.key], strict=True):
            goal = cards[far].centre
            at_edge[end, edge].append((goal.y if edge in {Edge.LEFT, Edge.RIGHT} else goal.x, each.key))
    found: dict[tuple[str, str], Point] = {}
    for (end, edge), ways in at_edge.items():
        for number, (_, key) in enumerate(sorted(ways), 1):
            found[key, end] = _on_edge(cards[end], edge, number / (len(ways) + 1))
    return {each.key: (found[each.key, each.ends[0]], found[each.key, each.ends[1]]) for each in wanted}


def _middle(box: Box, edge: Edge) -> Point:
    return _on_edge(box, edge, 0.5)


def _on_edge(box: Box, edge: Edge, part: float) -> Point:
    match edge:
        case Edge.LEFT | Edge.RIGHT:
            return Point(x=box.x if edge is Edge.LEFT else box.right, y=box.y + part * box.height)
        case Edge.TOP | Edge.BOTTOM:
            return Point(x=box.x + part * box.width, y=box.y if edge is Edge.TOP else box.bottom)


def _bent(start: Point, end: Point, leaving: Edge, arriving: Edge) -> tuple[Point, Point, Point, Point]:
    """A curve that leaves and arrives at right angles to the cards' edges."""
    reach = _reach(start, end, around=leaving is arriving)
    out, back = _OUTWARDS[leaving], _OUTWARDS[arriving]
    return (
        start,
        Point(x=start.x + out.x * reach, y=start.y + out.y * reach),
        Point(x=end.x + back.x * reach, y=end.y + back.y * reach),
        end,
    )


def _reach(start: Point, end: Point, *, around: bool) -> float:
    distance = hypot(end.x - start.x, end.y - start.y)
    return min(46 + 0.2 * distance, 190.0) if around else min(max(24.0, 0.42 * distance), 320.0)


def _free_place(points: tuple[Point, Point, Point, Point], wanted: Wanted, taken: Sequence[Box]) -> Box:
    """The place of the sign that is nearest to the middle and covers nothing; the middle, if there is none."""
    places = [_around(_at(points, part), wanted) for part in PLACES]
    free = (box for box in places if not any(box.grown(CLEARANCE).overlaps(each) for each in taken))
    return next(free, places[0])


def _around(point: Point, wanted: Wanted) -> Box:
    width, height = wanted.sign_width, wanted.sign_height
    return Box(x=point.x - width / 2, y=point.y - height / 2, width=width, height=height)


def _sampled(points: tuple[Point, Point, Point, Point]) -> list[Point]:
    return [_at(points, step / STEPS) for step in range(STEPS + 1)]


def _at(points: tuple[Point, Point, Point, Point], part: float) -> Point:
    rest = 1 - part
    weights = (rest**3, 3 * rest**2 * part, 3 * rest * part**2, part**3)
    weighted = list(zip(weights, points, strict=True))
    return Point(x=sum(weight * each.x for weight, each in weighted), y=sum(weight * each.y for weight, each in weighted))
