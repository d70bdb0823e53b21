"""PreviewPlan: an item in, what Causeway would find and do out. Nothing is written, here or in the network.

It decides as PlanPeering does, from both sides as they are and from what the request holds. It takes no lock: a run that works
on the pair meanwhile may leave less to do.
"""

from collections.abc import Mapping
from typing import Any

from causeway.aws.ec2.reader import Reader
from causeway.aws.store.generations import Generations
from causeway.aws.store.holdings import HoldingsStore
from causeway.boundary import MalformedItem, parse_request
from causeway.domain.authority.approval import ApprovalRule
from causeway.domain.lifecycle.preview import Preview
from causeway.domain.lifecycle.run import Run
from causeway.domain.lifecycle.run_plan import plan_run


def preview_plan(
    item: Mapping[str, Any], *, generations: Generations, holdings: HoldingsStore, reader: Reader, rule: ApprovalRule
) -> Preview:
    """Plan the item as if it had just been put."""
    try:
        request = parse_request(item)
    except MalformedItem as malformed:
        return Preview(request_id=str(item.get("request_id", "")), findings=malformed.findings)
    run = Run(request=request, generation=generations.newest(request.request_id) + 1)
    others = tuple(holdings.load_others(request.pair, request.request_id).values())
    plan = plan_run(run, reader.observe_both(request, quotas=True), holdings.load(request.request_id), others, rule)
    return Preview.of_plan(plan)
