"""Saved networks as items with a status, so that a map of files is drawn like one of the table."""

from collections.abc import Sequence
from typing import Any

from causeway.domain.saved import SavedNetwork
from causeway.domain.status import verdict_map
from causeway.domain.verdicts import Verdict

from .model import State


def as_item(network: SavedNetwork, verdicts: Sequence[Verdict]) -> dict[str, Any]:
    """The saved request, with what was seen and what the check makes of it in place of a status.

    Args:
        network: What was saved.
        verdicts: Of its flows: `causeway.steps.offline.check_on` gives them.
    """
    vpcs = {"requester": network.requester.vpc, "accepter": network.accepter.vpc}
    return {
        **network.request,
        "status": {
            "state": _state(verdicts).value,
            "updated_at": network.taken_at,
            "peering_connection_id": _connection_id(network),
            "cidr_blocks": {side: list(vpc.all_cidr_blocks) for side, vpc in vpcs.items()},
            "vpc_names": {side: vpc.name for side, vpc in vpcs.items()},
            "verdicts": [verdict_map(verdict) for verdict in sorted(verdicts, key=lambda each: each.reachable)],
        },
    }


def _state(verdicts: Sequence[Verdict]) -> State:
    if not verdicts:
        return State.UNCHECKED
    return State.REACHABLE if all(verdict.reachable for verdict in verdicts) else State.BLOCKED


def _connection_id(network: SavedNetwork) -> str | None:
    """The live connection of the two VPCs: AWS lets two VPCs have one only."""
    ends = network.requester.vpc.ref, network.accepter.vpc.ref
    found = (each for each in network.requester.peering_connections if each.joins(*ends))
    return next((each.connection_id for each in found), None)
