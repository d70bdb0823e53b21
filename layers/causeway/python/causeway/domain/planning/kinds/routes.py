"""Routes to the peer's CIDR blocks. They carry no tags.

The ledger says which routes were planned. One of them is still ours if it leads to our connection.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator

from msgspec.structs import replace

from causeway.domain.model.addressing import FAMILIES, block_of, contains
from causeway.domain.model.network import LOCAL, PeeringConnection, Route, RouteTable, Snapshot
from causeway.domain.model.prefix_lists import resolved
from causeway.domain.model.request import Request
from causeway.domain.model.selection import selected_route_tables
from causeway.domain.model.values import PerSide, Side

from .base import BaseChange, BaseGrant, Kind, Phase, Undoing, of_type
from .context import OwnedThing, PlanContext, UndoContext
from .quota import Demand, Quota, weight

QUOTA = Quota(code="L-93826ACB", default=500, counts="routes")

type RoutePlace = tuple[str, str]
"""A route table's id and a destination."""


class RouteGrant(BaseGrant, tag_field="kind", tag="route"):
    """A side sends what is for this CIDR block to the peer."""

    side: Side
    destination: str

    def covers(self, needed: BaseGrant) -> bool:
        """A part of the block is no more than the block."""
        if not isinstance(needed, RouteGrant) or self.side is not needed.side:
            return False
        return self.destination == needed.destination or contains(self.destination, needed.destination)


class OwnedRoute(OwnedThing):
    """A route that a plan of the request named."""

    route_table_id: str
    destination: str

    @property
    def swapped(self) -> "OwnedRoute":
        return replace(self, side=self.side.other)


class RouteChange(BaseChange):
    """What the changes of a route have in common: its place."""

    side: Side
    route_table_id: str
    destination: str

    @property
    def resource_id(self) -> str:
        return f"{self.route_table_id} {self.destination}"


class CreateRoute(RouteChange, tag_field="kind", tag="create_route"):
    """Route a CIDR block of the peer to the plan's connection.

    Attributes:
        replaces: The connection of ours that is gone and left a black hole in the route's place; None where there is no route.
    """

    replaces: str | None = None

    @property
    def sentence(self) -> str:
        instead = f", instead of to {self.replaces}, which is gone" if self.replaces else ""
        return f"Route {self.destination} to the peering in {self.route_table_id}{instead}"

    @property
    def grant(self) -> RouteGrant:
        return RouteGrant(side=self.side, destination=self.destination)

    @property
    def owned(self) -> OwnedRoute:
        return OwnedRoute(side=self.side, route_table_id=self.route_table_id, destination=self.destination)

    def undoing(self, context: UndoContext) -> "Undoing[DeleteRoute] | None":
        target = context.connection_id
        routes = context.routes(self.side, self.route_table_id, self.destination)
        if target is None or not routes or not all(route.leads_to(target) for route in routes):
            return None
        return Undoing(
            DeleteRoute(side=self.side, route_table_id=self.route_table_id, destination=self.destination, target=target)
        )


class DeleteRoute(RouteChange, tag_field="kind", tag="delete_route"):
    """Delete a route of ours, while it still leads where it was seen to lead."""

    phase = Phase.REMOVE

    target: str

    @property
    def sentence(self) -> str:
        return f"No longer route {self.destination} to the peering in {self.route_table_id}"

    def undoing(self, context: UndoContext) -> Undoing[CreateRoute] | None:
        """It can be put back while there is what it led to."""
        if context.routes(self.side, self.route_table_id, self.destination) != ():
            return None
        if context.connection is None or context.connection.connection_id != self.target:
            return Undoing(None)
        return Undoing(CreateRoute(side=self.side, route_table_id=self.route_table_id, destination=self.destination))


