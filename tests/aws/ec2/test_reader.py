from collections import Counter

import pytest
from moto.ec2.models import ec2_backends
from moto.ec2.models.vpcs import VPC
from msgspec.structs import replace

from causeway.aws.ec2.reader import Reader
from causeway.domain.model.errors import ResourceNotFound, Throttled
from causeway.domain.model.findings import Code, Finding
from causeway.domain.model.network import Direction, PeeringStatus, Permission, SecurityGroup, Snapshot
from causeway.domain.model.prefix_lists import named
from causeway.domain.model.protocols import PortRange
from causeway.domain.model.request import Request, VpcRef
from causeway.domain.model.tags import REQUEST_ID_TAG
from causeway.domain.model.values import PerSide, Side
from tests.aws.conftest import EAST, PRODUCTION, TEST, WEST, World


@pytest.fixture
def reader(world: World) -> Reader:
    return Reader(world.sessions)


def snapshot(observed: Snapshot | Finding) -> Snapshot:
    assert isinstance(observed, Snapshot)
    return observed


def finding(observed: Snapshot | Finding) -> Finding:
    assert isinstance(observed, Finding)
    return observed


def test_both_sides_are_observed_in_their_accounts_and_regions(world: World, reader: Reader, request_of_both: Request) -> None:
    west = world.vpc("172.16.0.0/16", account=PRODUCTION, region=WEST)
    request = replace(request_of_both, accepter=west)

    observed = reader.observe_both(request)

    assert snapshot(observed.requester).vpc.ref == request.requester
    assert snapshot(observed.accepter).vpc.ref == west
    assert snapshot(observed.accepter).vpc.cidr_blocks == ("172.16.0.0/16",)
    assert (snapshot(observed.requester).side, snapshot(observed.accepter).side) == (Side.REQUESTER, Side.ACCEPTER)


def test_a_vpc_shows_its_secondary_and_ipv6_blocks(world: World, reader: Reader) -> None:
    vpc = world.vpc("10.0.0.0/16", ipv6=True)
    world.ec2(vpc).associate_vpc_cidr_block(VpcId=vpc.vpc_id, CidrBlock="10.1.0.0/16")

    seen = reader.observe(Side.REQUESTER, vpc, dns=False).vpc

    assert seen.cidr_blocks == ("10.0.0.0/16", "10.1.0.0/16")
    assert len(seen.ipv6_cidr_blocks) == 1


def test_the_dns_attributes_are_read_only_where_they_matter(world: World, reader: Reader, requester: VpcRef) -> None:
    with_dns = reader.observe(Side.REQUESTER, requester, dns=True)
    without = reader.observe(Side.REQUESTER, requester, dns=False)

    assert (with_dns.vpc.dns_support, with_dns.vpc.dns_hostnames) == (True, False)
    assert (without.vpc.dns_support, without.vpc.dns_hostnames) == (None, None)
    assert Counter(world.calls)["DescribeVpcAttribute"] == 2


def test_only_what_is_in_the_vpc_is_in_its_snapshot(world: World, reader: Reader, requester: VpcRef) -> None:
    other = world.vpc("10.99.0.0/16")
    world.route_tables(other, 1)
    ec2 = world.ec2(requester)
    ours = world.route_tables(requester, 1)[0]
    subnet = ec2.create_subnet(VpcId=requester.vpc_id, CidrBlock="10.0.1.0/24")["Subnet"]["SubnetId"]
    ec2.associate_route_table(RouteTableId=ours, SubnetId=subnet)
    group = world.security_group(requester, "app")
    interface = ec2.create_network_interface(SubnetId=subnet, Groups=[group], PrivateIpAddress="10.0.1.7")["NetworkInterface"]

    seen = reader.observe(Side.REQUESTER, requester, dns=False)

    assert [(table.main, table.subnet_ids) for table in seen.route_tables] == [(True, ()), (False, (subnet,))]
    assert {each.name for each in seen.security_groups} == {"default", "app"}
    assert [each.subnet_id for each in seen.subnets] == [subnet]
    assert [(each.default, each.subnet_ids) for each in seen.network_acls] == [(True, (subnet,))]
    assert {entry.number for entry in seen.network_acls[0].entries} == {100, 32767}
    (eni,) = seen.network_interfaces
    assert (eni.network_interface_id, eni.addresses) == (interface["NetworkInterfaceId"], ("10.0.1.7",))
    assert eni.security_group_ids == (group,)


