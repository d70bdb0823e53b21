"""Routes, above all those to a peering connection."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.conformance.accounts import Account
from tests.conformance.ec2.networks import Vpc, accept, delete_peering, ipv4_blocks, make_peering, make_vpc, request_peering
from tests.conformance.expecting import eventually, refused

PEER_BLOCK = "192.168.0.0/16"
ROUTES_PER_TABLE = "L-93826ACB"


class Table:
    """A route table of a VPC."""

    def __init__(self, vpc: Vpc) -> None:
        self.ec2 = vpc.ec2
        self.id: str = vpc.ec2.create_route_table(VpcId=vpc.id)["RouteTable"]["RouteTableId"]

    def route(self, **route: Any) -> None:
        self.ec2.create_route(RouteTableId=self.id, **route)

    def to_peer(self, connection_id: str, destination: str = PEER_BLOCK) -> None:
        self.route(DestinationCidrBlock=destination, VpcPeeringConnectionId=connection_id)

    def routes(self) -> dict[str, str]:
        """Destination → state, of all but IPv6's local route."""
        (table,) = self.ec2.describe_route_tables(RouteTableIds=[self.id])["RouteTables"]
        return {
            route.get("DestinationCidrBlock")
            or route.get("DestinationIpv6CidrBlock")
            or route["DestinationPrefixListId"]: route["State"]
            for route in table["Routes"]
            if not ("DestinationIpv6CidrBlock" in route and route.get("GatewayId") == "local")
        }


@pytest.fixture
def table(vpc: Vpc) -> Table:
    return Table(vpc)


@pytest.fixture
def requester(account: Account) -> Vpc:
    return make_vpc(account, "10.0.0.0/16")


@pytest.fixture
def make_prefix_list(account: Account, unique: Callable[[], str]) -> Callable[[int], str]:
    """Make an IPv4 prefix list with room for so many entries."""

    def make(max_entries: int) -> str:
        made = account.ec2.create_managed_prefix_list(PrefixListName=unique(), MaxEntries=max_entries, AddressFamily="IPv4")
        prefix_list_id: str = made["PrefixList"]["PrefixListId"]
        by_id = {"PrefixListIds": [prefix_list_id]}
        eventually(lambda: account.ec2.describe_managed_prefix_lists(**by_id)["PrefixLists"][0]["State"], "create-complete")
        return prefix_list_id

    return make


@pytest.fixture(scope="module")
def gateway(vpc: Vpc) -> str:
    """An internet gateway that is attached to the VPC."""
    gateway_id: str = vpc.ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    vpc.ec2.attach_internet_gateway(InternetGatewayId=gateway_id, VpcId=vpc.id)
    return gateway_id


def test_a_route_is_a_blackhole_unless_its_connection_is_active(requester: Vpc, peer_vpc: Vpc) -> None:
    """VPC Peering Guide: vpc-peering-routing; EC2 API: Route."""
    table, pcx = Table(requester), request_peering(requester, peer_vpc)
    table.to_peer(pcx)
    eventually(table.routes, {"10.0.0.0/16": "active", PEER_BLOCK: "blackhole"})
    accept(requester, peer_vpc, pcx)
    eventually(table.routes, {"10.0.0.0/16": "active", PEER_BLOCK: "active"})
    delete_peering(requester, pcx)
    eventually(table.routes, {"10.0.0.0/16": "active", PEER_BLOCK: "blackhole"})


def test_an_existing_destination_is_not_overwritten(table: Table, peering: str) -> None:
    """EC2 API: CreateRoute; EC2 API: errors-overview."""
    table.to_peer(peering)
    with refused("RouteAlreadyExists"):
        table.to_peer(peering)
    with refused("RouteAlreadyExists"):
        table.to_peer(peering, "192.168.7.7/16")


def test_an_existing_ipv6_destination_is_not_overwritten(table: Table, peering: str) -> None:
    """EC2 API: CreateRoute; EC2 API: errors-overview."""
    table.route(DestinationIpv6CidrBlock="2001:db8::/56", VpcPeeringConnectionId=peering)
    with refused("RouteAlreadyExists"):
        table.route(DestinationIpv6CidrBlock="2001:db8:0:0001::/56", VpcPeeringConnectionId=peering)
    assert "2001:db8::/56" in table.routes()


