"""What EC2 answers where moto has nothing to show, and the two spellings of one rule."""

from typing import Any

import pytest

from causeway.aws.ec2 import conversion
from causeway.domain.model.network import AclEntry, Direction, PeeringStatus, Permission, PrefixList, Route
from causeway.domain.model.protocols import ALL_PORTS, PortRange
from causeway.domain.model.request import VpcRef
from causeway.domain.model.values import PerSide
from tests.aws.conftest import EAST, PRODUCTION, TEST, WEST

VPC = VpcRef(account_id=TEST, region=EAST, vpc_id="vpc-1")


@pytest.mark.parametrize(
    ("mode", "state", "enforces"),
    [
        ("monitor", "available", False),
        ("monitor", "enforce-in-progress", True),
        ("monitor", "enforce-failed", False),
        ("enforce", "available", True),
        ("enforce", "enforce-in-progress", True),
        ("enforce", "monitor-in-progress", False),
        ("enforce", "monitor-failed", True),
        ("enforce", "deleting", False),
        ("enforce", "deleted", False),
    ],
)
def test_a_vpc_shows_what_it_excludes_from_encryption_while_it_enforces_that(mode: str, state: str, enforces: bool) -> None:
    exclusions = {"VpcPeering": {"State": "enabled"}, "Lambda": {"State": "disabled"}, "NatGateway": {"State": "enabling"}}
    control = {"VpcId": "vpc-1", "Mode": mode, "State": state, "ResourceExclusions": exclusions}

    raw: Any = {"CidrBlock": "10.1.0.0/16", "EncryptionControl": control}

    vpc = conversion.vpc(raw, VPC, dns_support=None, dns_hostnames=None)

    assert vpc.encryption_exclusions == (("VpcPeering",) if enforces else None)


def test_a_vpc_without_an_encryption_control_enforces_nothing() -> None:
    vpc = conversion.vpc({"CidrBlock": "10.1.0.0/16"}, VPC, dns_support=None, dns_hostnames=None)

    assert vpc.encryption_exclusions is None


def test_a_vpc_has_the_associated_blocks_only_the_primary_one_first() -> None:
    vpc = conversion.vpc(
        {
            "CidrBlock": "10.1.0.0/16",
            "CidrBlockAssociationSet": [
                {"CidrBlock": "10.2.0.0/16", "CidrBlockState": {"State": "associated"}},
                {"CidrBlock": "10.1.0.0/16", "CidrBlockState": {"State": "associated"}},
                {"CidrBlock": "10.3.0.0/16", "CidrBlockState": {"State": "disassociated"}},
                {"CidrBlock": "10.4.0.0/16", "CidrBlockState": {"State": "associating"}},
            ],
            "Ipv6CidrBlockAssociationSet": [
                {"Ipv6CidrBlock": "2600:1f18:0:0::/56", "Ipv6CidrBlockState": {"State": "associated"}},
                {"Ipv6CidrBlock": "2600:1f19::/56", "Ipv6CidrBlockState": {"State": "failing"}},
            ],
        },
        VPC,
        dns_support=True,
        dns_hostnames=None,
    )

    assert vpc.cidr_blocks == ("10.1.0.0/16", "10.2.0.0/16", "10.4.0.0/16")
    assert vpc.ipv6_cidr_blocks == ("2600:1f18::/56",)
    assert (vpc.dns_support, vpc.dns_hostnames) == (True, None)


@pytest.mark.parametrize(
    ("key", "target"),
    [
        ("GatewayId", "local"),
        ("GatewayId", "vgw-1"),
        ("NatGatewayId", "nat-1"),
        ("TransitGatewayId", "tgw-1"),
        ("VpcPeeringConnectionId", "pcx-1"),
        ("EgressOnlyInternetGatewayId", "eigw-1"),
        ("CarrierGatewayId", "cagw-1"),
        ("LocalGatewayId", "lgw-1"),
        ("NetworkInterfaceId", "eni-1"),
        ("CoreNetworkArn", "arn:aws:networkmanager::111111111111:core-network/core-network-1"),
    ],
)
def test_a_routes_target_is_whichever_key_names_it(key: str, target: str) -> None:
    raw = {"DestinationCidrBlock": "10.0.0.5/16", "State": "active", key: target}

    assert conversion.route(raw) == Route(destination="10.0.0.0/16", target=target)  # type: ignore[arg-type]


