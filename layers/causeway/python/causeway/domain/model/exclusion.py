"""A side without the CIDR blocks that a request excludes."""

from msgspec.structs import replace

from .addressing import Block, address_of, block_of, is_ipv6, is_within
from .network import NetworkInterface, Snapshot, Subnet, Vpc
from .request import Request


def without_excluded(request: Request, snapshot: Snapshot) -> Snapshot:
    """The side without those of its VPC's CIDR blocks that lie in an excluded one, and without subnets and addresses in them.

    The planner, preflight and the check get only this: such a block is not routed, not named in a rule or an entry, not
    checked, and not an overlap with another peer. The VPC keeps the excluded blocks in a field of their own, because AWS
    refuses to peer two VPCs that overlap in any block.
    """
    excluded = [block_of(block) for block in request.excluded_cidr_blocks]
    left_out = tuple(block for block in snapshot.vpc.all_cidr_blocks if _lies_in(block_of(block), excluded))
    if not left_out:
        return snapshot
    gone = [block_of(block) for block in left_out]
    subnets = (_without_blocks(subnet, gone) for subnet in snapshot.subnets)
    interfaces = (_without_addresses(interface, gone) for interface in snapshot.network_interfaces)
    return replace(
        snapshot,
        vpc=_without(snapshot.vpc, left_out),
        subnets=tuple(subnet for subnet in subnets if subnet.all_cidr_blocks),
        network_interfaces=tuple(interface for interface in interfaces if interface.addresses),
    )


def view_of(request: Request, vpc: Vpc) -> Vpc:
    """The VPC as this request sees it, made from how another one sees it: each may exclude other CIDR blocks."""
    blocks = vpc.all_cidr_blocks + vpc.excluded_cidr_blocks
    whole = replace(
        vpc,
        cidr_blocks=tuple(block for block in blocks if not is_ipv6(block)),
        ipv6_cidr_blocks=tuple(block for block in blocks if is_ipv6(block)),
        excluded_cidr_blocks=(),
    )
    excluded = [block_of(block) for block in request.excluded_cidr_blocks]
    return _without(whole, tuple(block for block in blocks if _lies_in(block_of(block), excluded)))


def _without(vpc: Vpc, left_out: tuple[str, ...]) -> Vpc:
    return replace(
        vpc,
        cidr_blocks=tuple(block for block in vpc.cidr_blocks if block not in left_out),
        ipv6_cidr_blocks=tuple(block for block in vpc.ipv6_cidr_blocks if block not in left_out),
        excluded_cidr_blocks=vpc.excluded_cidr_blocks + left_out,
    )


def _without_blocks(subnet: Subnet, gone: list[Block]) -> Subnet:
    block = subnet.cidr_block
    return replace(
        subnet,
        cidr_block=None if block is None or _lies_in(block_of(block), gone) else block,
        ipv6_cidr_blocks=tuple(each for each in subnet.ipv6_cidr_blocks if not _lies_in(block_of(each), gone)),
    )


def _without_addresses(interface: NetworkInterface, gone: list[Block]) -> NetworkInterface:
    kept = (address for address in interface.addresses if not any(address_of(address) in block for block in gone))
    return replace(interface, addresses=tuple(kept))


def _lies_in(block: Block, blocks: list[Block]) -> bool:
    return any(is_within(block, each) for each in blocks)
