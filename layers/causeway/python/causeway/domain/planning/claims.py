"""Who wants what of a pair: several requests for the same two VPCs share one connection, and what they both want."""

from collections.abc import Iterable

from msgspec.structs import replace

from causeway.domain.model.exclusion import view_of
from causeway.domain.model.network import PeeringConnection, Permission, Snapshot
from causeway.domain.model.request import Request
from causeway.domain.model.selection import selected_groups, selected_route_tables
from causeway.domain.model.values import SIDES, PerSide, Side, Value

from .acl_entries import EntryPlace, wanted_entries
from .ownership import REQUEST_ID_TAG, Holdings
from .rules import needed_permissions

type RoutePlace = tuple[str, str]
"""A route table's id and a destination."""

type RulePlace = tuple[str, Permission]
"""A security group's id and a rule's content."""


class Claim(Value):
    """What one request wants of the two sides.

    Attributes:
        request: In the words of the request that is planned: its requester is that one's.
        routes: The places of the routes, in order.
        rules: The rules of each group, in order.
        entries: The entries of each network ACL, in order.
    """

    request: Request
    routes: PerSide[tuple[RoutePlace, ...]]
    rules: PerSide[tuple[RulePlace, ...]]
    entries: PerSide[tuple[EntryPlace, ...]]


def claim_of(request: Request, snapshots: PerSide[Snapshot], held: Holdings) -> Claim:
    """What a request wants.

    Args:
        request: The one.
        snapshots: Both sides, in its view.
        held: What all requests of the pair hold, in its words: what one of them has put into a network ACL is no reason for
            another one to go without.
    """
    return Claim(
        request=request,
        routes=PerSide(
            requester=_routes(request, snapshots, Side.REQUESTER), accepter=_routes(request, snapshots, Side.ACCEPTER)
        ),
        rules=PerSide(requester=_rules(request, snapshots, Side.REQUESTER), accepter=_rules(request, snapshots, Side.ACCEPTER)),
        entries=PerSide(
            requester=wanted_entries(request, Side.REQUESTER, snapshots, held.entries_of(Side.REQUESTER)),
            accepter=wanted_entries(request, Side.ACCEPTER, snapshots, held.entries_of(Side.ACCEPTER)),
        ),
    )


def claims_of(others: Iterable[Holdings], snapshots: PerSide[Snapshot], held: Holdings) -> tuple[Claim, ...]:
    """What the other requests of the pair want, by what was applied last; in the order of their ids."""
    requests = _requests_of(others, snapshots)
    return tuple(claim_of(request, _in_view_of(request, snapshots), held) for request in requests)


def rules_asked_for(
    request: Request, others: Iterable[Holdings], snapshots: PerSide[Snapshot]
) -> PerSide[frozenset[RulePlace]]:
    """The rules on each side that this request or another one of the pair asks for, whether they are there or not.

    Args:
        request: The one.
        others: What the other requests of the pair hold, each in its own words.
        snapshots: Both sides, in the request's view.
    """
    requester, accepter = (
        frozenset(
            place
            for each in (request, *_requests_of(others, snapshots))
            for place in _rules(each, _in_view_of(each, snapshots), side)
        )
        for side in SIDES
    )
    return PerSide(requester=requester, accepter=accepter)


def _requests_of(others: Iterable[Holdings], snapshots: PerSide[Snapshot]) -> list[Request]:
    """In the words of a request with this requester, in the order of their ids."""
    seen = (each.oriented_to(snapshots.requester.vpc.ref).request for each in others)
    return sorted((each for each in seen if each is not None), key=lambda each: each.request_id)


def _in_view_of(request: Request, snapshots: PerSide[Snapshot]) -> PerSide[Snapshot]:
    """Each request may exclude other CIDR blocks."""
    requester, accepter = (replace(snapshots[side], vpc=view_of(request, snapshots[side].vpc)) for side in SIDES)
    return PerSide(requester=requester, accepter=accepter)


def connection_of(request: Request, snapshots: PerSide[Snapshot], others: Iterable[Holdings] = ()) -> PeeringConnection | None:
    """The pair's live connection if it was made for this request, or for another one of the pair; in either direction.

    Its requester's side tells: there it is tagged as it is made.
    """
    users = {request.request_id, *(each.request.request_id for each in others if each.request is not None)}
    for side in SIDES:
        here = snapshots[side]
        for connection in here.peering_connections:
            joins_the_pair = connection.joins(request.requester, request.accepter)
            if joins_the_pair and connection.requester == here.vpc.ref and connection.tags.get(REQUEST_ID_TAG) in users:
                return connection
    return None


def owner_of(connection: PeeringConnection, claims: tuple[Claim, ...]) -> Request:
    """Whose tags the connection carries: its owner's while that one uses it, else those of the first who goes on using it."""
    owner = connection.tags[REQUEST_ID_TAG]
    return next((claim.request for claim in claims if claim.request.request_id == owner), claims[0].request)


def _routes(request: Request, snapshots: PerSide[Snapshot], side: Side) -> tuple[RoutePlace, ...]:
    here, peer = snapshots[side], snapshots[side.other].vpc
    tables = selected_route_tables(request, here)
    return tuple((table.route_table_id, block) for table in tables for block in peer.all_cidr_blocks)


def _rules(request: Request, snapshots: PerSide[Snapshot], side: Side) -> tuple[RulePlace, ...]:
    needed = tuple(dict.fromkeys(needed_permissions(request, side, snapshots)))
    return tuple((group.security_group_id, each) for group in selected_groups(request, snapshots[side]) for each in needed)
