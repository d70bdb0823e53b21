"""Route tables as kernel routes. Pure: a table in, lines for `ip -batch` out."""

from collections.abc import Iterable, Iterator, Mapping

from causeway.domain.addressing import is_block
from causeway.domain.network import LOCAL, Route, RouteTable

EVERYWHERE = ("0.0.0.0/0", "::/0")
_STATIC, _PROPAGATED, _LAST = 100, 200, 4294967295
"""Metrics: at the same prefix a static route comes before a propagated one (VPC guide, "Route priority")."""


def lookup(device: str, number: int) -> str:
    """Lets what comes in through the device be routed by the numbered table before all others; in either family."""
    return f"rule add iif {device} lookup {number} priority 100"


def subnet_routes(table: RouteTable | None, number: int, links: Mapping[str, str]) -> Iterator[str]:
    """A route table as the numbered kernel table, which drops what no route of it matches.

    Prefix lists are left out: what is in them is not observed.

    Args:
        table: None where the subnet has none.
        number: The kernel table's.
        links: The device of each active peering connection. All other targets but `local` lead out of the model, to nowhere.
    """
    for route in table.routes if table else ():
        if is_block(route.destination):
            metric = _PROPAGATED if route.propagated else _STATIC
            yield f"route add {_way(route, links)} table {number} metric {metric}"
    yield from (f"route add blackhole {everywhere} table {number} metric {_LAST}" for everywhere in EVERYWHERE)


def local_routes(devices: Iterable[tuple[str, str]]) -> Iterator[str]:
    """The VPC's own addresses, each by its device: the end of every `local` route, and all that a peer can reach."""
    for address, device in devices:
        yield f"route add {host(address)} dev {device}"
    yield from (f"route add blackhole {everywhere} metric {_LAST}" for everywhere in EVERYWHERE)


def host(address: str) -> str:
    """The block that is only this address: `10.0.0.10/32`."""
    return f"{address}/{128 if ':' in address else 32}"


def _way(route: Route, links: Mapping[str, str]) -> str:
    if route.target == LOCAL:
        return f"throw {route.destination}"  # on to the main table, which has the VPC's own addresses
    if route.blackhole or route.target not in links:
        return f"blackhole {route.destination}"
    return f"{route.destination} dev {links[route.target]}"
