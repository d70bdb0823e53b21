"""Reachability Analyzer: what it takes, and what it finds on the way there and back. On AWS each analysis costs."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from tests.conformance.accounts import Account
from tests.conformance.ec2.networks import Vpc
from tests.conformance.expecting import refused, until
from tests.conformance.policies import Roles, allow, outcome, permitted

pytestmark = pytest.mark.costs

EVERYTHING = {"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
MISSING_INTERFACE = "eni-0123456789abcdef0"


@dataclass(frozen=True)
class Side:
    """An interface in a VPC, with a group, an ACL and a table of its own that let everything through to the peer."""

    vpc: Vpc
    interface: str
    group: str
    acl: str
    table: str
    peer_block: str

    def without_group_rules(self, direction: str) -> None:
        revoke = getattr(self.vpc.ec2, f"revoke_security_group_{direction}")
        revoke(GroupId=self.group, IpPermissions=[EVERYTHING])

    def deny(self, *, egress: bool, first: int, last: int, number: int = 10, action: str = "deny") -> None:
        self.vpc.ec2.create_network_acl_entry(
            NetworkAclId=self.acl,
            RuleNumber=number,
            Protocol="6",
            RuleAction=action,
            Egress=egress,
            CidrBlock="0.0.0.0/0",
            PortRange={"From": first, "To": last},
        )

    def without_route(self) -> None:
        self.vpc.ec2.delete_route(RouteTableId=self.table, DestinationCidrBlock=self.peer_block)


@pytest.fixture
def make_side(peering: str, unique: Callable[[], str]) -> Callable[[Vpc, str, str], Side]:
    """Make a side in a subnet of its own whose table leads to the peer's block."""

    def make(vpc: Vpc, block: str, peer_block: str) -> Side:
        ec2 = vpc.ec2
        subnet = ec2.create_subnet(VpcId=vpc.id, CidrBlock=block)["Subnet"]["SubnetId"]
        table = ec2.create_route_table(VpcId=vpc.id)["RouteTable"]["RouteTableId"]
        ec2.associate_route_table(RouteTableId=table, SubnetId=subnet)
        ec2.create_route(RouteTableId=table, DestinationCidrBlock=peer_block, VpcPeeringConnectionId=peering)
        group = ec2.create_security_group(GroupName=unique(), Description="app", VpcId=vpc.id)["GroupId"]
        ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[EVERYTHING])
        interface = ec2.create_network_interface(SubnetId=subnet, Groups=[group])["NetworkInterface"]["NetworkInterfaceId"]
        return Side(vpc, interface, group, _own_acl(vpc, subnet), table, peer_block)

    return make


def _own_acl(vpc: Vpc, subnet: str) -> str:
    """A new ACL of the subnet that lets everything through."""
    acl: str = vpc.ec2.create_network_acl(VpcId=vpc.id)["NetworkAcl"]["NetworkAclId"]
    for egress in (False, True):
        entry = {"RuleNumber": 100, "Protocol": "-1", "RuleAction": "allow", "CidrBlock": "0.0.0.0/0"}
        vpc.ec2.create_network_acl_entry(NetworkAclId=acl, Egress=egress, **entry)
    default = vpc.only("describe_network_acls", "NetworkAcls", **{"association.subnet-id": subnet})
    (association,) = (each for each in default["Associations"] if each["SubnetId"] == subnet)
    vpc.ec2.replace_network_acl_association(AssociationId=association["NetworkAclAssociationId"], NetworkAclId=acl)
    return acl


@pytest.fixture
def source(make_side: Callable[..., Side], vpc: Vpc) -> Side:
    return make_side(vpc, "10.0.0.0/24", "192.168.0.0/24")


@pytest.fixture
def destination(make_side: Callable[..., Side], peer_vpc: Vpc) -> Side:
    return make_side(peer_vpc, "192.168.0.0/24", "10.0.0.0/24")


@dataclass(frozen=True)
class Analyzer:
    """Paths and analyses from one interface to another, of TCP's port 443 unless told."""

    ec2: Any
    source: str
    destination: str

    def path(self, **wanted: Any) -> str:
        asked = {"Source": self.source, "Destination": self.destination, "Protocol": "tcp", "DestinationPort": 443} | wanted
        given = {name: value for name, value in asked.items() if value is not None}
        path_id: str = self.ec2.create_network_insights_path(**given)["NetworkInsightsPath"]["NetworkInsightsPathId"]
        return path_id

    def start(self, path_id: str, **wanted: Any) -> str:
        started = self.ec2.start_network_insights_analysis(NetworkInsightsPathId=path_id, **wanted)
        analysis_id: str = started["NetworkInsightsAnalysis"]["NetworkInsightsAnalysisId"]
        return analysis_id

    def ended(self, analysis_id: str) -> dict[str, Any]:
        def described() -> dict[str, Any]:
            by_id = {"NetworkInsightsAnalysisIds": [analysis_id]}
            (found,) = self.ec2.describe_network_insights_analyses(**by_id)["NetworkInsightsAnalyses"]
            analysis: dict[str, Any] = found
            return analysis

        return until(described, lambda analysis: analysis["Status"] != "running")

    def analysed(self, path_id: str | None = None, **wanted: Any) -> dict[str, Any]:
        """What an analysis of the path comes to."""
        return self.ended(self.start(path_id or self.path(**wanted)))

    def codes(self, **wanted: Any) -> set[str]:
        """Why nothing arrives, or nothing comes back; empty where it does."""
        found = self.analysed(**wanted)
        assert (found["Status"], found["NetworkPathFound"]) == ("succeeded", not found.get("Explanations"))
        return {each["ExplanationCode"] for each in found.get("Explanations", [])}