class Routes(Kind[RoutePlace, CreateRoute, DeleteRoute, RouteGrant]):
    """One route to each CIDR block of the peer, in every selected route table."""

    name = "routes"
    step = "UpdateRouteTables"
    additions = (CreateRoute,)
    removals = (DeleteRoute,)

    def wanted(
        self, request: Request, side: Side, snapshots: PerSide[Snapshot], owned: Collection[OwnedThing]
    ) -> tuple[RoutePlace, ...]:
        del owned
        here, peer = snapshots[side], snapshots[side.other].vpc
        tables = selected_route_tables(request, here)
        return tuple((table.route_table_id, block) for table in tables for block in peer.all_cidr_blocks)

    def grants(self, side: Side, context: PlanContext) -> Iterator[RouteGrant]:
        wanted = context.claim.of(self, side) if context.claim else ()
        for block in dict.fromkeys(block for _, block in wanted):
            yield RouteGrant(side=side, destination=block)

    def missing(self, side: Side, context: PlanContext) -> Iterator[CreateRoute]:
        """Routes to what has none, and in place of those that a connection of ours left as black holes.

        A route by a prefix list is as good as one to the block, as long as it leads to the connection; where it does not, ours
        comes first.
        """
        present: dict[RoutePlace, Route] = {}
        by_list: defaultdict[RoutePlace, list[Route]] = defaultdict(list)
        for table in resolved(context.snapshots[side]).route_tables:
            for route in table.routes:
                place = (table.route_table_id, route.destination)
                if route.prefix_list is None:
                    present[place] = route
                else:
                    by_list[place].append(route)
        for place in context.claim.of(self, side) if context.claim else ():
            standing, listed = present.get(place), by_list[place]
            if standing is not None and is_orphaned(standing, context):
                yield CreateRoute(side=side, route_table_id=place[0], destination=place[1], replaces=standing.target)
            elif standing is None and not (listed and all(route.leads_to(context.connection_id) for route in listed)):
                yield CreateRoute(side=side, route_table_id=place[0], destination=place[1])

    def surplus(self, side: Side, context: PlanContext) -> Iterator[DeleteRoute]:
        """Our routes that no request wants: those to our connection, or to one of ours that is gone. Others are not ours."""
        wanted = context.wanted_by_any(self, side)
        for table in context.snapshots[side].route_tables:
            for route in table.routes:
                if not route.leads_to(context.connection_id) and not is_orphaned(route, context):
                    continue
                owned = OwnedRoute(side=side, route_table_id=table.route_table_id, destination=route.destination)
                if owned in context.owned and (table.route_table_id, route.destination) not in wanted:
                    yield DeleteRoute(
                        side=side,
                        route_table_id=table.route_table_id,
                        destination=route.destination,
                        target=route.target,
                    )

    def projected(self, here: Snapshot, changes: Iterable[BaseChange], connection: PeeringConnection) -> Snapshot:
        """A route that already leads to the connection is not a black hole once that is active."""
        created, deleted = of_type(changes, CreateRoute, here.side), of_type(changes, DeleteRoute, here.side)
        new, gone = defaultdict[str, list[str]](list), defaultdict[str, set[str]](set)
        for change in created:
            new[change.route_table_id].append(change.destination)
        for each in (*created, *deleted):
            gone[each.route_table_id].add(each.destination)

        def with_routes(table: RouteTable) -> RouteTable:
            kept = (route for route in table.routes if route.destination not in gone[table.route_table_id])
            present = (replace(route, blackhole=False) if route.leads_to(connection_id) else route for route in kept)
            made = (Route(destination=block, target=connection_id) for block in new[table.route_table_id])
            return replace(table, routes=(*present, *made))

        connection_id = connection.connection_id
        return replace(here, route_tables=tuple(map(with_routes, here.route_tables)))

    def demands(self, here: Snapshot, changes: Iterable[BaseChange]) -> Iterator[Demand]:
        """Per table, IPv4 and IPv6 apart. Local and propagated routes do not count; a prefix list counts as it may hold."""
        created = of_type(changes, CreateRoute, here.side)
        needed = Counter[tuple[str, int]]((each.route_table_id, block_of(each.destination).version) for each in created)
        for table in here.route_tables:
            static = [route.destination for route in table.routes if route.target != LOCAL and not route.propagated]
            for family in FAMILIES:
                yield Demand(
                    quota=QUOTA,
                    where=table.route_table_id,
                    used=sum(weight(here, destination, family) for destination in static),
                    needed=needed[table.route_table_id, family],
                    part=f"IPv{family}",
                )


ROUTES = Routes()


def is_orphaned(route: Route, context: PlanContext) -> bool:
    """Whether a connection that was ours, and is not the present one, left the route as a black hole."""
    return route.is_orphaned_blackhole_of(context.connection_ids, context.connection_id)