def test_an_existing_prefix_list_is_not_overwritten(table: Table, peering: str, make_prefix_list: Any) -> None:
    """EC2 API: CreateRoute; EC2 API: errors-overview."""
    listed = {"DestinationPrefixListId": make_prefix_list(1), "VpcPeeringConnectionId": peering}
    table.route(**listed)
    with refused("RouteAlreadyExists"):
        table.route(**listed)


def test_an_unknown_prefix_list_is_no_destination(table: Table, peering: str) -> None:
    """EC2 API: CreateRoute; EC2 API: errors-overview."""
    with refused("InvalidPrefixListID.NotFound"):
        table.route(DestinationPrefixListId="pl-0123456789abcdef0", VpcPeeringConnectionId=peering)


def test_host_bits_of_a_destination_are_cleared(table: Table, peering: str) -> None:
    """EC2 API: CreateRoute."""
    table.to_peer(peering, "192.168.7.7/24")
    eventually(lambda: set(table.routes()), {"10.0.0.0/16", "192.168.7.0/24"})
    table.ec2.delete_route(RouteTableId=table.id, DestinationCidrBlock="192.168.7.9/24")
    eventually(lambda: set(table.routes()), {"10.0.0.0/16"})


def test_the_local_route_is_neither_overwritten_nor_deleted(table: Table, peering: str) -> None:
    """VPC Guide: VPC_Route_Tables; EC2 API: ReplaceRoute; EC2 API: DeleteRoute."""
    local = {"RouteTableId": table.id, "DestinationCidrBlock": "10.0.0.0/16"}
    with refused("RouteAlreadyExists"):
        table.to_peer(peering, "10.0.0.0/16")
    with refused("InvalidParameterValue"):
        table.ec2.replace_route(**local, VpcPeeringConnectionId=peering)
    with refused("InvalidParameterValue"):
        table.ec2.delete_route(**local)


def test_inside_the_vpc_only_a_middlebox_is_a_target(vpc: Vpc, table: Table, peering: str) -> None:
    """VPC Guide: VPC_Route_Tables; EC2 API: CreateRoute."""
    with refused("InvalidParameterValue"):
        table.to_peer(peering, "10.0.3.0/24")
    subnet = vpc.ec2.create_subnet(VpcId=vpc.id, CidrBlock="10.0.9.0/24")["Subnet"]["SubnetId"]
    interface = vpc.ec2.create_network_interface(SubnetId=subnet)["NetworkInterface"]["NetworkInterfaceId"]
    table.route(DestinationCidrBlock="10.0.3.0/24", NetworkInterfaceId=interface)
    eventually(lambda: "10.0.3.0/24" in table.routes(), expected=True)


def test_a_route_needs_a_destination_and_a_target(table: Table, peering: str) -> None:
    """EC2 API: CreateRoute; EC2 API: errors-overview."""
    with refused("MissingParameter"):
        table.route(DestinationCidrBlock=PEER_BLOCK)
    with refused("MissingParameter"):
        table.route(VpcPeeringConnectionId=peering)


def test_a_route_has_one_destination_and_one_target(table: Table, peering: str, gateway: str) -> None:
    """EC2 API: CreateRoute; EC2 API: errors-overview."""
    with refused("InvalidParameterCombination"):
        table.route(DestinationCidrBlock=PEER_BLOCK, VpcPeeringConnectionId=peering, GatewayId=gateway)
    both = {"DestinationCidrBlock": PEER_BLOCK, "DestinationIpv6CidrBlock": "2001:db8::/56"}
    with refused("InvalidParameterCombination"):
        table.route(**both, VpcPeeringConnectionId=peering)


@pytest.mark.parametrize("destination", ["192.168.0.0/33", "not-a-block", "2001:db8::/56"])
def test_a_destination_is_a_block_of_its_family(table: Table, peering: str, destination: str) -> None:
    """EC2 API: CreateRoute; EC2 API: errors-overview."""
    with refused("InvalidParameterValue"):
        table.to_peer(peering, destination)