@pytest.fixture
def analyzer(account: Account, source: Side, destination: Side) -> Analyzer:
    """An analyzer from our interface to the peer's; across accounts a resource is named by its ARN."""
    owner = destination.vpc
    arn = f"arn:aws:ec2:{owner.region}:{owner.owner}:network-interface/{destination.interface}"
    return Analyzer(account.ec2, source.interface, arn)


def _kinds(components: list[dict[str, Any]]) -> list[str]:
    return [each["Component"]["Id"].rpartition("-")[0] for each in components]


def test_a_path_is_told_component_by_component_there_and_back(analyzer: Analyzer, peering: str) -> None:
    """EC2 API: PathComponent; EC2 API: NetworkInsightsAnalysis."""
    found = analyzer.analysed()
    assert found["NetworkPathFound"]
    there, back = found["ForwardPathComponents"], found["ReturnPathComponents"]
    assert _kinds(there) == _kinds(back) == ["eni", "sg", "acl", "rtb", "pcx", "acl", "sg", "eni"]
    assert there[0]["Component"]["Id"] == analyzer.source
    assert there[3]["RouteTableRoute"]["VpcPeeringConnectionId"] == peering
    assert back[-1]["InboundHeader"]["SourcePortRanges"] == [{"From": 443, "To": 443}]


@pytest.mark.parametrize(("side", "direction"), [("source", "egress"), ("destination", "ingress")])
def test_a_group_without_a_fitting_rule_is_in_the_way(analyzer: Analyzer, request: Any, side: str, direction: str) -> None:
    """Reachability Analyzer Guide: explanation-codes."""
    request.getfixturevalue(side).without_group_rules(direction)
    assert analyzer.codes() == {"ENI_SG_RULES_MISMATCH"}


@pytest.mark.parametrize(("side", "direction"), [("source", "ingress"), ("destination", "egress")])
def test_groups_let_answers_through_unasked(analyzer: Analyzer, request: Any, side: str, direction: str) -> None:
    """VPC Guide: security-groups."""
    request.getfixturevalue(side).without_group_rules(direction)
    assert analyzer.codes() == set()


@pytest.mark.parametrize(("side", "egress"), [("source", True), ("destination", False)])
def test_an_acl_is_in_the_way_there(analyzer: Analyzer, request: Any, side: str, egress: bool) -> None:
    """Reachability Analyzer Guide: explanation-codes; VPC Guide: nacl-basics."""
    request.getfixturevalue(side).deny(egress=egress, first=443, last=443)
    assert analyzer.codes() == {"SUBNET_ACL_RESTRICTION"}


@pytest.mark.parametrize(("side", "egress"), [("source", False), ("destination", True)])
def test_an_acl_is_in_the_way_of_every_answer(analyzer: Analyzer, request: Any, side: str, egress: bool) -> None:
    """Reachability Analyzer Guide: explanation-codes; VPC Guide: nacl-basics."""
    request.getfixturevalue(side).deny(egress=egress, first=0, last=65535)
    assert analyzer.codes() == {"SUBNET_ACL_RESTRICTION"}


@pytest.mark.parametrize("side", ["source", "destination"])
def test_without_a_route_nothing_arrives_or_nothing_comes_back(analyzer: Analyzer, request: Any, side: str) -> None:
    """Reachability Analyzer Guide: explanation-codes."""
    request.getfixturevalue(side).without_route()
    assert analyzer.codes() == {"NO_ROUTE_TO_DESTINATION"}


def test_udp_is_another_protocol(analyzer: Analyzer, destination: Side) -> None:
    """EC2 API: CreateNetworkInsightsPath."""
    destination.deny(egress=False, first=0, last=65535)
    assert analyzer.codes(Protocol="udp") == set()


def test_an_analysis_runs_for_a_while(analyzer: Analyzer) -> None:
    """EC2 API: StartNetworkInsightsAnalysis; EC2 API: NetworkInsightsAnalysis."""
    started = analyzer.ec2.start_network_insights_analysis(NetworkInsightsPathId=analyzer.path())["NetworkInsightsAnalysis"]
    assert (started["Status"], "NetworkPathFound" in started) == ("running", False)
    assert analyzer.ended(started["NetworkInsightsAnalysisId"])["Status"] == "succeeded"


