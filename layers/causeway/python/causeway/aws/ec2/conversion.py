"""Between EC2's answers and the domain's values: pure functions, the only ones that know both shapes."""

from __future__ import annotations

from ipaddress import ip_address, ip_network
from typing import TYPE_CHECKING, Any

from causeway.domain.model.addressing import is_block, is_ipv6, is_prefix_list
from causeway.domain.model.network import (
    AclEntry,
    Direction,
    NetworkAcl,
    NetworkInterface,
    OwnedRule,
    PeeringConnection,
    PeeringStatus,
    Permission,
    PrefixList,
    Route,
    RouteTable,
    SecurityGroup,
    Subnet,
    Vpc,
)
from causeway.domain.model.protocols import (
    ALL_PORTS,
    ANY_ICMP,
    ICMP_PROTOCOLS,
    PORT_PROTOCOLS,
    PortRange,
    protocol_name,
    protocol_number,
)
from causeway.domain.model.request import VpcRef
from causeway.domain.model.tags import REQUEST_ID_TAG
from causeway.domain.model.values import PerSide

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from mypy_boto3_ec2 import type_defs as ec2

ROUTE_TARGETS = (
    "VpcPeeringConnectionId",
    "TransitGatewayId",
    "NatGatewayId",
    "EgressOnlyInternetGatewayId",
    "CarrierGatewayId",
    "LocalGatewayId",
    "CoreNetworkArn",
    "OdbNetworkArn",
    "NetworkInterfaceId",
    "GatewayId",
)
"""The keys that can name a route's target. A route to an instance names its network interface too."""

GONE = "a target that is gone"

PRESENT = frozenset({"associating", "associated"})
"""The states of a block that a VPC has, or is about to have."""

NOT_ENFORCING = frozenset({"monitor-in-progress", "enforce-failed", "deleting", "deleted"})
"""The states of an encryption control that stands on `enforce` and does not, or no longer, enforce."""

COMES_AND_GOES = frozenset({"EnableVgwRoutePropagation", "Advertisement"})
"""The origins of routes that nobody made by hand: of a virtual private gateway, and of a route server."""

WEIGHTS = {
    "cloudfront.origin-facing": 55,
    "ec2-instance-connect": 2,
    "groundstation": 5,
    "route53-healthchecks": 25,
    "s3express": 6,
    "secretsmanager-managed-external-secrets": 20,
    "vpc-lattice": 10,
}
"""How much AWS's own prefix lists count against quotas, by their services, where it is not one; AWS shows no greatest number of
entries of theirs (VPC guide, "AWS-managed prefix list weight")."""


def vpc(raw: ec2.VpcTypeDef, ref: VpcRef, *, dns_support: bool | None, dns_hostnames: bool | None) -> Vpc:
    """The VPC with the blocks that it has or is about to have. AWS shows one that was taken away for a while."""
    ipv4 = (each["CidrBlock"] for each in raw.get("CidrBlockAssociationSet", []) if each["CidrBlockState"]["State"] in PRESENT)
    ipv6 = (
        each["Ipv6CidrBlock"]
        for each in raw.get("Ipv6CidrBlockAssociationSet", [])
        if each["Ipv6CidrBlockState"]["State"] in PRESENT
    )
    return Vpc(
        ref=ref,
        cidr_blocks=_unique(map(canonical, (raw["CidrBlock"], *ipv4))),
        ipv6_cidr_blocks=_unique(map(canonical, ipv6)),
        dns_support=dns_support,
        dns_hostnames=dns_hostnames,
        encryption_exclusions=_encryption_exclusions(raw.get("EncryptionControl", {})),
        tags=tags(raw.get("Tags")),
    )


def route_table(raw: ec2.RouteTableTypeDef) -> RouteTable:
    live = [each for each in raw.get("Associations", []) if _is_associated(each)]
    return RouteTable(
        route_table_id=raw["RouteTableId"],
        main=any(each.get("Main") for each in live),
        subnet_ids=tuple(each["SubnetId"] for each in live if each.get("SubnetId")),
        gateway_ids=tuple(_gateway(each) for each in live if not each.get("Main") and not each.get("SubnetId")),
        routes=tuple(route(each) for each in raw.get("Routes", [])),
        tags=tags(raw.get("Tags")),
    )


