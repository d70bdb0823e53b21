"""Questions that people ask about a network that was looked at: one flow between two things, and all that is open."""

from causeway.boundary import parse_request
from causeway.domain.network import Snapshot
from causeway.domain.saved import SavedNetwork, whole
from causeway.domain.things import Thing, UnansweredQuestion, find
from causeway.domain.values import Both, PortRange, Protocol
from causeway.domain.verdicts import Verdict
from causeway.domain.ways import Way, verdicts_between, ways_between, ways_from, ways_to


def verdicts_on(
    saved: SavedNetwork, source: str, destination: str, protocol: Protocol, ports: PortRange | None
) -> tuple[Verdict, ...]:
    """Whether one flow works between two things, each named by an id or an address.

    Raises:
        UnansweredQuestion: The network cannot answer it.
        MalformedItem: The saved request is none.
    """
    snapshots = _seen(saved)
    return verdicts_between(_find(saved, source), _find(saved, destination), protocol, ports, snapshots)


def ways_on(saved: SavedNetwork, source: str | None, destination: str | None) -> tuple[Way, ...]:
    """All that is open from the one to the other; where one is not named, all that is open from, or to, anything.

    Raises:
        UnansweredQuestion: The network cannot answer it.
        MalformedItem: The saved request is none.
    """
    snapshots = _seen(saved)
    if source is not None and destination is not None:
        return ways_between(_find(saved, source), _find(saved, destination), snapshots)
    if source is not None:
        return ways_from(_find(saved, source), snapshots)
    if destination is not None:
        return ways_to(_find(saved, destination), snapshots)
    raise UnansweredQuestion("Nothing is named.")


def _find(saved: SavedNetwork, name: str) -> Thing:
    return find(name, parse_request(saved.request), _seen(saved))


def _seen(saved: SavedNetwork) -> Both[Snapshot]:
    """Both sides, with what the request excludes: packets know nothing of requests."""
    return saved.seen_for(whole(parse_request(saved.request)))