def test_a_route_to_an_instance_names_its_interface() -> None:
    raw = conversion.route({"DestinationCidrBlock": "0.0.0.0/0", "InstanceId": "i-1", "NetworkInterfaceId": "eni-1"})

    assert raw.target == "eni-1"


def test_a_route_can_be_a_blackhole_propagated_and_to_a_prefix_list() -> None:
    propagated = conversion.route(
        {"DestinationIpv6CidrBlock": "2600:0:0::/32", "GatewayId": "vgw-1", "Origin": "EnableVgwRoutePropagation"}
    )
    advertised = conversion.route(
        {"DestinationCidrBlock": "10.0.0.0/16", "NetworkInterfaceId": "eni-1", "Origin": "Advertisement"}
    )
    blackhole = conversion.route({"DestinationPrefixListId": "pl-1", "State": "blackhole"})
    filtered = conversion.route({"DestinationCidrBlock": "10.0.0.0/16", "GatewayId": "vgw-1", "State": "filtered"})

    assert propagated == Route(destination="2600::/32", target="vgw-1", propagated=True)
    assert advertised == Route(destination="10.0.0.0/16", target="eni-1", propagated=True)
    assert blackhole == Route(destination="pl-1", target=conversion.GONE, blackhole=True)
    assert filtered == Route(destination="10.0.0.0/16", target="vgw-1", blackhole=True)


@pytest.mark.parametrize(
    ("raw", "family", "max_entries"),
    [
        ({"PrefixListName": "offices", "MaxEntries": 7}, 4, 7),
        ({"PrefixListName": "offices", "MaxEntries": 7, "AddressFamily": "IPv6"}, 6, 7),
        ({"PrefixListName": "com.amazonaws.us-east-1.s3"}, 4, 1),
        ({"PrefixListName": "com.amazonaws.us-east-1.s3express"}, 4, 6),
        ({"PrefixListName": "com.amazonaws.global.cloudfront.origin-facing"}, 4, 55),
        ({"PrefixListName": "com.amazonaws.eu-west-1.ipv6.vpc-lattice", "AddressFamily": "IPv6"}, 6, 10),
    ],
)
def test_a_prefix_list_counts_as_its_size_or_as_the_weight_that_aws_gives_its_own(
    raw: dict[str, Any], family: int, max_entries: int
) -> None:
    listed = conversion.prefix_list({"PrefixListId": "pl-1", "AddressFamily": "IPv4", **raw}, ("10.0.0.0/16",))  # type: ignore[typeddict-item]

    assert listed == PrefixList(
        prefix_list_id="pl-1",
        name=raw["PrefixListName"],
        family=family,
        max_entries=max_entries,
        cidr_blocks=("10.0.0.0/16",),
    )


def test_a_route_table_has_what_is_associated_with_it_and_no_more() -> None:
    table = conversion.route_table(
        {
            "RouteTableId": "rtb-1",
            "Associations": [
                {"Main": True},
                {"Main": False, "SubnetId": "subnet-1", "AssociationState": {"State": "associated"}},
                {"Main": False, "SubnetId": "subnet-2", "AssociationState": {"State": "disassociated"}},
                {"Main": False, "GatewayId": "igw-1", "AssociationState": {"State": "associated"}},
                {"Main": False, "RouteTableAssociationId": "rtbassoc-1", "AssociationState": {"State": "associated"}},
            ],
        }
    )

    assert (table.main, table.subnet_ids, table.gateway_ids) == (True, ("subnet-1",), ("igw-1", "rtbassoc-1"))


