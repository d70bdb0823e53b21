"""DryRun asks whether a call may be made, and makes nothing."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from tests.conformance.accounts import Account
from tests.conformance.ec2.networks import Vpc, make_vpc, request_peering
from tests.conformance.expecting import refused

EVERYTHING = {"CidrBlock": "0.0.0.0/0", "Protocol": "-1", "RuleAction": "allow"}
PERMISSION = {"IpPermissions": [{"IpProtocol": "-1", "IpRanges": [{"CidrIp": "10.9.0.0/16"}]}]}
OPTION = {"RequesterPeeringConnectionOptions": {"AllowDnsResolutionFromRemoteVpc": True}}


@dataclass(frozen=True)
class Things:
    """One of everything that the calls below act on, by its id."""

    vpc: str
    peer: str
    active: str
    pending: str
    table: str
    group: str
    acl: str

    @property
    def route(self) -> dict[str, str]:
        return {"RouteTableId": self.table, "DestinationCidrBlock": "192.168.0.0/16"}

    @property
    def entry(self) -> dict[str, Any]:
        return {"NetworkAclId": self.acl, "RuleNumber": 100, "Egress": False}

    @property
    def tag(self) -> dict[str, Any]:
        return {"Resources": [self.active], "Tags": [{"Key": "Owner", "Value": "payments"}]}


@pytest.fixture(scope="module")
def things(vpc: Vpc, peer_vpc: Vpc, peering: str, peer: Account, unique: Callable[[], str]) -> Things:
    return Things(
        vpc=vpc.id,
        peer=peer_vpc.id,
        active=peering,
        pending=request_peering(make_vpc(peer, "10.7.0.0/16"), vpc),
        table=vpc.ec2.create_route_table(VpcId=vpc.id)["RouteTable"]["RouteTableId"],
        group=vpc.ec2.create_security_group(GroupName=unique(), Description="app", VpcId=vpc.id)["GroupId"],
        acl=vpc.ec2.create_network_acl(VpcId=vpc.id)["NetworkAcl"]["NetworkAclId"],
    )


CALLS: dict[str, Callable[[Things], dict[str, Any]]] = {
    "create_vpc_peering_connection": lambda it: {"VpcId": it.vpc, "PeerVpcId": it.peer},
    "accept_vpc_peering_connection": lambda it: {"VpcPeeringConnectionId": it.pending},
    "reject_vpc_peering_connection": lambda it: {"VpcPeeringConnectionId": it.pending},
    "delete_vpc_peering_connection": lambda it: {"VpcPeeringConnectionId": it.active},
    "modify_vpc_peering_connection_options": lambda it: {"VpcPeeringConnectionId": it.active} | OPTION,
    "create_route": lambda it: it.route | {"VpcPeeringConnectionId": it.active},
    "replace_route": lambda it: it.route | {"VpcPeeringConnectionId": it.active},
    "delete_route": lambda it: it.route,
    "create_route_table": lambda it: {"VpcId": it.vpc},
    "authorize_security_group_ingress": lambda it: {"GroupId": it.group} | PERMISSION,
    "authorize_security_group_egress": lambda it: {"GroupId": it.group} | PERMISSION,
    "revoke_security_group_ingress": lambda it: {"GroupId": it.group} | PERMISSION,
    "revoke_security_group_egress": lambda it: {"GroupId": it.group} | PERMISSION,
    "create_network_acl_entry": lambda it: it.entry | EVERYTHING,
    "replace_network_acl_entry": lambda it: it.entry | EVERYTHING,
    "delete_network_acl_entry": lambda it: it.entry,
    "create_tags": lambda it: it.tag,
    "delete_tags": lambda it: it.tag,
}


def seen(vpc: Vpc, things: Things) -> list[Any]:
    """All that the calls could change."""
    of_the_vpc = {"Filters": [{"Name": "vpc-id", "Values": [vpc.id]}]}
    both = [things.active, things.pending]
    return [
        vpc.ec2.describe_vpc_peering_connections(VpcPeeringConnectionIds=both)["VpcPeeringConnections"],
        vpc.ec2.describe_route_tables(**of_the_vpc)["RouteTables"],
        vpc.ec2.describe_security_groups(**of_the_vpc)["SecurityGroups"],
        vpc.ec2.describe_network_acls(**of_the_vpc)["NetworkAcls"],
    ]


@pytest.mark.parametrize("name", CALLS)
def test_a_dry_run_changes_nothing(vpc: Vpc, things: Things, name: str) -> None:
    """EC2 API: CommonParameters; EC2 API: errors-overview."""
    before = seen(vpc, things)
    with refused("DryRunOperation"):
        getattr(vpc.ec2, name)(DryRun=True, **CALLS[name](things))
    assert seen(vpc, things) == before
