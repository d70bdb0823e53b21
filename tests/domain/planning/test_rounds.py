"""The rounds of a plan: what runs at once, and what follows."""

import pytest

from causeway.domain.model.tags import REQUEST_ID_TAG
from causeway.domain.model.values import SIDES, Side
from causeway.domain.planning.kinds import Change, CreateRoute, DeleteRoute, TagPeering
from causeway.domain.planning.kinds.tags import TagEdit
from causeway.domain.planning.plan import Plan
from causeway.domain.planning.rounds import summarise

EDIT = TagEdit(before=((REQUEST_ID_TAG, "one"),), after=((REQUEST_ID_TAG, "one"), ("Owner", "payments")))
TAGGED = {side: TagPeering(side=side, tags=EDIT) for side in SIDES}
ROUTED = CreateRoute(side=Side.ACCEPTER, route_table_id="rtb-1", destination="10.0.0.0/16")
UNROUTED = DeleteRoute(side=Side.REQUESTER, route_table_id="rtb-2", destination="10.1.0.0/16", target="pcx-1")


def rounds(*changes: Change) -> list[list[str]]:
    summary = summarise(Plan(request_id="one", generation=1, connection_id="pcx-1", changes=changes), check=True)
    return [[f"{each.step} {each.side}" for each in one.updates] for one in summary.rounds]


def test_two_updates_of_one_connections_tags_never_run_at_once() -> None:
    """Where both VPCs are in one account and region, both sides' tags are those of one resource."""
    assert rounds(*TAGGED.values(), ROUTED, UNROUTED) == [
        ["UpdateTags requester", "UpdateRouteTables accepter"],
        ["UpdateTags accepter"],
        ["UpdateRouteTables requester"],
    ]


@pytest.mark.parametrize("side", SIDES)
def test_the_tags_of_one_side_alone_wait_for_nothing(side: Side) -> None:
    assert rounds(TAGGED[side]) == [[f"UpdateTags {side}"]]
