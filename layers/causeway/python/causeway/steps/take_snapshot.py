"""TakeSnapshot: an item in, what Causeway sees of both its sides out. Nothing is written, here or in the network.

As PreviewPlan it takes no lock: a run that works on the pair meanwhile may be seen half done.
"""

from collections.abc import Mapping
from typing import Any

from causeway.aws.ec2.reader import Reader
from causeway.aws.store.holdings import HoldingsStore
from causeway.boundary import desired_part, parse_request
from causeway.clock import timestamp
from causeway.domain.authority.approval import ApprovalRule
from causeway.domain.lifecycle.saved_network import VERSION, SavedNetwork, whole
from causeway.domain.model.errors import AccessDenied, ResourceNotFound
from causeway.domain.model.findings import Code, Finding
from causeway.domain.model.network import Snapshot


def take_snapshot(item: Mapping[str, Any], *, holdings: HoldingsStore, reader: Reader, rule: ApprovalRule) -> SavedNetwork:
    """Everything that a plan and a check of the item are decided from.

    Raises:
        MalformedItem: It is no request.
        AccessDenied: A side may not be read.
        ResourceNotFound: A VPC is not there.
    """
    request = parse_request(item)
    observed = reader.observe_both(whole(request), quotas=True)
    return SavedNetwork(
        version=VERSION,
        taken_at=timestamp(),
        request=desired_part(item),
        requester=_seen(observed.requester),
        accepter=_seen(observed.accepter),
        holdings={
            request.request_id: holdings.load(request.request_id),
            **holdings.load_others(request.pair, request.request_id),
        },
        approval_rule=rule,
    )


def _seen(side: Snapshot | Finding) -> Snapshot:
    if isinstance(side, Snapshot):
        return side
    error = ResourceNotFound if side.code is Code.VPC_NOT_FOUND else AccessDenied
    raise error("A side cannot be observed.", where=side.where, remedy=side.message)