@pytest.mark.parametrize(
    ("owner", "home", "expected"),
    [(TEST, "vpc-1", (None, None)), (PRODUCTION, "vpc-1", (PRODUCTION, None)), (TEST, "vpc-2", (None, "vpc-2"))],
    ids=["the VPC's own", "a participant's", "of another VPC"],
)
def test_a_group_tells_whose_it_is(owner: str, home: str, expected: tuple[str | None, str | None]) -> None:
    group = conversion.security_group({"GroupId": "sg-1", "GroupName": "app", "OwnerId": owner, "VpcId": home}, VPC)

    assert (group.owner_id, group.home_vpc_id) == expected
    assert group.is_ours is (owner == TEST)


def test_a_groups_rules_are_one_permission_for_each_peer() -> None:
    group = conversion.security_group(
        {
            "GroupId": "sg-1",
            "GroupName": "app",
            "IpPermissions": [
                {
                    "IpProtocol": "tcp",
                    "FromPort": 0,
                    "ToPort": 65535,
                    "IpRanges": [{"CidrIp": "10.0.0.0/8"}, {"CidrIp": "192.168.0.0/16"}],
                    "Ipv6Ranges": [{"CidrIpv6": "2600:1f18:0::/56"}],
                    "PrefixListIds": [{"PrefixListId": "pl-1"}],
                    "UserIdGroupPairs": [{"GroupId": "sg-2", "UserId": TEST}, {"GroupId": "sg-3", "UserId": PRODUCTION}],
                },
                {"IpProtocol": "icmp", "FromPort": -1, "ToPort": -1, "IpRanges": [{"CidrIp": "10.0.0.0/8"}]},
                {"IpProtocol": "icmp", "FromPort": 8, "ToPort": -1, "IpRanges": [{"CidrIp": "10.0.0.0/8"}]},
            ],
            "IpPermissionsEgress": [{"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}],
        },
        VPC,
    )

    def tcp(peer: str, owner: str | None = None) -> Permission:
        return Permission(direction=Direction.INGRESS, protocol="tcp", ports=ALL_PORTS, peer=peer, peer_account_id=owner)

    assert group.permissions == (
        tcp("10.0.0.0/8"),
        tcp("192.168.0.0/16"),
        tcp("2600:1f18::/56"),
        tcp("pl-1"),
        tcp("sg-2"),
        tcp("sg-3", PRODUCTION),
        Permission(direction=Direction.INGRESS, protocol="icmp", peer="10.0.0.0/8"),
        Permission(direction=Direction.INGRESS, protocol="icmp", peer="10.0.0.0/8", ports=PortRange(first=8, last=-1)),
        Permission(direction=Direction.EGRESS, protocol="-1", peer="0.0.0.0/0"),
    )


@pytest.mark.parametrize(
    "permission",
    [
        Permission(direction=Direction.INGRESS, protocol="tcp", ports=PortRange(first=22, last=22), peer="10.0.0.0/16"),
        Permission(direction=Direction.EGRESS, protocol="udp", ports=ALL_PORTS, peer="2600:1f18::/56"),
        Permission(direction=Direction.INGRESS, protocol="icmp", peer="10.0.0.0/16"),
        Permission(direction=Direction.INGRESS, protocol="icmpv6", peer="2600:1f18::/56"),
        Permission(direction=Direction.INGRESS, protocol="icmp", ports=PortRange(first=8, last=-1), peer="10.0.0.0/16"),
        Permission(direction=Direction.INGRESS, protocol="-1", peer="pl-1"),
        Permission(direction=Direction.EGRESS, protocol="tcp", ports=ALL_PORTS, peer="sg-2"),
        Permission(direction=Direction.EGRESS, protocol="tcp", ports=ALL_PORTS, peer="sg-2", peer_account_id=PRODUCTION),
    ],
    ids=str,
)
def test_a_permission_comes_back_from_ec2_as_it_was_sent(permission: Permission) -> None:
    sent = conversion.ip_permission(permission, "causeway: test")
    key = "IpPermissions" if permission.direction is Direction.INGRESS else "IpPermissionsEgress"

    group = conversion.security_group({"GroupId": "sg-1", "GroupName": "app", key: [sent]}, VPC)  # type: ignore[misc]

    assert group.permissions == (permission,)


def test_every_port_is_sent_where_a_permission_names_none() -> None:
    sent = conversion.ip_permission(Permission(direction=Direction.INGRESS, protocol="tcp", peer="10.0.0.0/16"), "")

    assert (sent["FromPort"], sent["ToPort"]) == (0, 65535)


def test_an_acls_entry_names_its_protocol_as_a_group_does() -> None:
    ssh = conversion.acl_entry(
        {
            "RuleNumber": 100,
            "Protocol": "6",
            "RuleAction": "allow",
            "Egress": False,
            "CidrBlock": "10.0.0.0/16",
            "PortRange": {"From": 22, "To": 22},
        }
    )
    ping = conversion.acl_entry(
        {
            "RuleNumber": 110,
            "Protocol": "58",
            "RuleAction": "deny",
            "Egress": True,
            "Ipv6CidrBlock": "::/0",
            "IcmpTypeCode": {"Type": -1, "Code": -1},
        }
    )
    last = conversion.acl_entry(
        {"RuleNumber": 32767, "Protocol": "-1", "RuleAction": "deny", "Egress": True, "CidrBlock": "0.0.0.0/0"}
    )

    assert ssh == AclEntry(
        number=100,
        direction=Direction.INGRESS,
        allow=True,
        protocol="tcp",
        cidr_block="10.0.0.0/16",
        ports=PortRange(first=22, last=22),
    )
    assert ping == AclEntry(number=110, direction=Direction.EGRESS, allow=False, protocol="icmpv6", cidr_block="::/0")
    assert last == AclEntry(number=32767, direction=Direction.EGRESS, allow=False, protocol="-1", cidr_block="0.0.0.0/0")


def test_an_interface_has_its_primary_address_first_and_ipv6_last() -> None:
    interface = conversion.network_interface(
        {
            "NetworkInterfaceId": "eni-1",
            "SubnetId": "subnet-1",
            "PrivateIpAddress": "10.0.0.9",
            "PrivateIpAddresses": [{"PrivateIpAddress": "10.0.0.4"}, {"PrivateIpAddress": "10.0.0.9"}],
            "Ipv6Addresses": [{"Ipv6Address": "2600:1f18:0:0::7"}],
            "Groups": [{"GroupId": "sg-1"}],
            "Attachment": {"InstanceId": "i-1"},
        }
    )

    assert interface.addresses == ("10.0.0.9", "10.0.0.4", "2600:1f18::7")
    assert (interface.security_group_ids, interface.instance_id) == (("sg-1",), "i-1")


def test_a_pending_connection_shows_no_blocks_of_the_other_side() -> None:
    connection = conversion.peering_connection(
        {
            "VpcPeeringConnectionId": "pcx-1",
            "Status": {"Code": "pending-acceptance", "Message": "Pending Acceptance by 222222222222"},
            "RequesterVpcInfo": {
                "OwnerId": TEST,
                "VpcId": "vpc-1",
                "Region": EAST,
                "CidrBlock": "10.0.0.0/16",
                "CidrBlockSet": [{"CidrBlock": "10.0.0.0/16"}, {"CidrBlock": "10.1.0.0/16"}],
                "Ipv6CidrBlockSet": [{"Ipv6CidrBlock": "2600:1f18::/56"}],
                "PeeringOptions": {"AllowDnsResolutionFromRemoteVpc": True},
            },
            "AccepterVpcInfo": {"OwnerId": PRODUCTION, "VpcId": "vpc-2", "Region": WEST},
        }
    )

    assert connection.status is PeeringStatus.PENDING_ACCEPTANCE
    assert connection.accepter == VpcRef(account_id=PRODUCTION, region=WEST, vpc_id="vpc-2")
    assert connection.cidr_blocks == PerSide(requester=("10.0.0.0/16", "10.1.0.0/16", "2600:1f18::/56"), accepter=())
    assert connection.dns_resolution == PerSide(requester=True, accepter=False)