def test_only_documented_filters_and_values_are_used(world: World, reader: Reader, request_of_both: Request) -> None:
    reader.observe_both(request_of_both, quotas=True)

    assert world.undocumented_filters == []


@pytest.fixture
def home(world: World) -> VpcRef:
    """Another VPC of the requester's account and region."""
    return world.vpc("10.99.0.0/16")


def associated(world: World, home: VpcRef, vpc: VpcRef, name: str = "shared") -> str:
    """A group of the other VPC, which interfaces of this one may carry."""
    group = world.security_group(home, name)
    world.ec2(home).associate_security_group_vpc(GroupId=group, VpcId=vpc.vpc_id)
    return group


def groups_seen(observed: Snapshot) -> dict[str, SecurityGroup]:
    return {each.security_group_id: each for each in observed.security_groups}


def test_groups_of_another_vpc_are_read_with_their_rules_where_associated(
    world: World, reader: Reader, requester: VpcRef, home: VpcRef
) -> None:
    shared, other = associated(world, home, requester), world.security_group(home, "other")
    ssh = {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "IpRanges": [{"CidrIp": "10.9.0.0/16"}]}
    tags = [{"ResourceType": "security-group-rule", "Tags": [{"Key": REQUEST_ID_TAG, "Value": "one"}]}]
    world.ec2(home).authorize_security_group_ingress(GroupId=shared, IpPermissions=[ssh], TagSpecifications=tags)

    seen = reader.observe(Side.REQUESTER, requester, dns=False)

    assert other not in groups_seen(seen)
    group = groups_seen(seen)[shared]
    assert (group.home_vpc_id, group.owner_id, group.is_ours) == (home.vpc_id, None, True)
    assert "10.9.0.0/16" in {rule.peer for rule in group.permissions}
    assert [rule.security_group_id for rule in seen.owned_rules] == [shared]


def test_a_group_that_an_interface_carries_is_read_where_associations_may_not_be(
    world: World, reader: Reader, requester: VpcRef, home: VpcRef
) -> None:
    carried, unused = (associated(world, home, requester, name) for name in ("carried", "unused"))
    ec2 = world.ec2(requester)
    subnet = ec2.create_subnet(VpcId=requester.vpc_id, CidrBlock="10.0.1.0/24")["Subnet"]["SubnetId"]
    ec2.create_network_interface(SubnetId=subnet, Groups=[carried])
    world.deny("ec2", "DescribeSecurityGroupVpcAssociations", about=requester.vpc_id, code="UnauthorizedOperation")

    seen = groups_seen(reader.observe(Side.REQUESTER, requester, dns=False))

    assert (carried in seen, unused in seen) == (True, False)


def test_groups_of_other_vpcs_cost_one_call_however_many_they_are(
    world: World, reader: Reader, requester: VpcRef, home: VpcRef
) -> None:
    reader.observe(Side.REQUESTER, requester, dns=False)
    without = Counter(world.calls)
    for number in range(7):
        associated(world, home, requester, f"shared-{number}")
    world.calls.clear()

    reader.observe(Side.REQUESTER, requester, dns=False)

    assert Counter(world.calls) - without == Counter({"DescribeSecurityGroups": 1})


def test_the_rules_that_carry_the_tag_are_told_apart(world: World, reader: Reader, requester: VpcRef) -> None:
    other = world.vpc("10.99.0.0/16")
    ssh = {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22}
    for vpc, tags in ((requester, [{"Key": REQUEST_ID_TAG, "Value": "one"}]), (requester, []), (other, [])):
        group = world.security_group(vpc, f"app-{len(tags)}")
        world.ec2(vpc).authorize_security_group_ingress(
            GroupId=group,
            IpPermissions=[{**ssh, "IpRanges": [{"CidrIp": "10.9.0.0/16"}]}],
            TagSpecifications=[{"ResourceType": "security-group-rule", "Tags": tags}] if tags else [],
        )

    (rule,) = reader.observe(Side.REQUESTER, requester, dns=False).owned_rules

    assert rule.request_id == "one"
    assert rule.permission == Permission(
        direction=Direction.INGRESS, protocol="tcp", ports=PortRange(first=22, last=22), peer="10.9.0.0/16"
    )


