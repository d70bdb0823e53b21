"""Route tables as kernel routes. Pure: a table in, lines for `ip -batch` out."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from causeway.domain.model.addressing import block_of, is_block, is_within
from causeway.domain.model.network import LOCAL, Route, RouteTable

EVERYWHERE = ("0.0.0.0/0", "::/0")
_STATIC, _BY_LIST, _PROPAGATED, _LAST = 100, 150, 200, 4294967295
"""Metrics: at the same prefix a static route comes before one by a prefix list, and that before a propagated one (VPC guide,
"Route priority")."""

type PrefixLists = Mapping[str, Sequence[str]]
"""What lists hold, by their ids."""


def lookup(device: str, number: int) -> str:
    """Lets what comes in through the device be routed by the numbered table before all others; in either family."""
    return f"rule add iif {device} lookup {number} priority 100"


def subnet_routes(table: RouteTable | None, number: int, links: Mapping[str, str], prefix_lists: PrefixLists) -> Iterator[str]:
    """A route table as the numbered kernel table, which drops what no route of it matches.

    Args:
        table: None where the subnet has none.
        number: The kernel table's.
        links: The device of each active peering connection. All other targets but `local` lead out of the model, to nowhere.
        prefix_lists: A list that is not among them routes nothing.
    """
    if table is not None:
        for route in table.routes:
            if is_block(route.destination):
                metric = _PROPAGATED if route.propagated else _STATIC
                yield f"route add {_way(route, route.destination, links)} table {number} metric {metric}"
        for block, route in _by_list(table, prefix_lists).items():
            yield f"route add {_way(route, block, links)} table {number} metric {_BY_LIST}"
    yield from (f"route add blackhole {everywhere} table {number} metric {_LAST}" for everywhere in EVERYWHERE)


def local_routes(devices: Iterable[tuple[str, str]]) -> Iterator[str]:
    """The VPC's own addresses, each by its device: the end of every `local` route, and all that a peer can reach."""
    for address, device in devices:
        yield f"route add {host(address)} dev {device}"
    yield from (f"route add blackhole {everywhere} metric {_LAST}" for everywhere in EVERYWHERE)


def host(address: str) -> str:
    """The block that is only this address: `10.0.0.10/32`."""
    return f"{address}/{128 if ':' in address else 32}"


def _by_list(table: RouteTable, prefix_lists: PrefixLists) -> dict[str, Route]:
    """By each block in a list, the route that leads there; of several the first, as AWS takes any and then always the same.

    What is inside the VPC's own blocks is ignored (VPC guide, "Route priority and prefix lists").
    """
    own = [block_of(route.destination) for route in table.routes if route.target == LOCAL]
    found: dict[str, Route] = {}
    for route in table.routes:
        for block in prefix_lists.get(route.destination, ()):
            if not any(is_within(block_of(block), each) for each in own):
                found.setdefault(block, route)
    return found


def _way(route: Route, block: str, links: Mapping[str, str]) -> str:
    if route.target == LOCAL:
        return f"throw {block}"  # on to the main table, which has the VPC's own addresses
    if route.blackhole or route.target not in links:
        return f"blackhole {block}"
    return f"{block} dev {links[route.target]}"
