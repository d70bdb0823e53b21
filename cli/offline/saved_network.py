"""What PreviewPlan and CheckReachability decide, on a saved network and without AWS."""

from collections.abc import Mapping
from typing import Any

from causeway.boundary import MalformedItem, parse_request
from causeway.domain.lifecycle.preview import Preview
from causeway.domain.lifecycle.run import Run
from causeway.domain.lifecycle.run_plan import plan_run
from causeway.domain.lifecycle.saved_network import SavedNetwork
from causeway.domain.model.findings import Finding
from causeway.domain.model.observation import Observed
from causeway.domain.model.values import SIDES, PerSide
from causeway.domain.planning.claims import connection_of
from causeway.domain.planning.exposure import beyond_allow
from causeway.domain.planning.selections import groups_left_out
from causeway.domain.reachability.check import check
from causeway.domain.reachability.unchecked_flows import unchecked_flows
from causeway.domain.reachability.verdicts import Verdict

NEXT_GENERATION = 1
"""Of a run that never comes: a preview does not show it."""


def preview_on(saved: SavedNetwork, item: Mapping[str, Any]) -> Preview:
    """PreviewPlan's answer to the item, if the network is as it was saved.

    Raises:
        UnusableSnapshot: The item is about other VPCs.
    """
    try:
        request = parse_request(item)
    except MalformedItem as malformed:
        return Preview(request_id=str(item.get("request_id", "")), findings=malformed.findings)
    run = Run(request=request, generation=NEXT_GENERATION)
    seen = saved.seen_for(request)
    observed = PerSide[Observed](requester=seen.requester, accepter=seen.accepter)
    others = saved.held_by_others(request.request_id)
    plan = plan_run(run, observed, saved.held_by(request.request_id), others, saved.approval_rule)
    return Preview.of_plan(plan)


def findings_on(saved: SavedNetwork) -> tuple[Finding, ...]:
    """What else there is to say of the flows of the request that the network was saved for.

    The groups that its selectors leave out, the flows that have no ends, and what is open that neither it asks for nor another
    request of the pair.

    Raises:
        MalformedItem: The saved request is none.
        UnusableSnapshot: It is about other VPCs than those that were saved.
    """
    request = parse_request(saved.request)
    snapshots, others = saved.seen_for(request), saved.held_by_others(request.request_id)
    return (
        *(finding for side in SIDES for finding in groups_left_out(request, snapshots[side])),
        *unchecked_flows(request, check_on(saved)),
        *beyond_allow(request, others, snapshots, connection_of(request, snapshots, others)),
    )


def check_on(saved: SavedNetwork) -> tuple[Verdict, ...]:
    """The verdict of every flow of the request that the network was saved for.

    Raises:
        MalformedItem: The saved request is none.
        UnusableSnapshot: It is about other VPCs than those that were saved.
    """
    request = parse_request(saved.request)
    snapshots = saved.seen_for(request)
    return check(request, snapshots, connection_of(request, snapshots, saved.held_by_others(request.request_id)))