def route(raw: ec2.RouteTypeDef) -> Route:
    block = raw.get("DestinationCidrBlock") or raw.get("DestinationIpv6CidrBlock")
    targets: Mapping[str, object] = raw
    return Route(
        destination=canonical(block) if block else raw["DestinationPrefixListId"],
        target=next((str(targets[key]) for key in ROUTE_TARGETS if targets.get(key)), GONE),
        blackhole=raw.get("State", "active") != "active",
        propagated=raw.get("Origin") in COMES_AND_GOES,
    )


def security_group(raw: ec2.SecurityGroupTypeDef, vpc: VpcRef) -> SecurityGroup:
    """The group as interfaces of the VPC carry it, a rule at a time. Rules name groups of the VPC's account without it."""
    account_id, home = vpc.account_id, raw.get("VpcId", vpc.vpc_id)
    return SecurityGroup(
        security_group_id=raw["GroupId"],
        name=raw["GroupName"],
        permissions=(
            *_permissions(raw.get("IpPermissions", []), Direction.INGRESS, account_id),
            *_permissions(raw.get("IpPermissionsEgress", []), Direction.EGRESS, account_id),
        ),
        tags=tags(raw.get("Tags")),
        owner_id=_foreign(raw.get("OwnerId"), account_id),
        home_vpc_id=None if home == vpc.vpc_id else home,
    )


def owned_rule(raw: ec2.SecurityGroupRuleTypeDef, account_id: str) -> OwnedRule:
    referenced = raw.get("ReferencedGroupInfo", {})
    block = raw.get("CidrIpv4") or raw.get("CidrIpv6")
    others = tags(raw.get("Tags"))
    request_id = others.pop(REQUEST_ID_TAG)
    return OwnedRule(
        rule_id=raw["SecurityGroupRuleId"],
        security_group_id=raw["GroupId"],
        permission=Permission(
            direction=Direction.EGRESS if raw["IsEgress"] else Direction.INGRESS,
            protocol=protocol_name(raw["IpProtocol"]),
            ports=_ports(protocol_name(raw["IpProtocol"]), raw.get("FromPort"), raw.get("ToPort")),
            peer=canonical(block) if block else raw.get("PrefixListId") or referenced["GroupId"],
            peer_account_id=_foreign(referenced.get("UserId"), account_id),
        ),
        request_id=request_id,
        tags=others,
    )


def network_acl(raw: ec2.NetworkAclTypeDef) -> NetworkAcl:
    return NetworkAcl(
        network_acl_id=raw["NetworkAclId"],
        default=raw["IsDefault"],
        subnet_ids=tuple(each["SubnetId"] for each in raw.get("Associations", [])),
        entries=tuple(acl_entry(each) for each in raw.get("Entries", [])),
    )


def acl_entry(raw: ec2.NetworkAclEntryTypeDef) -> AclEntry:
    name = protocol_name(raw["Protocol"])
    ports, icmp = raw.get("PortRange", {}), raw.get("IcmpTypeCode", {})
    first, last = (icmp.get("Type"), icmp.get("Code")) if name in ICMP_PROTOCOLS else (ports.get("From"), ports.get("To"))
    return AclEntry(
        number=raw["RuleNumber"],
        direction=Direction.EGRESS if raw["Egress"] else Direction.INGRESS,
        allow=raw["RuleAction"] == "allow",
        protocol=name,
        cidr_block=canonical(raw.get("CidrBlock") or raw["Ipv6CidrBlock"]),
        ports=_ports(name, first, last),
    )


def acl_entry_parameters(entry: AclEntry) -> dict[str, Any]:
    """The entry as CreateNetworkAclEntry takes it, without the ACL. ICMP has to name its types: -1 is all."""
    parameters: dict[str, Any] = {
        "RuleNumber": entry.number,
        "Egress": entry.direction is Direction.EGRESS,
        "RuleAction": "allow" if entry.allow else "deny",
        "Protocol": protocol_number(entry.protocol),
        "Ipv6CidrBlock" if is_ipv6(entry.cidr_block) else "CidrBlock": entry.cidr_block,
    }
    if entry.protocol in ICMP_PROTOCOLS:
        kind, code = (entry.ports.first, entry.ports.last) if entry.ports else (ANY_ICMP, ANY_ICMP)
        parameters["IcmpTypeCode"] = {"Type": kind, "Code": code}
    elif entry.ports is not None:
        parameters["PortRange"] = {"From": entry.ports.first, "To": entry.ports.last}
    return parameters


