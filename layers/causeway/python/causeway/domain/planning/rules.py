"""Which security-group rules a flow needs, and which of them a group has already."""

from collections.abc import Iterable, Iterator

from causeway.domain.model.addressing import block_of, is_block, is_within
from causeway.domain.model.network import Direction, Permission, Snapshot, Vpc
from causeway.domain.model.request import Flow, Peer, Request
from causeway.domain.model.selection import selected_groups
from causeway.domain.model.values import PerSide, Protocol, Side

ALL_PROTOCOLS = "-1"


def needed_permissions(request: Request, side: Side, snapshots: PerSide[Snapshot]) -> Iterator[Permission]:
    """What each selected group of a side must allow: egress for the flows it starts, ingress for those it receives."""
    for flow in request.flows:
        direction = Direction.EGRESS if flow.source is side else Direction.INGRESS
        yield from _permissions(flow, direction, _peers(flow, request, snapshots[side.other]))


def missing_permissions(present: Iterable[Permission], needed: Iterable[Permission], peer: Vpc) -> tuple[Permission, ...]:
    """What of the needed is neither present nor covered by something broader that is, in order and once."""
    allowed = list(present)
    missing = []
    for permission in needed:
        if not _is_covered(permission, allowed, peer):
            missing.append(permission)
            allowed.append(permission)
    return tuple(missing)


def allows_all_of(present: Permission, needed: Permission) -> bool:
    """Whether one rule lets through all that another one does, as far as the two say it themselves."""
    return _covers_traffic(present, needed) and (present.peer == needed.peer or contains(present.peer, needed.peer))


def _peers(flow: Flow, request: Request, other: Snapshot) -> Iterator[tuple[str, str | None, bool]]:
    """The other side as rules name it: CIDR block or group id, the group's owner if it is another account, whether IPv6."""
    if flow.peer is Peer.CIDR_BLOCKS:
        yield from ((block, None, ":" in block) for block in other.vpc.all_cidr_blocks)
        return
    owner = other.vpc.ref.account_id
    foreign_owner = owner if owner != request.vpc(other.side.other).account_id else None
    for group in selected_groups(request, other):
        yield group.security_group_id, foreign_owner, False
        if other.vpc.ipv6_cidr_blocks and flow.protocol is Protocol.ICMP:
            yield group.security_group_id, foreign_owner, True


def _permissions(flow: Flow, direction: Direction, peers: Iterable[tuple[str, str | None, bool]]) -> Iterator[Permission]:
    for peer, owner, ipv6 in peers:
        yield Permission(
            direction=direction,
            protocol=ec2_protocol(flow.protocol, ipv6=ipv6),
            ports=flow.ports,
            peer=peer,
            peer_account_id=owner,
        )


def ec2_protocol(protocol: Protocol, *, ipv6: bool) -> str:
    """The protocol as EC2 spells it; ICMP has another number in IPv6."""
    if protocol is Protocol.ALL:
        return ALL_PROTOCOLS
    return "icmpv6" if protocol is Protocol.ICMP and ipv6 else protocol.value


def _is_covered(needed: Permission, present: Iterable[Permission], peer: Vpc) -> bool:
    broad_enough = [permission for permission in present if _covers_traffic(permission, needed)]
    if any(permission.peer == needed.peer for permission in broad_enough):
        return True
    return all(any(contains(permission.peer, block) for permission in broad_enough) for block in _blocks(needed, peer))


def _blocks(needed: Permission, peer: Vpc) -> tuple[str, ...]:
    """Where the traffic comes from or goes to; a security group's is anywhere in its VPC, as far as the protocol goes there."""
    if "/" in needed.peer:
        return (needed.peer,)
    family = {"icmp": peer.cidr_blocks, "icmpv6": peer.ipv6_cidr_blocks}
    return family.get(needed.protocol, peer.all_cidr_blocks)


def _covers_traffic(present: Permission, needed: Permission) -> bool:
    if present.direction is not needed.direction:
        return False
    if present.protocol == ALL_PROTOCOLS:
        return True
    if present.protocol != needed.protocol:
        return False
    return present.ports is None or (needed.ports is not None and present.ports.covers(needed.ports))


def contains(outer: str, inner: str) -> bool:
    """Whether both are CIDR blocks, and `outer` holds all of `inner`."""
    return is_block(outer) and is_block(inner) and is_within(block_of(inner), block_of(outer))
