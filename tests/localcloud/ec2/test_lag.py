"""Lag: a describe may answer as of some calls ago, whoever asks, of whatever kind."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from localcloud.ec2 import lag
from localcloud.ec2.lag import Lag

TEST, PRODUCTION = "111111111111", "222222222222"
CALLS = 6
SSH = [{"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "IpRanges": [{"CidrIp": "10.9.0.0/16"}]}]
ENTRY = {"RuleNumber": 7, "Egress": False, "Protocol": "-1", "RuleAction": "allow", "CidrBlock": "10.9.0.0/16"}


class Things:
    """What the calls below are about."""

    def __init__(self, world: Any) -> None:
        self.ec2, self.vpc = world.ec2(), world.vpc("10.0.0.0/16")
        self.peer = world.vpc("10.1.0.0/16", account=PRODUCTION)
        self.pcx = world.peer(self.vpc, self.peer)
        self.table = self.ec2.create_route_table(VpcId=self.vpc)["RouteTable"]["RouteTableId"]
        self.group = self.ec2.create_security_group(GroupName="app", Description="app", VpcId=self.vpc)["GroupId"]
        self.acl = self.ec2.create_network_acl(VpcId=self.vpc)["NetworkAcl"]["NetworkAclId"]
        self.subnet = self.ec2.create_subnet(VpcId=self.vpc, CidrBlock="10.0.0.0/24")["Subnet"]["SubnetId"]
        made = self.ec2.create_managed_prefix_list(PrefixListName="p", MaxEntries=2, AddressFamily="IPv4")
        self.prefix_list = made["PrefixList"]["PrefixListId"]

    def only(self, call: str, key: str, **by: str) -> Any:
        filters = [{"Name": name.replace("_", "-"), "Values": [value]} for name, value in by.items()]
        return getattr(self.ec2, call)(Filters=filters)[key]


KINDS: dict[str, tuple[Callable[[Things], object], Callable[[Things], object]]] = {
    "a VPC's DNS": (
        lambda it: it.ec2.modify_vpc_attribute(VpcId=it.vpc, EnableDnsHostnames={"Value": True}),
        lambda it: it.ec2.describe_vpc_attribute(VpcId=it.vpc, Attribute="enableDnsHostnames")["EnableDnsHostnames"],
    ),
    "CIDR blocks": (
        lambda it: it.ec2.associate_vpc_cidr_block(VpcId=it.vpc, CidrBlock="10.2.0.0/16"),
        lambda it: it.only("describe_vpcs", "Vpcs", vpc_id=it.vpc)[0]["CidrBlockAssociationSet"],
    ),
    "subnets": (
        lambda it: it.ec2.create_subnet(VpcId=it.vpc, CidrBlock="10.0.1.0/24"),
        lambda it: it.only("describe_subnets", "Subnets", vpc_id=it.vpc),
    ),
    "routes": (
        lambda it: it.ec2.create_route(
            RouteTableId=it.table, DestinationCidrBlock="10.1.0.0/16", VpcPeeringConnectionId=it.pcx
        ),
        lambda it: it.ec2.describe_route_tables(RouteTableIds=[it.table])["RouteTables"][0]["Routes"],
    ),
    "groups": (
        lambda it: it.ec2.authorize_security_group_ingress(GroupId=it.group, IpPermissions=SSH),
        lambda it: it.ec2.describe_security_groups(GroupIds=[it.group])["SecurityGroups"][0]["IpPermissions"],
    ),
    "rules": (
        lambda it: it.ec2.authorize_security_group_ingress(GroupId=it.group, IpPermissions=SSH),
        lambda it: it.only("describe_security_group_rules", "SecurityGroupRules", group_id=it.group),
    ),
    "ACL entries": (
        lambda it: it.ec2.create_network_acl_entry(NetworkAclId=it.acl, **ENTRY),
        lambda it: it.ec2.describe_network_acls(NetworkAclIds=[it.acl])["NetworkAcls"][0]["Entries"],
    ),
    "interfaces": (
        lambda it: it.ec2.create_network_interface(SubnetId=it.subnet),
        lambda it: it.only("describe_network_interfaces", "NetworkInterfaces", vpc_id=it.vpc),
    ),
    "prefix lists": (
        lambda it: it.ec2.modify_managed_prefix_list(
            PrefixListId=it.prefix_list, CurrentVersion=1, AddEntries=[{"Cidr": "10.9.0.0/16"}]
        ),
        lambda it: it.ec2.get_managed_prefix_list_entries(PrefixListId=it.prefix_list)["Entries"],
    ),
    "tags": (
        lambda it: it.ec2.create_tags(Resources=[it.vpc], Tags=[{"Key": "Owner", "Value": "payments"}]),
        lambda it: it.only("describe_tags", "Tags", resource_id=it.vpc),
    ),
    "deletions of connections": (
        lambda it: it.ec2.delete_vpc_peering_connection(VpcPeeringConnectionId=it.pcx),
        lambda it: it.only("describe_vpc_peering_connections", "VpcPeeringConnections", status_code="active"),
    ),
}
"""What is written, and how it is seen."""


@pytest.fixture(autouse=True)
def without_lag_afterwards() -> Iterator[None]:
    yield
    lag.configure(Lag())


@pytest.mark.parametrize("kind", KINDS)
def test_a_describe_may_answer_as_of_some_calls_ago(world: Any, kind: str) -> None:
    things, (write, see) = Things(world), KINDS[kind]
    before = see(things)
    lag.configure(Lag(calls=CALLS))
    write(things)
    seen = [see(things) for _ in range(2 * CALLS)]
    lag.configure(Lag())
    after = see(things)
    assert before != after
    assert all(each in (before, after) for each in seen)
    assert before in seen[:CALLS]
    assert seen[CALLS:] == [after] * CALLS


def test_what_is_new_may_not_be_found_by_its_id_and_what_is_gone_may_be(world: Any) -> None:
    things = Things(world)
    lag.configure(Lag(calls=CALLS))
    subnet = things.ec2.create_subnet(VpcId=things.vpc, CidrBlock="10.0.1.0/24")["Subnet"]["SubnetId"]
    assert found(things, subnet) == {True, False}
    things.ec2.delete_subnet(SubnetId=subnet)
    assert found(things, subnet) == {True, False}


def found(things: Things, subnet: str) -> set[bool]:
    """Whether a subnet is found by its id, in some looks."""

    def look() -> bool:
        try:
            return bool(things.ec2.describe_subnets(SubnetIds=[subnet])["Subnets"])
        except ClientError as error:
            if error.response["Error"]["Code"] != "InvalidSubnetID.NotFound":
                raise
            return False

    return {look() for _ in range(2 * CALLS)}


def test_a_write_acts_on_what_is_there_now(world: Any, refused: Any) -> None:
    things = Things(world)
    lag.configure(Lag(calls=1000))
    group = things.ec2.create_security_group(GroupName="new", Description="new", VpcId=things.vpc)["GroupId"]
    things.ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=SSH)
    with refused("InvalidPermission.Duplicate"):
        things.ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=SSH)


def test_a_write_on_one_side_of_a_connection_is_seen_later_on_the_other(world: Any) -> None:
    things, accepter = Things(world), world.ec2(PRODUCTION)
    lag.configure(Lag(calls=CALLS))
    things.ec2.delete_vpc_peering_connection(VpcPeeringConnectionId=things.pcx)

    def status() -> str:
        code: str = accepter.describe_vpc_peering_connections()["VpcPeeringConnections"][0]["Status"]["Code"]
        return code

    seen = [status() for _ in range(2 * CALLS)]
    assert "active" in seen[:CALLS]
    assert set(seen[CALLS:]) == {"deleting"}


def test_each_caller_is_behind_by_as_much_as_it_draws_and_a_seed_repeats_it(world: Any) -> None:
    def drawn(role: str, seed: int) -> list[int]:
        things = Things(world)
        reader = world.client("ec2", TEST, "us-east-1", role)
        lag.configure(Lag(calls=CALLS, seed=seed))
        things.ec2.create_tags(Resources=[things.vpc], Tags=[{"Key": "Owner", "Value": "payments"}])
        of_the_vpc = [{"Name": "resource-id", "Values": [things.vpc]}]
        seen = [len(reader.describe_tags(Filters=of_the_vpc)["Tags"]) for _ in range(CALLS)]
        lag.configure(Lag())
        return seen

    one = [drawn("one", seed) for seed in range(4)]
    assert one == [drawn("one", seed) for seed in range(4)]
    assert one != [drawn("other", seed) for seed in range(4)]
    assert len({tuple(each) for each in one}) > 1


@pytest.mark.parametrize("rare", [Lag(calls=1000, probability=0.0), Lag(calls=1000, principal="reader-*")])
def test_a_lag_can_be_rare_or_somebodys(world: Any, rare: Lag) -> None:
    things = Things(world)
    lag.configure(rare)
    things.ec2.create_tags(Resources=[things.vpc], Tags=[{"Key": "Owner", "Value": "payments"}])
    assert len(things.only("describe_tags", "Tags", resource_id=things.vpc)) == 1