def test_live_connections_in_either_direction_are_seen_and_dead_ones_are_not(world: World, reader: Reader) -> None:
    vpc, east, west, gone = (
        world.vpc("10.0.0.0/16"),
        world.vpc("10.1.0.0/16", account=PRODUCTION),
        world.vpc("10.2.0.0/16", account=PRODUCTION, region=WEST),
        world.vpc("10.3.0.0/16"),
    )
    asked, accepted, deleted = world.request_peering(vpc, east), world.peer(west, vpc), world.peer(vpc, gone)
    world.ec2(vpc).delete_vpc_peering_connection(VpcPeeringConnectionId=deleted)

    seen = {each.connection_id: each for each in reader.observe(Side.REQUESTER, vpc, dns=False).peering_connections}

    assert seen.keys() == {asked, accepted}
    assert seen[asked].status is PeeringStatus.PENDING_ACCEPTANCE
    assert seen[accepted].status is PeeringStatus.ACTIVE
    assert seen[accepted].cidr_blocks == PerSide(requester=("10.2.0.0/16",), accepter=("10.0.0.0/16",))


def test_the_number_of_calls_does_not_grow_with_the_network(world: World, reader: Reader, request_of_both: Request) -> None:
    reader.observe_both(request_of_both)
    small = Counter(world.calls) - Counter(["AssumeRole", "AssumeRole"])
    world.calls.clear()
    for vpc in (request_of_both.requester, request_of_both.accepter):
        world.route_tables(vpc, 90)
        for number in range(30):
            world.security_group(vpc, f"app-{number}")

    observed = reader.observe_both(request_of_both)

    assert len(snapshot(observed.requester).route_tables) == 91
    assert len(snapshot(observed.accepter).security_groups) == 31
    assert Counter(world.calls) == small
    assert small.total() == 2 * 10


def test_the_prefix_lists_that_routes_and_rules_name_are_read(world: World, reader: Reader, requester: VpcRef) -> None:
    ec2 = world.ec2(requester)
    routed, _ = (prefix_list(world, requester, name, "10.9.0.0/16") for name in ("branches", "others"))
    allowed = prefix_list(world, requester, "offices", "10.9.0.0/16", max_entries=10)
    route_to(world, requester, routed)
    allow_prefix_list(world, requester, allowed)
    ec2.modify_managed_prefix_list(PrefixListId=allowed, AddEntries=[{"Cidr": "10.8.0.0/16"}], CurrentVersion=1)

    lists = {each.name: each for each in reader.observe(Side.REQUESTER, requester, dns=False).prefix_lists}

    assert lists.keys() == {"branches", "offices"}
    assert (lists["branches"].prefix_list_id, lists["branches"].cidr_blocks) == (routed, ("10.9.0.0/16",))
    assert (lists["offices"].prefix_list_id, lists["offices"].cidr_blocks) == (allowed, ("10.9.0.0/16", "10.8.0.0/16"))
    assert (lists["offices"].family, lists["offices"].max_entries) == (4, 10)
    calls = Counter(world.calls)
    assert (calls["DescribeManagedPrefixLists"], calls["GetManagedPrefixListEntries"]) == (1, 2)


def test_more_entries_than_a_page_holds_are_all_seen(world: World, reader: Reader, requester: VpcRef) -> None:
    listed = prefix_list(world, requester, "offices", *(f"10.9.{number}.0/24" for number in range(100)))
    more = [{"Cidr": f"10.8.{number}.0/24"} for number in range(20)]
    world.ec2(requester).modify_managed_prefix_list(PrefixListId=listed, AddEntries=more, CurrentVersion=1)
    route_to(world, requester, listed)

    (seen,) = reader.observe(Side.REQUESTER, requester, dns=False).prefix_lists

    assert seen.cidr_blocks is not None
    assert len(seen.cidr_blocks) == 120
    assert Counter(world.calls)["GetManagedPrefixListEntries"] == 2


def test_aws_own_prefix_lists_are_read_too(world: World, reader: Reader, requester: VpcRef) -> None:
    """An S3 gateway endpoint has its route by one."""
    ec2 = world.ec2(requester)
    ec2.create_vpc_endpoint(
        VpcId=requester.vpc_id, ServiceName="com.amazonaws.us-east-1.s3", RouteTableIds=world.route_tables(requester, 1)
    )

    (seen,) = reader.observe(Side.REQUESTER, requester, dns=False).prefix_lists

    assert (seen.name, seen.max_entries) == ("com.amazonaws.us-east-1.s3", 1)
    assert seen.cidr_blocks


