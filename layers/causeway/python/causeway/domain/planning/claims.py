"""Claims: what each request of a pair wants. They share one connection, and whatever several of them want."""

from collections.abc import Iterable
from typing import Any

from msgspec.structs import replace

from causeway.domain.model.exclusion import view_of
from causeway.domain.model.network import PeeringConnection, Snapshot
from causeway.domain.model.request import Request
from causeway.domain.model.tags import REQUEST_ID_TAG
from causeway.domain.model.values import SIDES, PerSide

from .kinds import KINDS, AnyKind
from .kinds.context import Claim
from .kinds.rules import RULES, RulePlace
from .ownership import Holdings


def claim_of(request: Request, snapshots: PerSide[Snapshot], held: Holdings) -> Claim:
    """What a request wants.

    Args:
        request: The request.
        snapshots: Both sides, without what it excludes.
        held: What all requests of the pair hold, in its words. A network ACL entry of one of them does not make that of
            another one needless.
    """

    def places(kind: AnyKind) -> PerSide[tuple[Any, ...]]:
        return PerSide.of(lambda side: kind.wanted(request, side, snapshots, held.owned))

    return Claim(request=request, places={kind.name: places(kind) for kind in KINDS})


def claims_of(others: Iterable[Holdings], snapshots: PerSide[Snapshot], held: Holdings) -> tuple[Claim, ...]:
    """What the other requests of the pair want, by what was applied last; in the order of their ids."""
    requests = _requests_of(others, snapshots)
    return tuple(claim_of(request, _in_view_of(request, snapshots), held) for request in requests)


def rules_asked_for(
    request: Request, others: Iterable[Holdings], snapshots: PerSide[Snapshot]
) -> PerSide[frozenset[RulePlace]]:
    """The rules on each side that this request or another one of the pair asks for, whether they are there or not.

    Args:
        request: The request.
        others: What the other requests of the pair hold, each in its own words.
        snapshots: Both sides, in the request's view.
    """
    requests = (request, *_requests_of(others, snapshots))
    return PerSide.of(
        lambda side: frozenset(place for each in requests for place in RULES.wanted(each, side, _in_view_of(each, snapshots)))
    )


def _requests_of(others: Iterable[Holdings], snapshots: PerSide[Snapshot]) -> list[Request]:
    """In the words of a request with this requester, in the order of their ids."""
    seen = (each.oriented_to(snapshots.requester.vpc.ref).request for each in others)
    return sorted((each for each in seen if each is not None), key=lambda each: each.request_id)


def _in_view_of(request: Request, snapshots: PerSide[Snapshot]) -> PerSide[Snapshot]:
    """Each request may exclude other CIDR blocks."""
    return PerSide.of(lambda side: replace(snapshots[side], vpc=view_of(request, snapshots[side].vpc)))


def connection_of(request: Request, snapshots: PerSide[Snapshot], others: Iterable[Holdings] = ()) -> PeeringConnection | None:
    """The pair's live connection if it was made for this request, or for another one of the pair; in either direction.

    The tag on the requester's side decides, because there the connection is tagged as it is made.
    """
    users = {request.request_id, *(each.request.request_id for each in others if each.request is not None)}
    for side in SIDES:
        here = snapshots[side]
        for connection in here.peering_connections:
            joins_the_pair = connection.joins(request.requester, request.accepter)
            if joins_the_pair and connection.requester == here.vpc.ref and connection.tags.get(REQUEST_ID_TAG) in users:
                return connection
    return None
