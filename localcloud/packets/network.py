"""Makes a layout real, and takes it away again."""

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager

from causeway.domain.model.network import PeeringConnection, Snapshot
from localcloud.packets.layout import Content, Layout, Wire, layout_of
from localcloud.packets.namespaces import Namespace

_AT_ONCE = 8
_WIRE = "address 02:00:00:00:00:01 arp off"
"""Both ends of a wire have one hardware address, and nobody asks for it: packets pass from the first moment on."""

_PARAMETERS = {
    "ipv4/ping_group_range": "0 0",
    "ipv4/conf/all/rp_filter": "0",
    "ipv4/conf/default/rp_filter": "0",
    "ipv6/conf/default/addr_gen_mode": "1",
}
"""Root may ping; answers may come another way; no link-local addresses."""


class Network:
    """A network that is there: a namespace for each interface, and one for each VPC's router.

    Args:
        namespaces: By the interface's id, and by the VPC's.
    """

    def __init__(self, namespaces: dict[str, Namespace]) -> None:
        self._namespaces = namespaces

    def __getitem__(self, resource_id: str) -> Namespace:
        return self._namespaces[resource_id]


@contextmanager
def lay_out(snapshots: Sequence[Snapshot], connections: Sequence[PeeringConnection]) -> Iterator[Network]:
    """Lays VPCs and their peerings out for real, until the context is left.

    Each interface stands in a namespace of its own with its security groups, and is wired to its VPC's router. The router has
    the subnets' route tables and network ACLs, and is wired to the routers of active peers. Nothing leads to the machine's own
    network.

    Args:
        snapshots: VPCs, as observed; a snapshot's side means nothing here. Ids of interfaces and VPCs are unique among them.
        connections: Between these VPCs. Those that are not active, or lead to other VPCs, carry nothing.

    Raises:
        OSError: This process may not make namespaces; `available` says so beforehand.
        CommandFailed: `ip` or `nft` refused a route or a rule.
    """
    layout = layout_of(snapshots, connections)
    with ExitStack() as stack:
        namespaces = {name: stack.enter_context(Namespace()) for name in layout.contents}
        _make(layout, namespaces)
        yield Network(namespaces)


def _make(layout: Layout, namespaces: dict[str, Namespace]) -> None:
    routers = {name for wire in layout.wires for name, _ in wire.ends[:1]}
    for name, namespace in namespaces.items():
        forwarding = "1" if name in routers else "0"
        namespace.set_parameters(
            _PARAMETERS | {"ipv4/ip_forward": forwarding, "ipv6/conf/all/forwarding": forwarding},
        )
    with Namespace() as nowhere:
        nowhere.run("ip", "-batch", "-", lines=_joined(_wire(wire, namespaces) for wire in layout.wires))
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        list(pool.map(_fill, namespaces.values(), layout.contents.values()))


def _fill(namespace: Namespace, content: Content) -> None:
    namespace.run("nft", "-f", "-", lines=content.rules)
    namespace.run("ip", "-batch", "-", lines=_joined(content.lines))
    for family in ("-4", "-6") if content.lookups else ():
        namespace.run("ip", family, "-batch", "-", lines=_joined(content.lookups))


def _wire(wire: Wire, namespaces: dict[str, Namespace]) -> str:
    (one, device), (other, peer) = wire.ends
    return (
        f"link add {device} {_WIRE} netns {namespaces[one].path} type veth "
        f"peer name {peer} {_WIRE} netns {namespaces[other].path}"
    )


def _joined(lines: Iterable[str]) -> str:
    return "".join(f"{line}\n" for line in lines)