def subnet(raw: ec2.SubnetTypeDef) -> Subnet:
    block = raw.get("CidrBlock")
    return Subnet(
        subnet_id=raw["SubnetId"],
        cidr_block=canonical(block) if block else None,
        ipv6_cidr_blocks=tuple(
            canonical(each["Ipv6CidrBlock"])
            for each in raw.get("Ipv6CidrBlockAssociationSet", [])
            if each["Ipv6CidrBlockState"]["State"] == "associated"
        ),
    )


def network_interface(raw: ec2.NetworkInterfaceTypeDef) -> NetworkInterface:
    primary = raw.get("PrivateIpAddress")
    ipv4 = (each["PrivateIpAddress"] for each in raw.get("PrivateIpAddresses", []))
    ipv6 = (each["Ipv6Address"] for each in raw.get("Ipv6Addresses", []))
    addresses = (*([primary] if primary else []), *ipv4, *ipv6)
    return NetworkInterface(
        network_interface_id=raw["NetworkInterfaceId"],
        subnet_id=raw["SubnetId"],
        addresses=_unique(str(ip_address(each)) for each in addresses),
        security_group_ids=tuple(each["GroupId"] for each in raw.get("Groups", [])),
        instance_id=raw.get("Attachment", {}).get("InstanceId"),
    )


def peering_connection(raw: ec2.VpcPeeringConnectionTypeDef) -> PeeringConnection:
    requester, accepter = raw["RequesterVpcInfo"], raw["AccepterVpcInfo"]
    return PeeringConnection(
        connection_id=raw["VpcPeeringConnectionId"],
        status=PeeringStatus(raw["Status"]["Code"]),
        requester=_peered_vpc(requester),
        accepter=_peered_vpc(accepter),
        cidr_blocks=PerSide(requester=_peered_blocks(requester), accepter=_peered_blocks(accepter)),
        dns_resolution=PerSide(requester=_resolves(requester), accepter=_resolves(accepter)),
        status_message=raw["Status"].get("Message", ""),
        tags=tags(raw.get("Tags")),
        expires_at=raw.get("ExpirationTime"),
    )


def ip_permission(permission: Permission, description: str) -> ec2.IpPermissionTypeDef:
    """The permission as EC2 takes it, with a description on its one rule."""
    raw: ec2.IpPermissionTypeDef = {"IpProtocol": permission.protocol}
    if permission.ports is not None:
        raw["FromPort"], raw["ToPort"] = permission.ports.first, permission.ports.last
    elif permission.protocol in ICMP_PROTOCOLS:
        raw["FromPort"] = raw["ToPort"] = ANY_ICMP
    elif permission.protocol in PORT_PROTOCOLS:
        raw["FromPort"], raw["ToPort"] = ALL_PORTS.first, ALL_PORTS.last
    if is_ipv6(permission.peer):
        raw["Ipv6Ranges"] = [{"CidrIpv6": permission.peer, "Description": description}]
    elif is_block(permission.peer):
        raw["IpRanges"] = [{"CidrIp": permission.peer, "Description": description}]
    elif is_prefix_list(permission.peer):
        raw["PrefixListIds"] = [{"PrefixListId": permission.peer, "Description": description}]
    elif permission.peer_account_id is None:
        raw["UserIdGroupPairs"] = [{"GroupId": permission.peer, "Description": description}]
    else:
        owner = permission.peer_account_id
        raw["UserIdGroupPairs"] = [{"GroupId": permission.peer, "UserId": owner, "Description": description}]
    return raw


def prefix_list(raw: ec2.ManagedPrefixListTypeDef, cidr_blocks: tuple[str, ...] | None) -> PrefixList:
    """The list with what it holds; None where that may not be read."""
    name = raw["PrefixListName"]
    return PrefixList(
        prefix_list_id=raw["PrefixListId"],
        name=name,
        family=6 if raw["AddressFamily"] == "IPv6" else 4,
        max_entries=raw.get("MaxEntries") or _weight(name),
        cidr_blocks=cidr_blocks,
    )


