"""Questions that people ask about a network that was looked at: one flow between two targets, and all that is open."""

from causeway.boundary import parse_request
from causeway.domain.lifecycle.saved_network import SavedNetwork, whole
from causeway.domain.model.network import Snapshot
from causeway.domain.model.protocols import PortRange, Protocol
from causeway.domain.model.request import Request
from causeway.domain.model.values import PerSide
from causeway.domain.reachability.queries import ReachableSet, reachable_between, reachable_from, reachable_to, verdicts_between
from causeway.domain.reachability.query_targets import UnanswerableQuery, find_target
from causeway.domain.reachability.verdicts import Verdict


def verdicts_on(
    saved: SavedNetwork, source: str, destination: str, protocol: Protocol, ports: PortRange | None
) -> tuple[Verdict, ...]:
    """Whether one flow works between two things, each named by an id or an address.

    Raises:
        UnanswerableQuery: The network cannot answer it.
        MalformedItem: The saved request is none.
    """
    request, snapshots = _seen(saved)
    one, other = (find_target(name, request, snapshots) for name in (source, destination))
    return verdicts_between(one, other, protocol, ports, snapshots)


def reachable_on(saved: SavedNetwork, source: str | None, destination: str | None) -> tuple[ReachableSet, ...]:
    """All that is open from the one to the other; where one is not named, all that is open from, or to, anything.

    Raises:
        UnanswerableQuery: The network cannot answer it.
        MalformedItem: The saved request is none.
    """
    request, snapshots = _seen(saved)
    one, other = (None if name is None else find_target(name, request, snapshots) for name in (source, destination))
    if one is not None and other is not None:
        return reachable_between(one, other, snapshots)
    if one is not None:
        return reachable_from(one, snapshots)
    if other is not None:
        return reachable_to(other, snapshots)
    raise UnanswerableQuery("Nothing is named.")


def _seen(saved: SavedNetwork) -> tuple[Request, PerSide[Snapshot]]:
    """The request, and both sides with what it excludes: packets know nothing of requests."""
    request = parse_request(saved.request)
    return request, saved.seen_for(whole(request))
