"""DryRun performs nothing."""

from collections.abc import Callable
from typing import Any

import pytest

TEST, PRODUCTION = "111111111111", "222222222222"
EVERYWHERE = {"CidrBlock": "0.0.0.0/0", "Protocol": "-1", "RuleAction": "allow"}
PERMISSION = {"IpPermissions": [{"IpProtocol": "-1", "IpRanges": [{"CidrIp": "10.9.0.0/16"}]}]}


class Things:
    """One of everything that the calls below act on."""

    def __init__(self, world: Any) -> None:
        ec2 = world.ec2()
        self.vpc = world.vpc("10.0.0.0/16")
        self.peer = world.vpc("192.168.0.0/16", account=PRODUCTION)
        self.active = world.peer(self.vpc, self.peer)
        self.pending = world.request(world.vpc("10.7.0.0/16", account=PRODUCTION), self.vpc, owner=TEST, account=PRODUCTION)
        self.table = ec2.create_route_table(VpcId=self.vpc)["RouteTable"]["RouteTableId"]
        self.group = ec2.create_security_group(GroupName="app", Description="app", VpcId=self.vpc)["GroupId"]
        self.acl = ec2.create_network_acl(VpcId=self.vpc)["NetworkAcl"]["NetworkAclId"]
        self.route = {"RouteTableId": self.table, "DestinationCidrBlock": "192.168.0.0/16"}
        self.to_peer = {**self.route, "VpcPeeringConnectionId": self.active}
        self.entry = {"NetworkAclId": self.acl, "RuleNumber": 100, "Egress": False}
        self.option = {"RequesterPeeringConnectionOptions": {"AllowDnsResolutionFromRemoteVpc": True}}
        subnet = ec2.create_subnet(VpcId=self.vpc, CidrBlock="10.0.0.0/24")["Subnet"]["SubnetId"]
        made = [ec2.create_network_interface(SubnetId=subnet)["NetworkInterface"] for _ in range(2)]
        self.ends = dict(zip(("Source", "Destination"), (each["NetworkInterfaceId"] for each in made), strict=True))
        path = ec2.create_network_insights_path(**self.ends, Protocol="tcp")["NetworkInsightsPath"]
        self.path = {"NetworkInsightsPathId": path["NetworkInsightsPathId"]}
        analysis = ec2.start_network_insights_analysis(**self.path)["NetworkInsightsAnalysis"]
        self.analysis = {"NetworkInsightsAnalysisId": analysis["NetworkInsightsAnalysisId"]}
        self.tag = {"Resources": [self.active], "Tags": [{"Key": "Owner", "Value": "payments"}]}


CALLS: dict[str, Callable[[Things], dict[str, Any]]] = {
    "create_vpc_peering_connection": lambda it: {"VpcId": it.vpc, "PeerVpcId": it.peer},
    "accept_vpc_peering_connection": lambda it: {"VpcPeeringConnectionId": it.pending},
    "reject_vpc_peering_connection": lambda it: {"VpcPeeringConnectionId": it.pending},
    "delete_vpc_peering_connection": lambda it: {"VpcPeeringConnectionId": it.active},
    "modify_vpc_peering_connection_options": lambda it: {"VpcPeeringConnectionId": it.active} | it.option,
    "create_route": lambda it: it.to_peer,
    "replace_route": lambda it: it.to_peer,
    "delete_route": lambda it: it.route,
    "create_route_table": lambda it: {"VpcId": it.vpc},
    "authorize_security_group_ingress": lambda it: {"GroupId": it.group} | PERMISSION,
    "authorize_security_group_egress": lambda it: {"GroupId": it.group} | PERMISSION,
    "revoke_security_group_ingress": lambda it: {"GroupId": it.group} | PERMISSION,
    "revoke_security_group_egress": lambda it: {"GroupId": it.group} | PERMISSION,
    "create_network_acl_entry": lambda it: it.entry | EVERYWHERE,
    "replace_network_acl_entry": lambda it: it.entry | EVERYWHERE,
    "delete_network_acl_entry": lambda it: it.entry,
    "create_network_insights_path": lambda it: it.ends | {"Protocol": "udp"},
    "delete_network_insights_path": lambda it: it.path,
    "start_network_insights_analysis": lambda it: it.path,
    "delete_network_insights_analysis": lambda it: it.analysis,
    "create_tags": lambda it: it.tag,
    "delete_tags": lambda it: it.tag,
}


def test_a_dry_run_performs_nothing(world: Any, refused: Any) -> None:
    things, ec2 = Things(world), world.ec2()

    def everything() -> list[Any]:
        answers = (
            ec2.describe_vpc_peering_connections(),
            ec2.describe_route_tables(),
            ec2.describe_security_group_rules(),
            ec2.describe_network_acls(),
            ec2.describe_network_insights_paths(),
            ec2.describe_network_insights_analyses(),
        )
        return [{key: value for key, value in each.items() if key != "ResponseMetadata"} for each in answers]

    before = everything()
    for name, parameters in CALLS.items():
        with refused("DryRunOperation"):
            getattr(ec2, name)(DryRun=True, **parameters(things))
    assert everything() == before


@pytest.mark.parametrize("name", ["create_tags", "create_route"])
def test_without_dry_run_the_same_call_works(world: Any, name: str) -> None:
    things = Things(world)
    getattr(world.ec2(), name)(DryRun=False, **CALLS[name](things))