def tags(raw: Iterable[ec2.TagTypeDef] | None) -> dict[str, str]:
    return {each["Key"]: each["Value"] for each in raw or ()}


def tag_list(plain: Mapping[str, str]) -> list[ec2.TagTypeDef]:
    return [{"Key": key, "Value": value} for key, value in plain.items()]


def canonical(block: str) -> str:
    """The CIDR block as EC2 stores it: no host bits, and IPv6 in its shortest form."""
    return str(ip_network(block, strict=False))


def _permissions(raw: Iterable[ec2.IpPermissionOutputTypeDef], direction: Direction, account_id: str) -> Iterator[Permission]:
    for each in raw:
        name = protocol_name(each["IpProtocol"])
        ports = _ports(name, each.get("FromPort"), each.get("ToPort"))
        for peer, owner in _peers(each):
            yield Permission(
                direction=direction, protocol=name, ports=ports, peer=peer, peer_account_id=_foreign(owner, account_id)
            )


def _peers(raw: ec2.IpPermissionOutputTypeDef) -> Iterator[tuple[str, str | None]]:
    yield from ((canonical(each["CidrIp"]), None) for each in raw.get("IpRanges", []))
    yield from ((canonical(each["CidrIpv6"]), None) for each in raw.get("Ipv6Ranges", []))
    yield from ((each["PrefixListId"], None) for each in raw.get("PrefixListIds", []))
    yield from ((each["GroupId"], each.get("UserId")) for each in raw.get("UserIdGroupPairs", []))


def _ports(name: str, first: int | None, last: int | None) -> PortRange | None:
    """Ports of TCP and UDP, type and code of ICMP; other protocols have none, whatever the answer says."""
    if first is None or last is None or name not in {*PORT_PROTOCOLS, *ICMP_PROTOCOLS}:
        return None
    if name in ICMP_PROTOCOLS and first == ANY_ICMP:
        return None
    return PortRange(first=first, last=last)


def _weight(name: str) -> int:
    """Of one of AWS's own lists: `com.amazonaws.us-east-1.s3`, `com.amazonaws.global.ipv6.cloudfront.origin-facing`."""
    return next((weight for service, weight in WEIGHTS.items() if name.endswith(f".{service}")), 1)


def _foreign(owner: str | None, account_id: str) -> str | None:
    return None if owner == account_id else owner


def _is_associated(raw: ec2.RouteTableAssociationTypeDef) -> bool:
    return raw.get("AssociationState", {}).get("State", "associated") == "associated"


def _gateway(raw: ec2.RouteTableAssociationTypeDef) -> str:
    """What the table is associated with. A regional NAT gateway has a table of its own, whatever AWS calls it there."""
    return raw.get("GatewayId") or raw.get("PublicIpv4Pool") or raw["RouteTableAssociationId"]


def _peered_vpc(raw: ec2.VpcPeeringConnectionVpcInfoTypeDef) -> VpcRef:
    return VpcRef(account_id=raw["OwnerId"], region=raw["Region"], vpc_id=raw["VpcId"])


def _peered_blocks(raw: ec2.VpcPeeringConnectionVpcInfoTypeDef) -> tuple[str, ...]:
    ipv4 = (each["CidrBlock"] for each in raw.get("CidrBlockSet", []))
    ipv6 = (each["Ipv6CidrBlock"] for each in raw.get("Ipv6CidrBlockSet", []))
    return _unique(map(canonical, (*ipv4, *ipv6)))


def _resolves(raw: ec2.VpcPeeringConnectionVpcInfoTypeDef) -> bool:
    return raw.get("PeeringOptions", {}).get("AllowDnsResolutionFromRemoteVpc", False)


def _encryption_exclusions(control: ec2.VpcEncryptionControlTypeDef) -> tuple[str, ...] | None:
    state = control.get("State")
    enforces = state == "enforce-in-progress" or (control.get("Mode") == "enforce" and state not in NOT_ENFORCING)
    excluded: Mapping[str, Any] = control.get("ResourceExclusions", {})
    return tuple(kind for kind, each in excluded.items() if each.get("State") == "enabled") if enforces else None


def _unique(values: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(values))