def test_an_unknown_or_ended_connection_is_no_target(requester: Vpc, peer_vpc: Vpc) -> None:
    """EC2 API: CreateRoute; EC2 API: errors-overview."""
    table = Table(requester)
    with refused("InvalidVpcPeeringConnectionID.NotFound"):
        table.to_peer("pcx-0123456789abcdef0")
    pcx = make_peering(requester, peer_vpc)
    delete_peering(requester, pcx)
    with refused("InvalidVpcPeeringConnectionID.NotFound"):
        table.to_peer(pcx)


@pytest.mark.parametrize(
    ("target", "code"),
    [
        ({"NatGatewayId": "nat-0123456789abcdef0"}, "InvalidNatGatewayID.NotFound"),
        ({"TransitGatewayId": "tgw-0123456789abcdef0"}, "InvalidTransitGatewayID.NotFound"),
        ({"GatewayId": "igw-0123456789abcdef0"}, "InvalidInternetGatewayID.NotFound"),
    ],
)
def test_a_missing_gateway_is_no_target(table: Table, target: dict[str, str], code: str) -> None:
    """EC2 API: CreateRoute; EC2 API: errors-overview."""
    with refused(code):
        table.route(DestinationCidrBlock="0.0.0.0/0", **target)


def test_another_vpcs_connection_is_no_target(table: Table, requester: Vpc, peer_vpc: Vpc) -> None:
    """EC2 API: CreateRoute; EC2 API: errors-overview."""
    elsewhere = make_peering(requester, peer_vpc)
    with refused("InvalidParameterValue"):
        table.to_peer(elsewhere)


def test_replace_retargets_only_what_exists(table: Table, peering: str, gateway: str) -> None:
    """EC2 API: ReplaceRoute; EC2 API: errors-overview."""
    to_peer = {"RouteTableId": table.id, "VpcPeeringConnectionId": peering}
    with refused("InvalidRoute.NotFound"):
        table.ec2.replace_route(**to_peer, DestinationCidrBlock=PEER_BLOCK)
    table.route(DestinationCidrBlock=PEER_BLOCK, GatewayId=gateway)
    table.ec2.replace_route(**to_peer, DestinationCidrBlock="192.168.1.1/16")
    eventually(lambda: table.id in found(table, "route.vpc-peering-connection-id", peering), expected=True)


def test_a_missing_route_is_not_deleted(table: Table) -> None:
    """EC2 API: DeleteRoute; EC2 API: errors-overview."""
    with refused("InvalidRoute.NotFound"):
        table.ec2.delete_route(RouteTableId=table.id, DestinationCidrBlock=PEER_BLOCK)


def test_a_prefix_list_counts_as_its_size_towards_the_routes_of_a_table(
    account: Account, table: Table, peering: str, make_prefix_list: Any
) -> None:
    """VPC Guide: amazon-vpc-limits; VPC Guide: managed-prefix-lists; EC2 API: errors-overview."""
    quotas = account.client("service-quotas")
    quota = int(quotas.get_service_quota(ServiceCode="vpc", QuotaCode=ROUTES_PER_TABLE)["Quota"]["Value"])
    table.to_peer(peering)
    with refused("RouteLimitExceeded"):
        table.route(DestinationPrefixListId=make_prefix_list(quota), VpcPeeringConnectionId=peering)
    table.ec2.delete_route(RouteTableId=table.id, DestinationCidrBlock=PEER_BLOCK)
    table.route(DestinationPrefixListId=make_prefix_list(quota), VpcPeeringConnectionId=peering)
    with refused("RouteLimitExceeded"):
        table.to_peer(peering)


def test_the_quota_of_routes_counts_ipv4_and_ipv6_apart(
    account: Account, table: Table, peering: str, make_prefix_list: Any
) -> None:
    """VPC Guide: amazon-vpc-limits."""
    quotas = account.client("service-quotas")
    quota = int(quotas.get_service_quota(ServiceCode="vpc", QuotaCode=ROUTES_PER_TABLE)["Quota"]["Value"])
    table.route(DestinationPrefixListId=make_prefix_list(quota), VpcPeeringConnectionId=peering)
    table.route(DestinationIpv6CidrBlock="2001:db8::/56", VpcPeeringConnectionId=peering)
    assert "2001:db8::/56" in table.routes()


