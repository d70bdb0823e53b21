"""Networks that were written down."""

from typing import Any

from hypothesis import strategies as st

from causeway.domain.authority.approval import ApprovalRule
from causeway.domain.lifecycle.saved_network import VERSION, SavedNetwork
from causeway.domain.model.network import Snapshot
from causeway.domain.model.request import Request, VpcRef
from causeway.domain.model.values import PerSide
from causeway.domain.planning.ownership import NOTHING_HELD, Holdings
from causeway.domain.planning.planner import holdings_after, plan_request

from .networks import change, snapshots
from .situations import situations

RULES = st.builds(
    ApprovalRule,
    accounts=st.sampled_from([(), ("111111111111", "222222222222")]),
    tags=st.sampled_from([(), (("Tier", "production"), ("Pci", "yes"))]),
    ports_wider_than=st.integers(0, 100),
)
ITEMS: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {"request_id": st.text(max_size=5)},
    optional={"ports": st.lists(st.integers(0, 65535) | st.text(max_size=3), max_size=2)},
)


def saved_network(
    networks: PerSide[Snapshot],
    item: dict[str, Any],
    holdings: dict[str, Holdings] | None = None,
    rule: ApprovalRule | None = None,
) -> SavedNetwork:
    """A document about an item: nothing is held, and nobody is asked, unless it is said."""
    return SavedNetwork(
        version=VERSION,
        taken_at="2026-01-15T09:30:00.000+00:00",
        request=item,
        requester=networks.requester,
        accepter=networks.accepter,
        holdings=holdings or {item["request_id"]: NOTHING_HELD},
        approval_rule=rule or ApprovalRule(),
    )


def networks_of(item: dict[str, Any]) -> PerSide[Snapshot]:
    """The walkthrough's two networks, as those that the item names."""
    networks = snapshots()
    refs = PerSide(requester=VpcRef(**item["requester"]), accepter=VpcRef(**item["accepter"]))
    return PerSide.of(lambda side: change(networks[side], vpc=change(networks[side].vpc, ref=refs[side])))


@st.composite
def saved_situations(draw: st.DrawFn) -> tuple[Request, SavedNetwork]:
    """Any situation with a plan that was begun, as a document; what the item says is another matter."""
    wanted, networks = draw(situations())
    begun = holdings_after(wanted, NOTHING_HELD, plan_request(wanted, 1, networks))
    quotas = draw(st.dictionaries(st.sampled_from(["L-1", "L-2"]), st.integers(0, 1000)))
    networks = PerSide.of(lambda side: change(networks[side], quotas=quotas, outstanding_requests=len(quotas)))
    holdings = {wanted.request_id: begun, "another": change(begun, request=None)}
    return wanted, saved_network(networks, draw(ITEMS), holdings, draw(RULES))
