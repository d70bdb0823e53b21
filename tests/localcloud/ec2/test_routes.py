"""Routes, above all those to a peering connection."""

from typing import Any

import pytest

from localcloud.servicequotas import vpc_quotas

TEST, PRODUCTION = "111111111111", "222222222222"
EAST, WEST = "us-east-1", "us-west-2"
PEER_BLOCK = "192.168.0.0/16"


class Side:
    """The requester's VPC with a route table and a peering connection."""

    def __init__(self, world: Any, *, ipv6: bool = False) -> None:
        self.ec2 = world.ec2()
        self.vpc = world.vpc("10.0.0.0/16", ipv6=ipv6)
        self.peer = world.vpc(PEER_BLOCK, account=PRODUCTION, ipv6=ipv6)
        self.table = self.ec2.create_route_table(VpcId=self.vpc)["RouteTable"]["RouteTableId"]

    def route(self, connection: str, destination: str = PEER_BLOCK) -> None:
        self.ec2.create_route(RouteTableId=self.table, DestinationCidrBlock=destination, VpcPeeringConnectionId=connection)

    def routes(self) -> dict[str, str]:
        """Destination → state."""
        (table,) = self.ec2.describe_route_tables(RouteTableIds=[self.table])["RouteTables"]
        return {
            route.get("DestinationCidrBlock")
            or route.get("DestinationIpv6CidrBlock")
            or route["DestinationPrefixListId"]: route["State"]
            for route in table["Routes"]
        }

    def internet_gateway(self) -> str:
        gateway: str = self.ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
        self.ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=self.vpc)
        return gateway

    def prefix_list(self, max_entries: int = 2) -> str:
        made = self.ec2.create_managed_prefix_list(PrefixListName="peers", MaxEntries=max_entries, AddressFamily="IPv4")
        prefix_list_id: str = made["PrefixList"]["PrefixListId"]
        return prefix_list_id


@pytest.fixture
def side(world: Any) -> Side:
    return Side(world)


def test_a_route_is_a_blackhole_unless_the_connection_is_active(world: Any, side: Side) -> None:
    pcx = world.request(side.vpc, side.peer)
    side.route(pcx)
    assert side.routes()[PEER_BLOCK] == "blackhole"
    world.ec2(PRODUCTION).accept_vpc_peering_connection(VpcPeeringConnectionId=pcx)
    assert side.routes()[PEER_BLOCK] == "blackhole"
    world.settle()
    assert side.routes() == {"10.0.0.0/16": "active", PEER_BLOCK: "active"}
    world.ec2(PRODUCTION).delete_vpc_peering_connection(VpcPeeringConnectionId=pcx)
    assert side.routes()[PEER_BLOCK] == "blackhole"
    world.wait(days=30)
    assert side.routes()[PEER_BLOCK] == "blackhole"


def test_an_existing_destination_is_not_overwritten(world: Any, side: Side, refused: Any) -> None:
    pcx = world.peer(side.vpc, side.peer)
    side.route(pcx)
    with refused("RouteAlreadyExists"):
        side.route(pcx)
    with refused("RouteAlreadyExists"):
        side.route(pcx, "192.168.7.7/16")


def test_an_existing_ipv6_destination_is_not_overwritten(world: Any, side: Side, refused: Any) -> None:
    pcx = world.peer(side.vpc, side.peer)
    route = {"RouteTableId": side.table, "VpcPeeringConnectionId": pcx}
    side.ec2.create_route(**route, DestinationIpv6CidrBlock="2001:db8::/56")
    with refused("RouteAlreadyExists"):
        side.ec2.create_route(**route, DestinationIpv6CidrBlock="2001:db8:0:1::/56".replace(":1::", ":0001::"))
    assert "2001:db8::/56" in side.routes()


def test_an_existing_prefix_list_is_not_overwritten(world: Any, side: Side, refused: Any) -> None:
    pcx = world.peer(side.vpc, side.peer)
    route = {
        "RouteTableId": side.table,
        "VpcPeeringConnectionId": pcx,
        "DestinationPrefixListId": side.prefix_list(),
    }
    side.ec2.create_route(**route)
    with refused("RouteAlreadyExists"):
        side.ec2.create_route(**route)
    with refused("InvalidPrefixListID.NotFound"):
        side.ec2.create_route(**route | {"DestinationPrefixListId": "pl-0123456789abcdef0"})


def test_host_bits_are_cleared(world: Any, side: Side) -> None:
    pcx = world.peer(side.vpc, side.peer)
    side.route(pcx, "192.168.7.7/24")
    assert "192.168.7.0/24" in side.routes()
    side.route(pcx, "192.168.8.0/24")
    side.ec2.delete_route(RouteTableId=side.table, DestinationCidrBlock="192.168.7.9/24")
    assert set(side.routes()) == {"10.0.0.0/16", "192.168.8.0/24"}


