"""Makes a network smaller about which the check and real packets disagree, so that a person sees why."""

import time
from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from typing import Any

from causeway.domain.model.network import LOCAL, Snapshot
from causeway.domain.reachability.wording import say_entries, say_routes, say_rules
from tests.domain.networks import change
from tests.packets.worlds import World

SECONDS = 120.0

PARTS = {"security_groups": "permissions", "network_acls": "entries", "route_tables": "routes"}
"""What of a side holds many things, each of which may not matter."""


def shrunk(world: World, holds: Callable[[World], bool], seconds: float = SECONDS) -> World:
    """The network without what can be left out while this holds. It gives up where that takes too long."""
    until, place = time.monotonic() + seconds, 0
    while time.monotonic() < until:
        smaller = next((each for number, each in enumerate(_smaller(world)) if number == place), None)
        if smaller is None:
            break
        if holds(smaller):
            world = smaller
        else:
            place += 1
    return world


def described(world: World) -> str:
    """What each part of it says, a line each."""
    return "\n".join(chain.from_iterable(map(_lines, world.snapshots)))


def _smaller(world: World) -> Iterator[World]:
    """The network without one thing or several, those first without which most is gone."""
    for flows in _shorter(world.flows, least=1):
        yield change(world, flows=flows)
    for snapshots in _shorter(world.snapshots, least=2):
        yield change(world, snapshots=snapshots)
    for number, snapshot in enumerate(world.snapshots):
        for smaller in _smaller_side(snapshot):
            yield change(world, snapshots=(*world.snapshots[:number], smaller, *world.snapshots[number + 1 :]))


def _smaller_side(snapshot: Snapshot) -> Iterator[Snapshot]:
    for interfaces in _shorter(snapshot.network_interfaces, least=1):
        yield change(snapshot, network_interfaces=interfaces)
    for kind, part in PARTS.items():
        holders = getattr(snapshot, kind)
        for number, holder in enumerate(holders):
            for shorter in _shorter(getattr(holder, part)):
                yield change(snapshot, **{kind: (*holders[:number], change(holder, **{part: shorter}), *holders[number + 1 :])})


def _shorter[T](things: tuple[T, ...], least: int = 0) -> Iterator[tuple[T, ...]]:
    """Without all of them, then without each."""
    if len(things) > 1 and not least:
        yield ()
    if len(things) > least:
        yield from (things[:number] + things[number + 1 :] for number in range(len(things)))


def _lines(snapshot: Snapshot) -> Iterator[str]:
    said: Iterable[tuple[str, Any]] = chain(
        ((group.security_group_id, say_rules((rule,))) for group in snapshot.security_groups for rule in group.permissions),
        (
            (acl.network_acl_id, f"{entry.direction} {say_entries((entry,))}")
            for acl in snapshot.network_acls
            for entry in acl.entries
        ),
        (
            (table.route_table_id, say_routes((route,)))
            for table in snapshot.route_tables
            for route in table.routes
            if route.target != LOCAL
        ),
    )
    yield from (f"    {resource_id}: {line}" for resource_id, line in said)
    for each in snapshot.network_interfaces:
        yield f"    {each.network_interface_id}: {', '.join(each.addresses)} in {', '.join(each.security_group_ids)}"
