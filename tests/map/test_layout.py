"""Where things go: nothing covers anything, whatever there is to draw, and the same items give the same picture."""

from itertools import combinations

from hypothesis import given, settings
from hypothesis import strategies as st

from cli.map.layout import lay_out
from cli.map.model import Map, map_of
from cli.map.wording import fitted, width_of

from .samples import DRAWN_AT, REGIONS, Document, item, three, two_hundred, vpc

VPCS = st.builds(
    lambda number, account, region: vpc(number, f"{account:012}", region),
    st.integers(0, 40),
    st.integers(0, 7),
    st.sampled_from(REGIONS),
)
PAIRS = st.lists(st.tuples(VPCS, VPCS), max_size=40)


def drawn(items: list[Document]) -> Map:
    return map_of(items, source="a test", drawn_at=DRAWN_AT)


def of_pairs(pairs: list[tuple[Document, Document]]) -> Map:
    return drawn([item(f"request-{number}", one, other) for number, (one, other) in enumerate(pairs)])


def hold_together(whole: Map) -> None:
    """Every card is in its region's frame, every frame in an account's, all on the canvas, and none covers another."""
    layout = lay_out(whole)
    boxes = {card.key: card.box for card in layout.cards}
    assert set(boxes) == {vpc.key for vpc in whole.vpcs}
    for vpc_drawn in whole.vpcs:
        account = next(group for group in layout.accounts if group.title == vpc_drawn.account_id)
        regions = [group for group in layout.regions if account.box.holds(group.box) and group.title == vpc_drawn.region]
        assert any(region.box.holds(boxes[vpc_drawn.key]) for region in regions)
    for group in (
        [card.box for card in layout.cards],
        [each.box for each in layout.accounts],
        [each.box for each in layout.regions],
    ):
        assert not any(one.overlaps(other) for one, other in combinations(group, 2))  # fmt: skip
    ends = [point for curve in layout.curves for point in (curve.points[0], curve.points[-1])]
    signs = [curve.sign for curve in layout.curves]
    for box in (*boxes.values(), *(each.box for each in layout.accounts), *signs):
        assert box.x >= 0
        assert box.y >= 0
        assert box.right <= layout.width
        assert box.bottom <= layout.height
    assert all(any(box.grown(0.01).contains(point) for box in boxes.values()) for point in ends)


@given(PAIRS)
@settings(max_examples=60, deadline=None)
def test_nothing_covers_anything(pairs: list[tuple[Document, Document]]) -> None:
    hold_together(of_pairs(pairs))


def test_two_hundred_vpcs_hold_together() -> None:
    hold_together(drawn(two_hundred()))


def test_signs_of_a_small_map_cover_nothing() -> None:
    layout = lay_out(drawn(three()))
    boxes = [*(card.box for card in layout.cards), *(curve.sign for curve in layout.curves)]

    assert layout.roomy
    assert not any(one.overlaps(other) for one, other in combinations(boxes, 2))


@given(PAIRS)
@settings(max_examples=20, deadline=None)
def test_the_same_items_give_the_same_picture(pairs: list[tuple[Document, Document]]) -> None:
    items = [item(f"request-{number}", one, other) for number, (one, other) in enumerate(pairs)]

    assert lay_out(drawn(items)) == lay_out(drawn(items[::-1]))


def test_an_empty_map_has_room_for_nothing() -> None:
    layout = lay_out(drawn([]))

    assert (layout.cards, layout.curves) == ((), ())
    assert layout.width > 0


def test_cards_that_are_joined_are_near_each_other() -> None:
    """In a region of thirty, each VPC's only peer is not at the other end."""
    row = [vpc(number) for number in range(30)]
    whole = of_pairs([(row[number], row[29 - number]) for number in range(15)])
    boxes = {card.key: card.box for card in lay_out(whole).cards}

    far = [abs(boxes[one].x - boxes[other].x) + abs(boxes[one].y - boxes[other].y) for one, other in
           (peering.ends for peering in whole.peerings)]  # fmt: skip
    assert sum(far) / len(far) < 400


@given(st.text(max_size=60), st.floats(20, 300))
def test_words_are_shortened_to_fit(words: str, width: float) -> None:
    short = fitted(words, width, 15)

    assert width_of(short, 15) <= width
    assert short == words or short.endswith("…")