def test_a_prefix_list_that_another_account_shares_is_read(
    world: World, reader: Reader, requester: VpcRef, accepter: VpcRef, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The owner shares it by AWS RAM, which the embedded AWS does not have: here both accounts have the same list."""
    shared = prefix_list(world, accepter, "offices", "10.9.0.0/16")
    of_owner, of_consumer = (ec2_backends[vpc.account_id][vpc.region].managed_prefix_lists for vpc in (accepter, requester))
    monkeypatch.setitem(of_consumer, shared, of_owner[shared])
    route_to(world, requester, shared)

    (seen,) = reader.observe(Side.REQUESTER, requester, dns=False).prefix_lists

    assert (seen.prefix_list_id, seen.name, seen.cidr_blocks) == (shared, "offices", ("10.9.0.0/16",))


@pytest.mark.parametrize(
    ("denied", "left"),
    [
        (("DescribeManagedPrefixLists", ""), []),
        (("GetManagedPrefixListEntries", ""), [("branches", None), ("offices", None)]),
        (("GetManagedPrefixListEntries", "branches"), [("branches", None), ("offices", ("10.9.0.0/16",))]),
    ],
)
def test_an_unreadable_prefix_list_is_unknown_and_the_side_is_still_read(
    world: World, reader: Reader, requester: VpcRef, denied: tuple[str, str], left: list[tuple[str, object]]
) -> None:
    ids = {name: prefix_list(world, requester, name, "10.9.0.0/16") for name in ("branches", "offices")}
    for each in ids.values():
        route_to(world, requester, each)
    operation, name = denied
    world.deny("ec2", operation, about=ids.get(name, ""))

    seen = reader.observe(Side.REQUESTER, requester, dns=False)

    assert sorted((each.name, each.cidr_blocks) for each in seen.prefix_lists) == left
    assert named(seen) == set(ids.values())


def test_a_prefix_list_that_is_not_visible_is_unknown(
    world: World, reader: Reader, requester: VpcRef, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that is no longer shared with the account: what names it still does."""
    listed = prefix_list(world, requester, "offices", "10.9.0.0/16")
    route_to(world, requester, listed)
    monkeypatch.delitem(ec2_backends[requester.account_id][requester.region].managed_prefix_lists, listed)

    seen = reader.observe(Side.REQUESTER, requester, dns=False)

    assert seen.prefix_lists == ()
    assert named(seen) == {listed}


def prefix_list(world: World, vpc: VpcRef, name: str, *blocks: str, max_entries: int = 120) -> str:
    made = world.ec2(vpc).create_managed_prefix_list(
        PrefixListName=name, MaxEntries=max_entries, AddressFamily="IPv4", Entries=[{"Cidr": block} for block in blocks]
    )
    prefix_list_id: str = made["PrefixList"]["PrefixListId"]
    return prefix_list_id


def route_to(world: World, vpc: VpcRef, prefix_list_id: str) -> None:
    ec2 = world.ec2(vpc)
    gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    ec2.create_route(RouteTableId=world.route_tables(vpc, 1)[0], DestinationPrefixListId=prefix_list_id, GatewayId=gateway)


def allow_prefix_list(world: World, vpc: VpcRef, prefix_list_id: str) -> None:
    rule = {"IpProtocol": "-1", "PrefixListIds": [{"PrefixListId": prefix_list_id}]}
    world.ec2(vpc).authorize_security_group_ingress(GroupId=world.security_group(vpc, "app"), IpPermissions=[rule])


def test_more_route_tables_than_a_page_holds_are_all_seen(world: World, reader: Reader, requester: VpcRef) -> None:
    world.route_tables(requester, 120)

    assert len(reader.observe(Side.REQUESTER, requester, dns=False).route_tables) == 121
    assert Counter(world.calls)["DescribeRouteTables"] == 2


def test_an_unreadable_side_is_a_finding_and_the_other_is_still_observed(
    world: World, reader: Reader, request_of_both: Request
) -> None:
    missing = VpcRef(account_id=TEST, region=EAST, vpc_id="vpc-0123456789abcdef0")
    request = replace(request_of_both, requester=missing)

    observed = reader.observe_both(request)

    assert (finding(observed.requester).code, finding(observed.requester).side) == (Code.VPC_NOT_FOUND, Side.REQUESTER)
    assert snapshot(observed.accepter).vpc.ref == request.accepter


def test_an_account_whose_role_cannot_be_assumed_is_a_finding(world: World, reader: Reader, request_of_both: Request) -> None:
    world.deny("sts", "AssumeRole", about=PRODUCTION)

    observed = reader.observe_both(request_of_both)

    denied = finding(observed.accepter)
    assert (denied.code, denied.where, denied.side) == (Code.ACCOUNT_NOT_REACHABLE, PRODUCTION, Side.ACCEPTER)
    assert "AssumeRole on arn:aws:iam::222222222222:role/causeway-read" in denied.message
    assert denied.blocking
    assert isinstance(observed.requester, Snapshot)


def test_a_vpc_in_another_partition_is_a_finding_and_nobody_asks_there(
    world: World, reader: Reader, request_of_both: Request
) -> None:
    isolated = replace(request_of_both.accepter, region="us-gov-west-1")

    observed = reader.observe_both(replace(request_of_both, accepter=isolated))

    found = finding(observed.accepter)
    assert (found.code, found.side, found.where, found.blocking) == (Code.OTHER_PARTITION, Side.ACCEPTER, str(isolated), True)
    assert "the partition aws-us-gov, and Causeway runs in aws." in found.message
    assert isinstance(observed.requester, Snapshot)
    assert world.calls.count("AssumeRole") == 1


def test_a_role_that_may_not_read_all_there_is_to_read_is_a_finding(
    world: World, reader: Reader, request_of_both: Request
) -> None:
    world.deny("ec2", "DescribeNetworkAcls", about=request_of_both.accepter.vpc_id)

    denied = finding(reader.observe_both(request_of_both).accepter)

    assert denied.code is Code.ACCOUNT_NOT_REACHABLE
    assert "DescribeNetworkAcls" in denied.message


def test_a_throttled_call_is_no_finding(
    reader: Reader, world: World, request_of_both: Request, monkeypatch: pytest.MonkeyPatch
) -> None:
    def throttled(vpc: VpcRef, access: object) -> object:
        raise Throttled("RequestLimitExceeded: no.", where=str(vpc), remedy="Wait.")

    monkeypatch.setattr(world.sessions, "ec2", throttled)

    with pytest.raises(Throttled):
        reader.observe_both(request_of_both)


def test_a_vpc_is_looked_for_in_its_own_region(world: World, reader: Reader, requester: VpcRef) -> None:
    with pytest.raises(ResourceNotFound, match=r"InvalidVpcID.NotFound.*DescribeVpcs on vpc-.*us-west-2"):
        reader.observe(Side.REQUESTER, replace(requester, region=WEST), dns=False)


def test_a_shared_vpc_is_not_the_participants_to_peer(
    reader: Reader, requester: VpcRef, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(VPC, "owner_id", PRODUCTION)

    with pytest.raises(ResourceNotFound, match=f"belongs to {PRODUCTION}"):
        reader.observe(Side.REQUESTER, requester, dns=False)


def test_a_connection_is_seen_from_either_side_but_not_from_elsewhere(
    world: World, reader: Reader, requester: VpcRef, accepter: VpcRef
) -> None:
    connection_id = world.peer(requester, accepter)
    elsewhere = replace(requester, region=WEST)

    for vpc in (requester, accepter):
        connection = reader.peering(vpc, connection_id)
        assert connection is not None
        assert (connection.requester, connection.accepter) == (requester, accepter)
    assert reader.peering(elsewhere, connection_id) is None


def test_what_the_request_excludes_is_not_in_its_snapshots(world: World, reader: Reader, request_of_both: Request) -> None:
    requester = request_of_both.requester
    ec2 = world.ec2(requester)
    ec2.associate_vpc_cidr_block(VpcId=requester.vpc_id, CidrBlock="100.64.0.0/20")
    ec2.create_subnet(VpcId=requester.vpc_id, CidrBlock="100.64.1.0/24")

    whole = snapshot(reader.observe_both(request_of_both).requester)
    seen = snapshot(reader.observe_both(replace(request_of_both, excluded_cidr_blocks=("100.64.0.0/10",))).requester)

    assert (whole.vpc.cidr_blocks, len(whole.subnets)) == (("10.0.0.0/16", "100.64.0.0/20"), 1)
    assert (seen.vpc.cidr_blocks, seen.vpc.excluded_cidr_blocks, seen.subnets) == (("10.0.0.0/16",), ("100.64.0.0/20",), ())