def test_the_local_route_is_neither_overwritten_nor_deleted(world: Any, side: Side, refused: Any) -> None:
    pcx = world.peer(side.vpc, side.peer)
    with refused("RouteAlreadyExists"):
        side.route(pcx, "10.0.0.0/16")
    with refused("InvalidParameterValue", "only an interface or an instance"):
        side.ec2.replace_route(RouteTableId=side.table, DestinationCidrBlock="10.0.0.0/16", VpcPeeringConnectionId=pcx)
    with refused("InvalidParameterValue", "cannot remove local route"):
        side.ec2.delete_route(RouteTableId=side.table, DestinationCidrBlock="10.0.0.0/16")


def test_inside_the_vpc_only_a_middlebox_is_a_target(world: Any, side: Side, refused: Any) -> None:
    pcx = world.peer(side.vpc, side.peer)
    with refused("InvalidParameterValue", "more specific"):
        side.route(pcx, "10.0.3.0/24")
    subnet = side.ec2.create_subnet(VpcId=side.vpc, CidrBlock="10.0.9.0/24")["Subnet"]["SubnetId"]
    interface = side.ec2.create_network_interface(SubnetId=subnet)["NetworkInterface"]["NetworkInterfaceId"]
    side.ec2.create_route(RouteTableId=side.table, DestinationCidrBlock="10.0.3.0/24", NetworkInterfaceId=interface)
    assert "10.0.3.0/24" in side.routes()


def test_a_route_needs_one_destination_and_one_target(world: Any, side: Side, refused: Any) -> None:
    pcx = world.peer(side.vpc, side.peer)
    with refused("MissingParameter"):
        side.ec2.create_route(RouteTableId=side.table, DestinationCidrBlock=PEER_BLOCK)
    with refused("MissingParameter"):
        side.ec2.create_route(RouteTableId=side.table, VpcPeeringConnectionId=pcx)
    with refused("InvalidParameterCombination"):
        side.ec2.create_route(
            RouteTableId=side.table,
            DestinationCidrBlock=PEER_BLOCK,
            VpcPeeringConnectionId=pcx,
            GatewayId=side.internet_gateway(),
        )
    with refused("InvalidParameterCombination"):
        side.ec2.create_route(
            RouteTableId=side.table,
            DestinationCidrBlock=PEER_BLOCK,
            DestinationIpv6CidrBlock="2001:db8::/56",
            VpcPeeringConnectionId=pcx,
        )


@pytest.mark.parametrize("destination", ["192.168.0.0/33", "not-a-block", "2001:db8::/56"])
def test_a_destination_must_be_a_block_of_its_family(world: Any, side: Side, refused: Any, destination: str) -> None:
    pcx = world.peer(side.vpc, side.peer)
    with refused("InvalidParameterValue"):
        side.route(pcx, destination)


def test_an_unknown_or_ended_connection_is_not_found(world: Any, side: Side, refused: Any) -> None:
    with refused("InvalidVpcPeeringConnectionID.NotFound"):
        side.route("pcx-0123456789abcdef0")
    pcx = world.peer(side.vpc, side.peer)
    side.ec2.delete_vpc_peering_connection(VpcPeeringConnectionId=pcx)
    with refused("InvalidVpcPeeringConnectionID.NotFound"):
        side.route(pcx)


@pytest.mark.parametrize(
    ("target", "code"),
    [
        ({"NatGatewayId": "nat-0123456789abcdef0"}, "InvalidNatGatewayID.NotFound"),
        ({"TransitGatewayId": "tgw-0123456789abcdef0"}, "InvalidTransitGatewayID.NotFound"),
        ({"GatewayId": "igw-0123456789abcdef0"}, "InvalidInternetGatewayID.NotFound"),
    ],
)
def test_any_other_missing_target_is_not_found(side: Side, refused: Any, target: Any, code: str) -> None:
    with refused(code):
        side.ec2.create_route(RouteTableId=side.table, DestinationCidrBlock="0.0.0.0/0", **target)


def test_another_vpcs_connection_is_refused(world: Any, side: Side, refused: Any) -> None:
    pcx = world.peer(world.vpc("10.9.0.0/16"), side.peer)
    with refused("InvalidParameterValue", "belong to different networks"):
        side.route(pcx)


def test_replace_retargets_only_what_exists(world: Any, side: Side, refused: Any) -> None:
    pcx, gateway = world.peer(side.vpc, side.peer), side.internet_gateway()
    with refused("InvalidRoute.NotFound"):
        side.ec2.replace_route(RouteTableId=side.table, DestinationCidrBlock=PEER_BLOCK, VpcPeeringConnectionId=pcx)
    side.ec2.create_route(RouteTableId=side.table, DestinationCidrBlock=PEER_BLOCK, GatewayId=gateway)
    side.ec2.replace_route(RouteTableId=side.table, DestinationCidrBlock="192.168.1.1/16", VpcPeeringConnectionId=pcx)
    (table,) = side.ec2.describe_route_tables(Filters=[{"Name": "route.vpc-peering-connection-id", "Values": [pcx]}])[
        "RouteTables"
    ]
    assert table["RouteTableId"] == side.table