def found(table: Table, name: str, value: str) -> set[str]:
    """The ids of the route tables that a filter leaves."""
    tables = table.ec2.describe_route_tables(Filters=[{"Name": name, "Values": [value]}])["RouteTables"]
    return {each["RouteTableId"] for each in tables}


def test_tables_are_filtered_by_the_parts_of_their_routes(table: Table, peering: str, make_prefix_list: Any) -> None:
    """EC2 API: DescribeRouteTables."""
    prefix_list = make_prefix_list(1)
    table.to_peer(peering)
    table.route(DestinationIpv6CidrBlock="2001:db8::/56", VpcPeeringConnectionId=peering)
    table.route(DestinationPrefixListId=prefix_list, VpcPeeringConnectionId=peering)
    eventually(lambda: table.id in found(table, "route.state", "active"), expected=True)
    assert table.id not in found(table, "route.state", "blackhole")
    assert table.id in found(table, "route.destination-cidr-block", PEER_BLOCK)
    assert found(table, "route.destination-ipv6-cidr-block", "2001:db8::/56") == {table.id}
    assert found(table, "route.destination-prefix-list-id", prefix_list) == {table.id}
    assert table.id in found(table, "route.gateway-id", "local")
    assert found(table, "route.gateway-id", "vgw-0123456789abcdef0") == set()


def test_tables_are_filtered_by_being_the_main_one(vpc: Vpc, table: Table) -> None:
    """EC2 API: DescribeRouteTables."""
    main = vpc.only("describe_route_tables", "RouteTables", **{"association.main": "true"})
    assert main["RouteTableId"] != table.id
    assert main["Associations"][0]["Main"] is True


def test_an_unknown_filter_of_tables_is_refused(account: Account) -> None:
    """EC2 API: DescribeRouteTables; EC2 API: errors-overview."""
    with refused("InvalidParameterValue"):
        account.ec2.describe_route_tables(Filters=[{"Name": "route.colour", "Values": ["red"]}])


def test_tables_come_in_pages(requester: Vpc) -> None:
    """EC2 API: DescribeRouteTables; EC2 API: Query-Requests."""
    tables = {Table(requester).id for _ in range(6)}
    of_the_vpc = [{"Name": "vpc-id", "Values": [requester.id]}]

    def pages() -> Iterator[dict[str, Any]]:
        paginator = requester.ec2.get_paginator("describe_route_tables")
        yield from paginator.paginate(Filters=of_the_vpc, PaginationConfig={"PageSize": 5})

    eventually(lambda: [len(page["RouteTables"]) for page in pages()], [5, 2])
    assert {each["RouteTableId"] for page in pages() for each in page["RouteTables"]} > tables


def test_a_new_block_gets_a_local_route_in_every_table(requester: Vpc) -> None:
    """VPC Guide: vpc-cidr-blocks; VPC Guide: VPC_Route_Tables."""
    table = Table(requester)
    made = requester.ec2.associate_vpc_cidr_block(VpcId=requester.id, CidrBlock="10.1.0.0/16")
    of_the_vpc = [{"Name": "vpc-id", "Values": [requester.id]}]

    def local() -> list[set[str]]:
        tables = requester.ec2.describe_route_tables(Filters=of_the_vpc)["RouteTables"]
        return [{each["DestinationCidrBlock"] for each in one["Routes"] if each["GatewayId"] == "local"} for one in tables]

    eventually(local, [{"10.0.0.0/16", "10.1.0.0/16"}] * 2)
    requester.ec2.disassociate_vpc_cidr_block(AssociationId=made["CidrBlockAssociation"]["AssociationId"])
    eventually(lambda: set(table.routes()), {"10.0.0.0/16"})
    eventually(lambda: ipv4_blocks(requester), ["10.0.0.0/16"])


def test_a_route_of_a_template_obeys_too(table: Table, peering: str, account: Account, unique: Any) -> None:
    """CloudFormation Reference: aws-resource-ec2-route."""
    template = """
    Resources:
      ToThePeer:
        Type: AWS::EC2::Route
        Properties: {RouteTableId: %s, DestinationCidrBlock: 192.168.7.7/16, VpcPeeringConnectionId: %s}
    """
    account.client("cloudformation").create_stack(StackName=unique(), TemplateBody=template % (table.id, peering))
    eventually(lambda: table.routes().get(PEER_BLOCK), "active")
