"""A VPC's CIDR blocks: canonical, and without overlap in the VPC and with the VPCs that it is peered with."""

import itertools
from collections.abc import Callable, Iterable, Iterator
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Any

from moto.ec2.exceptions import EC2ClientError
from moto.ec2.models.vpcs import VPC, VPCBackend

from localcloud.core.patching import replaces
from localcloud.ec2.errors import invalid_parameter

type IpNetwork = IPv4Network | IPv6Network


def network(cidr: str) -> IpNetwork:
    """EC2 clears host bits: 10.0.0.5/16 is 10.0.0.0/16. Not a CIDR block: ValueError."""
    return ip_network(cidr, strict=False)


def canonical(cidr: str) -> str:
    return str(network(cidr))


def canonical_of(version: int, cidr: str) -> str:
    """The block without host bits. No block, or one of the other IP version: ValueError."""
    block = network(cidr)
    if block.version != version:
        raise ValueError(f"{cidr} is not a block of IP version {version}")
    return str(block)


def overlapping(ours: Iterable[str], theirs: Iterable[str]) -> tuple[str, str] | None:
    """The first pair of blocks, one of each side, that share an address."""
    for our, their in itertools.product(map(network, ours), list(map(network, theirs))):
        if our.version == their.version and our.overlaps(their):
            return str(our), str(their)
    return None


def ipv4_blocks(vpc: Any) -> list[str]:
    return [block["cidr_block"] for block in vpc.get_cidr_block_association_set(ipv6=False)]


def ipv6_blocks(vpc: Any) -> list[str]:
    return [block["cidr_block"] for block in vpc.get_cidr_block_association_set(ipv6=True)]


def all_blocks(vpc: Any) -> list[str]:
    return ipv4_blocks(vpc) + ipv6_blocks(vpc)


@replaces(VPC, "get_cidr_block_association_set")
def only_associated_blocks_count(original: Callable[..., Any], self: Any, *args: Any, **kwargs: Any) -> list[Any]:
    """A disassociated block does not belong to the VPC any more: it is not listed, routed or compared."""
    blocks: list[Any] = original(self, *args, **kwargs)
    return [block for block in blocks if block["cidr_block_state"]["state"] == "associated"]


@replaces(VPC, "ipv6_cidr_block_association_set")
def a_disassociated_ipv6_block_stays_listed(_: Callable[..., Any], self: Any) -> list[dict[str, Any]]:
    """DescribeVpcs goes on showing it, as `disassociated`."""
    blocks = [each for each in self._cidr_block_association_set.values() if "::/" in each["cidr_block"]]
    return [{**each, "ipv6CidrBlock": each["cidr_block"], "ipv6CidrBlockState": each["cidr_block_state"]} for each in blocks]


@replaces(VPCBackend, "create_vpc")
def create_vpc(original: Callable[..., Any], self: Any, cidr_block: str, *args: Any, **kwargs: Any) -> Any:
    """CreateVpc stores the canonical block. moto itself refuses what is not a block."""
    return original(self, _canonical_if_valid(cidr_block), *args, **kwargs)


@replaces(VPCBackend, "associate_vpc_cidr_block")
def associate_vpc_cidr_block(
    original: Callable[..., Any], self: Any, vpc_id: str, cidr_block: str | None, *args: Any, **kwargs: Any
) -> Any:
    """AssociateVpcCidrBlock refuses a block that overlaps one of the VPC's own, or of a VPC peered with it.

    The error codes are InvalidVpc.Conflict and CidrConflict; the user guide states the rule but not its codes.
    Not a CIDR block: InvalidParameterValue. Out of /16 to /28: InvalidVpc.Range.
    """
    vpc = self.get_vpc(vpc_id)
    if cidr_block is not None:
        cidr_block = _valid_vpc_block(cidr_block)
        _refuse_overlap_with_own(vpc, cidr_block)
        _refuse_overlap_with_peers(self, vpc, cidr_block)
    return original(self, vpc_id, cidr_block, *args, **kwargs)


def _valid_vpc_block(cidr_block: str) -> str:
    try:
        block = IPv4Network(cidr_block, strict=False)
    except ValueError as error:
        message = f"Value ({cidr_block}) for parameter cidrBlock is invalid. This is not a valid CIDR block."
        raise invalid_parameter(message) from error
    largest, smallest = 16, 28
    if not largest <= block.prefixlen <= smallest:
        raise EC2ClientError("InvalidVpc.Range", f"The CIDR '{cidr_block}' is invalid.")
    return str(block)


def _refuse_overlap_with_own(vpc: Any, cidr_block: str) -> None:
    if pair := overlapping([cidr_block], all_blocks(vpc)):
        raise EC2ClientError("InvalidVpc.Conflict", f"The CIDR '{pair[0]}' conflicts with '{pair[1]}' of {vpc.id}.")


def _refuse_overlap_with_peers(backend: Any, vpc: Any, cidr_block: str) -> None:
    for peer in _peers(backend, vpc):
        if pair := overlapping([cidr_block], all_blocks(peer)):
            message = f"The CIDR '{pair[0]}' conflicts with '{pair[1]}' of the peered VPC {peer.id}."
            raise EC2ClientError("CidrConflict", message)


def _peers(backend: Any, vpc: Any) -> Iterator[Any]:
    for connection in backend.vpc_pcxs.values():
        if connection.status["Code"] != "active":
            continue
        if connection.vpc is vpc:
            yield connection.peer_vpc
        elif connection.peer_vpc is vpc:
            yield connection.vpc


def _canonical_if_valid(cidr_block: str) -> str:
    try:
        return canonical(cidr_block)
    except ValueError:
        return cidr_block