def test_delete_refuses_what_is_missing(side: Side, refused: Any) -> None:
    with refused("InvalidRoute.NotFound"):
        side.ec2.delete_route(RouteTableId=side.table, DestinationCidrBlock=PEER_BLOCK)


def test_the_quota_counts_ipv4_and_ipv6_apart_and_no_local_route(world: Any, refused: Any) -> None:
    side = Side(world, ipv6=True)
    pcx = world.peer(side.vpc, side.peer)
    world.quota(vpc_quotas.ROUTES.code, 2)
    for number in (1, 2):
        side.route(pcx, f"192.168.{number}.0/24")
        side.ec2.create_route(
            RouteTableId=side.table, DestinationIpv6CidrBlock=f"2001:db8:{number}::/48", VpcPeeringConnectionId=pcx
        )
    with refused("RouteLimitExceeded"):
        side.route(pcx, "192.168.3.0/24")
    with refused("RouteLimitExceeded"):
        side.ec2.create_route(RouteTableId=side.table, DestinationIpv6CidrBlock="2001:db8:3::/48", VpcPeeringConnectionId=pcx)


def test_a_prefix_list_counts_as_its_size(world: Any, side: Side, refused: Any) -> None:
    pcx = world.peer(side.vpc, side.peer)
    world.quota(vpc_quotas.ROUTES.code, 3)
    side.route(pcx)
    with refused("RouteLimitExceeded"):
        side.ec2.create_route(RouteTableId=side.table, DestinationPrefixListId=side.prefix_list(3), VpcPeeringConnectionId=pcx)


def test_describe_filters_by_the_parts_of_a_route(world: Any, side: Side) -> None:
    pcx = world.request(side.vpc, side.peer)
    prefix_list = side.prefix_list()
    side.route(pcx)
    for destination in (
        {"DestinationIpv6CidrBlock": "2001:db8::/56"},
        {"DestinationPrefixListId": prefix_list},
    ):
        side.ec2.create_route(RouteTableId=side.table, VpcPeeringConnectionId=pcx, **destination)

    def found(name: str, value: str) -> list[str]:
        tables = side.ec2.describe_route_tables(Filters=[{"Name": name, "Values": [value]}])["RouteTables"]
        return [table["RouteTableId"] for table in tables]

    assert found("route.state", "blackhole") == [side.table]
    assert found("route.destination-ipv6-cidr-block", "2001:db8::/56") == [side.table]
    assert found("route.destination-prefix-list-id", prefix_list) == [side.table]
    assert side.table not in found("association.main", "true")
    assert len(found("association.main", "true")) == 2
    assert side.table in found("route.gateway-id", "local")


def test_describe_refuses_an_unknown_filter(side: Side, refused: Any) -> None:
    with refused("InvalidParameterValue"):
        side.ec2.describe_route_tables(Filters=[{"Name": "route.colour", "Values": ["red"]}])


def test_describe_pages(side: Side) -> None:
    for _ in range(6):
        side.ec2.create_route_table(VpcId=side.vpc)
    of_the_vpc = [{"Name": "vpc-id", "Values": [side.vpc]}]
    pages = side.ec2.get_paginator("describe_route_tables").paginate(Filters=of_the_vpc, PaginationConfig={"PageSize": 5})
    sizes = [len(page["RouteTables"]) for page in pages]
    assert sizes == [5, 3]


def test_a_new_block_gets_a_local_route_in_every_table(world: Any, side: Side) -> None:
    association = side.ec2.associate_vpc_cidr_block(VpcId=side.vpc, CidrBlock="10.1.0.0/16")
    tables = side.ec2.describe_route_tables(Filters=[{"Name": "vpc-id", "Values": [side.vpc]}])["RouteTables"]
    assert len(tables) == 2
    for table in tables:
        local = [route["DestinationCidrBlock"] for route in table["Routes"] if route["GatewayId"] == "local"]
        assert local == ["10.0.0.0/16", "10.1.0.0/16"]
    side.ec2.disassociate_vpc_cidr_block(AssociationId=association["CidrBlockAssociation"]["AssociationId"])
    assert set(side.routes()) == {"10.0.0.0/16"}


def test_cloudformation_routes_obey_too(world: Any, side: Side) -> None:
    pcx = world.peer(side.vpc, side.peer)
    template = """
    Resources:
      ToThePeer:
        Type: AWS::EC2::Route
        Properties: {RouteTableId: %s, DestinationCidrBlock: 192.168.7.7/16, VpcPeeringConnectionId: %s}
    """
    world.client("cloudformation", TEST, EAST).create_stack(StackName="route", TemplateBody=template % (side.table, pcx))
    assert side.routes()[PEER_BLOCK] == "active"
