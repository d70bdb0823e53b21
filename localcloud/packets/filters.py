"""Security groups, network ACLs and peerings as nftables rules. Pure: values in, the input of `nft -f` out.

What a rule means is written down here a second time, on purpose: the differential test compares it with `causeway.domain`.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence

from causeway.domain.model.addressing import is_block
from causeway.domain.model.network import Direction, NetworkAcl, Permission
from causeway.domain.model.protocols import PortRange
from causeway.domain.model.values import Value

type Members = Callable[[str], Sequence[str]]
"""What a rule can mean by an id: the addresses of all interfaces that carry a security group, or a prefix list's blocks.

None of them overlap: nftables has no sets of such.
"""

_IMPLICIT = 32767
"""Entries of a network ACL from this number on are AWS's own, and deny what is left."""

_NUMBERS = {"icmp": "1", "tcp": "6", "udp": "17", "icmpv6": "58"}
_PORT_PROTOCOLS = {"6": "tcp", "17": "udp"}
_ICMP_PROTOCOLS = {"1": ("ip", "icmp"), "58": ("ip6", "icmpv6")}
_HOOKS = {Direction.INGRESS: "input", Direction.EGRESS: "output"}
_REMOTE = {Direction.INGRESS: "saddr", Direction.EGRESS: "daddr"}


class SubnetEdge(Value):
    """Where a subnet meets its VPC's router.

    Attributes:
        network_acl: None where the subnet has none: then nothing passes.
        devices: The subnet's interfaces, as the router has them.
    """

    network_acl: NetworkAcl | None
    devices: tuple[str, ...]


class PeeringEdge(Value):
    """Where a VPC's router meets a peer's. It carries only what goes from one VPC's CIDR blocks to the other's."""

    device: str
    cidr_blocks: tuple[str, ...]
    peer_cidr_blocks: tuple[str, ...]


def interface_filter(permissions: Sequence[Permission], members: Members) -> str:
    """What an interface's security groups let in and out. They are stateful: answers pass unasked."""
    return _table(_interface_chain(direction, permissions, members) for direction in Direction)


def router_filter(subnets: Sequence[SubnetEdge], peerings: Sequence[PeeringEdge]) -> str:
    """What a VPC's router lets through: at a subnet's edge what its network ACL allows, at a peering what that carries.

    Nothing stands between two interfaces of one subnet (VPC guide, "Network ACL basics").
    """
    forward = ["type filter hook forward priority filter; policy drop"]
    forward += [f"iifname {each.device} jump from_{each.device}" for each in peerings]
    forward += [f"oifname {each.device} jump to_{each.device}" for each in peerings]
    edges = [(f"subnet{number}", _set(edge.devices)) for number, edge in enumerate(subnets)]
    forward += [f"iifname {devices} oifname {devices} accept" for _, devices in edges]
    forward += [f"iifname {devices} jump {name}_egress" for name, devices in edges]
    forward += [f"oifname {devices} jump {name}_ingress" for name, devices in edges]
    acls = (
        _chain(f"subnet{number}_{direction}", _entries(edge.network_acl, direction))
        for number, edge in enumerate(subnets)
        for direction in Direction
    )
    carried = (chain for each in peerings for chain in _peering_chains(each))
    return _table([*acls, *carried, _chain("forward", [*forward, "accept"])])


def _interface_chain(direction: Direction, permissions: Iterable[Permission], members: Members) -> str:
    rules = [f"type filter hook {_HOOKS[direction]} priority filter; policy drop", "ct state established,related accept"]
    for permission in permissions:
        if permission.direction is direction:
            remotes = (permission.peer,) if is_block(permission.peer) else members(permission.peer)
            rules += [f"{match} accept" for match in _matches(direction, remotes, permission.protocol, permission.ports)]
    return _chain(direction, rules)


def _entries(network_acl: NetworkAcl | None, direction: Direction) -> Iterator[str]:
    entries = (entry for entry in (network_acl.entries if network_acl else ()) if entry.direction is direction)
    for entry in sorted(entries, key=lambda entry: entry.number):
        if entry.number < _IMPLICIT:
            verdict = "return" if entry.allow else "drop"
            for match in _matches(direction, (entry.cidr_block,), entry.protocol, entry.ports):
                yield f"{match} {verdict}"
    yield "drop"


def _peering_chains(edge: PeeringEdge) -> Iterator[str]:
    for name, sources, destinations in (
        (f"to_{edge.device}", edge.cidr_blocks, edge.peer_cidr_blocks),
        (f"from_{edge.device}", edge.peer_cidr_blocks, edge.cidr_blocks),
    ):
        both = zip(_by_family(sources), _by_family(destinations), strict=True)
        carried = [
            f"{family} saddr {_set(ours)} {family} daddr {_set(theirs)} return"
            for (family, ours), (_, theirs) in both
            if ours and theirs
        ]
        yield _chain(name, [*carried, "drop"])


def _matches(direction: Direction, remotes: Iterable[str], protocol: str, ports: PortRange | None) -> Iterator[str]:
    """What matches the packets of a rule, for each family that it can mean."""
    number = _NUMBERS.get(protocol, protocol)
    only, _ = _ICMP_PROTOCOLS.get(number, (None, None))
    for family, addresses in _by_family(remotes):
        if addresses and only in {None, family}:
            yield f"{family} {_REMOTE[direction]} {_set(addresses)}{_traffic(number, ports)}"


def _traffic(number: str, ports: PortRange | None) -> str:
    if number == "-1":
        return ""
    if number in _PORT_PROTOCOLS and ports:
        return f" {_PORT_PROTOCOLS[number]} dport {ports.first}-{ports.last}"
    if number in _ICMP_PROTOCOLS and ports and ports.first >= 0:
        _, name = _ICMP_PROTOCOLS[number]
        return f" {name} type {ports.first}" + (f" {name} code {ports.last}" if ports.last >= 0 else "")
    return f" meta l4proto {number}"


def _by_family(addresses: Iterable[str]) -> tuple[tuple[str, tuple[str, ...]], ...]:
    listed = tuple(addresses)
    return ("ip", tuple(each for each in listed if ":" not in each)), ("ip6", tuple(each for each in listed if ":" in each))


def _set(elements: Iterable[str]) -> str:
    return f"{{ {', '.join(elements)} }}"


def _chain(name: str, rules: Iterable[str]) -> str:
    return f"chain {name} {{\n{''.join(f'{rule};\n' for rule in rules)}}}\n"


def _table(chains: Iterable[str]) -> str:
    return f"table inet causeway {{\n{''.join(chains)}}}\n"