@pytest.mark.parametrize("protocol", ["icmp", "-1", "6"])
def test_only_tcp_and_udp_can_be_analysed(analyzer: Analyzer, protocol: str) -> None:
    """Reachability Analyzer Guide: how-reachability-analyzer-works; EC2 API: CreateNetworkInsightsPath."""
    with refused("InvalidParameterValue"):
        analyzer.path(Protocol=protocol)


@pytest.mark.parametrize(
    "wanted",
    [{"DestinationIp": "2600:1f00::1"}, {"DestinationPort": None, "FilterAtSource": {"SourceAddress": "2600:1f00::1"}}],
    ids=["address", "filter"],
)
def test_only_ipv4_can_be_analysed(analyzer: Analyzer, wanted: dict[str, Any]) -> None:
    """Reachability Analyzer Guide: how-reachability-analyzer-works."""
    with refused("InvalidParameterValue"):
        analyzer.path(**wanted)


def test_both_ends_of_a_path_are_in_the_same_region(analyzer: Analyzer, account: Account, other_region: str) -> None:
    """Reachability Analyzer Guide: how-reachability-analyzer-works."""
    with refused("InvalidParameterValue"):
        analyzer.path(Destination=analyzer.destination.replace(account.region, other_region))


def test_another_accounts_resource_is_named_by_its_arn(analyzer: Analyzer, destination: Side) -> None:
    """Reachability Analyzer Guide: multi-account; EC2 API: CreateNetworkInsightsPath."""
    with refused("NetworkInsightsDestination.NotFound"):
        analyzer.path(Destination=destination.interface)
    with refused("NetworkInsightsSource.NotFound"):
        analyzer.path(Source=MISSING_INTERFACE)


def test_the_same_token_is_the_same_path_and_analysis(analyzer: Analyzer, unique: Callable[[], str]) -> None:
    """EC2 API: Run_Instance_Idempotency; EC2 API: CreateNetworkInsightsPath."""
    token = {"ClientToken": unique()}
    path_id = analyzer.path(**token)
    assert analyzer.path(**token) == path_id
    with refused("IdempotentParameterMismatch"):
        analyzer.path(**token, DestinationPort=80)
    assert analyzer.start(path_id, **token) == analyzer.start(path_id, **token)


def test_a_path_is_deleted_after_its_analyses(analyzer: Analyzer) -> None:
    """EC2 API: DeleteNetworkInsightsPath; EC2 API: errors-overview."""
    path_id, ec2 = analyzer.path(), analyzer.ec2
    analysis_id = analyzer.analysed(path_id)["NetworkInsightsAnalysisId"]
    with refused("AnalysisExistsForNetworkInsightsPath"):
        ec2.delete_network_insights_path(NetworkInsightsPathId=path_id)
    ec2.delete_network_insights_analysis(NetworkInsightsAnalysisId=analysis_id)
    ec2.delete_network_insights_path(NetworkInsightsPathId=path_id)
    with refused("InvalidNetworkInsightsPathId.NotFound"):
        ec2.describe_network_insights_paths(NetworkInsightsPathIds=[path_id])
    with refused("InvalidNetworkInsightsAnalysisId.NotFound"):
        ec2.describe_network_insights_analyses(NetworkInsightsAnalysisIds=[analysis_id])


def test_an_analysis_needs_permissions_for_tiros(analyzer: Analyzer, account: Account, unique: Callable[[], str]) -> None:
    """Reachability Analyzer Guide: security-iam-required-permissions."""
    path_id, roles = analyzer.path(), Roles(account, unique)
    starting = allow("ec2:StartNetworkInsightsAnalysis")
    whole, without = roles.acting(starting, allow("tiros:*")), roles.acting(starting)
    assert permitted(lambda: whole.ec2.start_network_insights_analysis(NetworkInsightsPathId=path_id)) == "ok"
    call = without.ec2.start_network_insights_analysis
    assert outcome(lambda: call(NetworkInsightsPathId=path_id)) == "UnauthorizedOperation"


def test_an_analysis_sees_what_its_caller_may_see(analyzer: Analyzer, account: Account, unique: Callable[[], str]) -> None:
    """Reachability Analyzer Guide: security-iam-required-permissions."""
    path_id = analyzer.path()
    blind = Roles(account, unique).acting(allow(["ec2:StartNetworkInsightsAnalysis", "tiros:*"]))
    started: list[str] = []

    def start() -> None:
        answer = blind.ec2.start_network_insights_analysis(NetworkInsightsPathId=path_id)
        started.append(answer["NetworkInsightsAnalysis"]["NetworkInsightsAnalysisId"])

    assert permitted(start) == "ok"
    assert analyzer.ended(started[0])["Status"] == "failed"
