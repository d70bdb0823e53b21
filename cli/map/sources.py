"""Saved networks as items with a status, so that a map of files is drawn like one of the table."""

from collections.abc import Sequence
from typing import Any

from causeway.domain.lifecycle.saved_network import SavedNetwork
from causeway.domain.lifecycle.status import verdict_map, vpcs_map
from causeway.domain.model.values import PerSide
from causeway.domain.reachability.queries import peering_of
from causeway.domain.reachability.verdicts import WORST_FIRST, Result, Verdict

from .model import State


def as_item(network: SavedNetwork, verdicts: Sequence[Verdict]) -> dict[str, Any]:
    """The saved request, with what was seen and what the check makes of it in place of a status.

    Args:
        network: What was saved.
        verdicts: Of its flows: `cli.offline.saved_network.check_on` gives them.
    """
    connection = peering_of(PerSide(requester=network.requester, accepter=network.accepter))
    return {
        **network.request,
        "status": {
            "state": _state(verdicts).value,
            "updated_at": network.taken_at,
            "peering_connection_id": connection and connection.connection_id,
            **vpcs_map(PerSide(requester=network.requester.vpc, accepter=network.accepter.vpc)),
            "verdicts": [verdict_map(verdict) for verdict in sorted(verdicts, key=lambda each: WORST_FIRST.index(each.result))],
        },
    }


def _state(verdicts: Sequence[Verdict]) -> State:
    if not verdicts:
        return State.UNCHECKED
    results = {verdict.result for verdict in verdicts}
    if Result.BLOCKED in results:
        return State.BLOCKED
    return State.UNKNOWN if Result.UNKNOWN in results else State.REACHABLE
