"""Reachability Analyzer: what it takes, what it finds on the way there and back, and who may ask."""

from typing import Any

import pytest

from localcloud.ec2 import reachability_analyzer
from localcloud.ec2.reachability_analyzer import TrustedAccess

TEST, PRODUCTION = "111111111111", "222222222222"
EAST, WEST = "us-east-1", "us-west-2"
OURS, THEIRS = "10.0.0.0/16", "10.1.0.0/16"
EVERYTHING = {"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}

type Code = list[str]


class Pair:
    """An interface in each of two VPCs of different accounts, peered and routed, whose groups let everything in and out."""

    def __init__(self, world: Any) -> None:
        self.world = world
        self.vpcs = (world.vpc(OURS), world.vpc(THEIRS, account=PRODUCTION))
        self.connection = world.peer(*self.vpcs)
        self.ec2s = (world.ec2(TEST), world.ec2(PRODUCTION))
        self.source = self.interface(0, OURS, "10.0.0.7")
        self.destination = self.interface(1, THEIRS, "10.1.0.7")
        for side, block in enumerate((THEIRS, OURS)):
            to_peer = {"DestinationCidrBlock": block, "VpcPeeringConnectionId": self.connection}
            self.ec2s[side].create_route(RouteTableId=self.table(side), **to_peer)
            self.ec2s[side].authorize_security_group_ingress(GroupId=self.group(side), IpPermissions=[EVERYTHING])

    def interface(self, side: int, block: str, address: str) -> str:
        ec2 = self.ec2s[side]
        subnet = ec2.create_subnet(VpcId=self.vpcs[side], CidrBlock=block.replace("/16", "/24"))["Subnet"]["SubnetId"]
        made = ec2.create_network_interface(SubnetId=subnet, PrivateIpAddress=address)
        interface_id: str = made["NetworkInterface"]["NetworkInterfaceId"]
        return interface_id

    def table(self, side: int) -> str:
        return self._only(side, "describe_route_tables", "RouteTables", "RouteTableId")

    def group(self, side: int) -> str:
        return self._only(side, "describe_security_groups", "SecurityGroups", "GroupId")

    def acl(self, side: int) -> str:
        return self._only(side, "describe_network_acls", "NetworkAcls", "NetworkAclId")

    def _only(self, side: int, call: str, key: str, name: str) -> str:
        (found,) = getattr(self.ec2s[side], call)(Filters=[{"Name": "vpc-id", "Values": [self.vpcs[side]]}])[key]
        only: str = found[name]
        return only

    def without_group_rules(self, side: int, direction: str) -> None:
        getattr(self.ec2s[side], f"revoke_security_group_{direction}")(GroupId=self.group(side), IpPermissions=[EVERYTHING])

    def deny(self, side: int, *, egress: bool, first: int, last: int, number: int = 10, action: str = "deny") -> None:
        self.ec2s[side].create_network_acl_entry(
            NetworkAclId=self.acl(side),
            RuleNumber=number,
            Protocol="6",
            RuleAction=action,
            Egress=egress,
            CidrBlock="0.0.0.0/0",
            PortRange={"From": first, "To": last},
        )

    @property
    def arn(self) -> str:
        return f"arn:aws:ec2:{EAST}:{PRODUCTION}:network-interface/{self.destination}"

    def path(self, **wanted: Any) -> str:
        asked = {"Source": self.source, "Destination": self.arn, "Protocol": "tcp", "DestinationPort": 443} | wanted
        given = {name: value for name, value in asked.items() if value is not None}
        path_id: str = self.ec2s[0].create_network_insights_path(**given)["NetworkInsightsPath"]["NetworkInsightsPathId"]
        return path_id

    def analysed(self, path_id: str | None = None, **wanted: Any) -> dict[str, Any]:
        """What an analysis of the path comes to."""
        path_id = path_id or self.path(**wanted)
        started = self.ec2s[0].start_network_insights_analysis(NetworkInsightsPathId=path_id)["NetworkInsightsAnalysis"]
        self.world.settle()
        return self.analysis(started["NetworkInsightsAnalysisId"])

    def analysis(self, analysis_id: str) -> dict[str, Any]:
        answer = self.ec2s[0].describe_network_insights_analyses(NetworkInsightsAnalysisIds=[analysis_id])
        (found,) = answer["NetworkInsightsAnalyses"]
        described: dict[str, Any] = found
        return described

    def codes(self, **wanted: Any) -> Code:
        """Why nothing arrives, or nothing comes back; empty where it does."""
        found = self.analysed(**wanted)
        assert found["Status"] == "succeeded"
        assert found["NetworkPathFound"] is not bool(found["Explanations"])
        return [each["ExplanationCode"] for each in found["Explanations"]]


@pytest.fixture
def pair(world: Any) -> Pair:
    return Pair(world)


def kinds(components: list[dict[str, Any]]) -> list[str]:
    return [each["Component"]["Id"].rpartition("-")[0] for each in components]


# What is found


def test_a_path_is_told_component_by_component_there_and_back(pair: Pair) -> None:
    found = pair.analysed()
    there, back = found["ForwardPathComponents"], found["ReturnPathComponents"]
    assert found["NetworkPathFound"]
    assert kinds(there) == kinds(back) == ["eni", "sg", "acl", "rtb", "pcx", "acl", "sg", "eni"]
    assert [each["SequenceNumber"] for each in there] == list(range(1, 9))
    assert (there[0]["Component"]["Id"], there[-1]["Component"]["Arn"]) == (pair.source, pair.arn)
    assert there[0]["OutboundHeader"]["DestinationAddresses"] == ["10.1.0.7/32"]
    assert there[3]["RouteTableRoute"]["VpcPeeringConnectionId"] == pair.connection
    assert back[-1]["InboundHeader"]["SourcePortRanges"] == [{"From": 443, "To": 443}]


@pytest.mark.parametrize(("side", "direction"), [(0, "egress"), (1, "ingress")])
def test_a_group_without_a_fitting_rule_is_in_the_way(pair: Pair, side: int, direction: str) -> None:
    pair.without_group_rules(side, direction)
    (explanation,) = pair.analysed()["Explanations"]
    assert explanation["ExplanationCode"] == "ENI_SG_RULES_MISMATCH"
    assert explanation["Direction"] == direction
    assert explanation["NetworkInterface"]["Id"] == (pair.source, pair.destination)[side]


@pytest.mark.parametrize(("side", "direction"), [(0, "ingress"), (1, "egress")])
def test_groups_let_answers_through_unasked(pair: Pair, side: int, direction: str) -> None:
    pair.without_group_rules(side, direction)
    assert pair.codes() == []


def test_a_rule_can_name_the_peers_group(pair: Pair) -> None:
    pair.without_group_rules(1, "ingress")
    named = {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443}
    named |= {"UserIdGroupPairs": [{"GroupId": pair.group(0), "UserId": TEST}]}
    pair.ec2s[1].authorize_security_group_ingress(GroupId=pair.group(1), IpPermissions=[named])
    assert pair.codes() == []
    assert pair.codes(DestinationPort=444) == ["ENI_SG_RULES_MISMATCH"]


def test_a_rule_and_a_route_can_name_a_prefix_list(pair: Pair) -> None:
    pair.without_group_rules(0, "egress")
    entries = [{"Cidr": "10.1.0.0/24"}]
    made = pair.ec2s[0].create_managed_prefix_list(PrefixListName="p", Entries=entries, MaxEntries=5, AddressFamily="IPv4")
    prefix_list_id = made["PrefixList"]["PrefixListId"]
    listed = {"IpProtocol": "-1", "PrefixListIds": [{"PrefixListId": prefix_list_id}]}
    pair.ec2s[0].authorize_security_group_egress(GroupId=pair.group(0), IpPermissions=[listed])
    pair.ec2s[0].delete_route(RouteTableId=pair.table(0), DestinationCidrBlock=THEIRS)
    pair.ec2s[0].create_route(
        RouteTableId=pair.table(0), DestinationPrefixListId=prefix_list_id, VpcPeeringConnectionId=pair.connection
    )
    assert pair.codes() == []


@pytest.mark.parametrize(("side", "egress"), [(0, True), (1, False)])
def test_an_acl_is_in_the_way_there(pair: Pair, side: int, egress: bool) -> None:
    pair.deny(side, egress=egress, first=443, last=443)
    (explanation,) = pair.analysed()["Explanations"]
    assert explanation["ExplanationCode"] == "SUBNET_ACL_RESTRICTION"
    assert explanation["AclRule"]["RuleNumber"] == 10
    assert explanation["Acl"]["Id"] == pair.acl(side)


@pytest.mark.parametrize(("side", "egress"), [(0, False), (1, True)])
def test_an_acl_is_in_the_way_of_every_answer(pair: Pair, side: int, egress: bool) -> None:
    pair.deny(side, egress=egress, first=0, last=65535)
    assert pair.codes() == ["SUBNET_ACL_RESTRICTION"]


def test_one_source_port_whose_answers_come_back_is_enough(pair: Pair) -> None:
    pair.deny(0, egress=False, first=0, last=65535, number=20)
    pair.deny(0, egress=False, first=50000, last=50000, number=10, action="allow")
    assert pair.codes() == []
    ports = {"DestinationPortRange": {"FromPort": 443, "ToPort": 443}}
    narrow = ports | {"SourcePortRange": {"FromPort": 1024, "ToPort": 49999}}
    assert pair.codes(DestinationPort=None, FilterAtSource=narrow) == ["SUBNET_ACL_RESTRICTION"]


def test_nothing_stands_between_interfaces_of_one_subnet(pair: Pair) -> None:
    (interface,) = pair.ec2s[0].describe_network_interfaces()["NetworkInterfaces"]
    made = pair.ec2s[0].create_network_interface(SubnetId=interface["SubnetId"])
    neighbour = made["NetworkInterface"]["NetworkInterfaceId"]
    pair.deny(0, egress=True, first=0, last=65535)
    assert pair.codes(Destination=neighbour) == []


def test_between_subnets_of_one_vpc_the_local_route_leads(pair: Pair) -> None:
    neighbour = pair.interface(0, "10.0.9.0/16", "10.0.9.8")
    assert kinds(pair.analysed(Destination=neighbour)["ForwardPathComponents"]) == [
        "eni",
        "sg",
        "acl",
        "rtb",
        "acl",
        "sg",
        "eni",
    ]


@pytest.mark.parametrize("side", [0, 1])
def test_without_a_route_nothing_arrives_or_nothing_comes_back(pair: Pair, side: int) -> None:
    pair.ec2s[side].delete_route(RouteTableId=pair.table(side), DestinationCidrBlock=(THEIRS, OURS)[side])
    (explanation,) = pair.analysed()["Explanations"]
    assert explanation["ExplanationCode"] == "NO_ROUTE_TO_DESTINATION"
    assert explanation["RouteTable"]["Id"] == pair.table(side)


def test_a_more_specific_route_leads_elsewhere(pair: Pair) -> None:
    gateway = pair.ec2s[0].create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    pair.ec2s[0].attach_internet_gateway(InternetGatewayId=gateway, VpcId=pair.vpcs[0])
    pair.ec2s[0].create_route(RouteTableId=pair.table(0), DestinationCidrBlock="10.1.0.0/24", GatewayId=gateway)
    assert pair.codes() == ["NO_ROUTE_TO_DESTINATION"]


def test_vpcs_without_a_connection_are_disconnected(pair: Pair) -> None:
    pair.ec2s[0].delete_vpc_peering_connection(VpcPeeringConnectionId=pair.connection)
    pair.world.settle()
    assert pair.codes() == ["DISCONNECTED_VPCS"]


def test_a_blackhole_is_a_bad_state(pair: Pair) -> None:
    """Peered anew, with the old connection's route still there."""
    pair.ec2s[0].delete_vpc_peering_connection(VpcPeeringConnectionId=pair.connection)
    pair.world.settle()
    anew = pair.world.peer(*pair.vpcs)
    assert pair.codes() == ["BAD_STATE_ROUTE"]
    there = {"RouteTableId": pair.table(0), "DestinationCidrBlock": THEIRS}
    pair.ec2s[0].replace_route(**there, VpcPeeringConnectionId=anew)
    assert pair.codes() == ["BAD_STATE_ROUTE"], "the way back"


def test_a_connection_carries_only_between_its_two_vpcs(pair: Pair) -> None:
    third = pair.world.vpc("10.2.0.0/16", account=PRODUCTION)
    other = pair.world.peer(pair.vpcs[0], third)
    there = {"RouteTableId": pair.table(0), "DestinationCidrBlock": THEIRS}
    pair.ec2s[0].replace_route(**there, VpcPeeringConnectionId=other)
    assert pair.codes() == ["PCX_REQUIRES_ADDRESS_IN_VPC_CIDR"]


def test_everything_in_the_way_is_told(pair: Pair) -> None:
    pair.without_group_rules(0, "egress")
    pair.without_group_rules(1, "ingress")
    pair.deny(1, egress=False, first=443, last=443)
    pair.ec2s[0].delete_route(RouteTableId=pair.table(0), DestinationCidrBlock=THEIRS)
    assert pair.codes() == [
        "ENI_SG_RULES_MISMATCH",
        "NO_ROUTE_TO_DESTINATION",
        "SUBNET_ACL_RESTRICTION",
        "ENI_SG_RULES_MISMATCH",
    ]


def test_udp_is_another_protocol(pair: Pair) -> None:
    pair.deny(1, egress=False, first=0, last=65535)
    assert pair.codes(Protocol="udp") == []


def test_a_destination_can_be_an_address(pair: Pair) -> None:
    assert pair.codes(Destination=None, DestinationIp="10.1.0.7") == []
    assert pair.codes(Destination=None, DestinationIp="10.1.0.8") == ["NO_SOURCE_OR_DESTINATION"]


def test_a_filter_that_nothing_fits_finds_no_path(pair: Pair) -> None:
    assert pair.codes(SourceIp="10.0.0.8") == ["NO_PATH"]
    elsewhere = {"DestinationPortRange": {"FromPort": 80, "ToPort": 90}}
    assert pair.codes(FilterAtDestination=elsewhere) == ["NO_PATH"]


def test_a_path_can_be_asked_to_lead_through_a_component_or_around_it(pair: Pair) -> None:
    connection = f"arn:aws:ec2:{EAST}:{TEST}:vpc-peering-connection/{pair.connection}"
    path_id, ec2 = pair.path(), pair.ec2s[0]

    def codes(**wanted: list[str]) -> Code:
        started = ec2.start_network_insights_analysis(NetworkInsightsPathId=path_id, **wanted)["NetworkInsightsAnalysis"]
        pair.world.settle()
        found = pair.analysis(started["NetworkInsightsAnalysisId"])
        return [each["ExplanationCode"] for each in found["Explanations"]]

    assert codes(FilterInArns=[connection]) == []
    assert codes(FilterOutArns=[connection]) == ["COMPONENT_FILTER_RESTRICTION"]


def test_an_interface_that_is_gone_is_no_end(pair: Pair) -> None:
    path_id = pair.path()
    pair.ec2s[1].delete_network_interface(NetworkInterfaceId=pair.destination)
    assert [each["ExplanationCode"] for each in pair.analysed(path_id)["Explanations"]] == ["NO_SOURCE_OR_DESTINATION"]


# What is taken


def test_an_analysis_runs_for_a_while(pair: Pair) -> None:
    ec2 = pair.ec2s[0]
    started = ec2.start_network_insights_analysis(NetworkInsightsPathId=pair.path())["NetworkInsightsAnalysis"]
    assert started["Status"] == "running"
    assert "NetworkPathFound" not in started
    running = pair.analysis(started["NetworkInsightsAnalysisId"])
    pair.world.settle()
    assert (running["Status"], pair.analysis(started["NetworkInsightsAnalysisId"])["Status"]) == ("running", "succeeded")


def test_only_tcp_and_udp_can_be_analysed(pair: Pair, refused: Any) -> None:
    for protocol in ("icmp", "-1", "6"):
        with refused("InvalidParameterValue"):
            pair.path(Protocol=protocol)


def test_only_ipv4_can_be_analysed(pair: Pair, refused: Any) -> None:
    with refused("InvalidParameterValue"):
        pair.path(DestinationIp="2600:1f00::1")
    with refused("InvalidParameterValue"):
        pair.path(DestinationPort=None, FilterAtSource={"SourceAddress": "2600:1f00::1"})


def test_both_ends_are_in_the_same_region(pair: Pair, refused: Any) -> None:
    with refused("InvalidParameterValue", "same Region"):
        pair.path(Destination=pair.arn.replace(EAST, WEST))


def test_another_accounts_resource_is_named_by_its_arn(pair: Pair, refused: Any) -> None:
    with refused("NetworkInsightsDestination.NotFound"):
        pair.path(Destination=pair.destination)
    with refused("NetworkInsightsSource.NotFound"):
        pair.path(Source="eni-0123456789abcdef0")
    with refused("InvalidParameterValue"):
        pair.path(Destination="vpc-0123456789abcdef0")


def test_what_cannot_go_together_is_refused(pair: Pair, refused: Any) -> None:
    ports = {"DestinationPortRange": {"FromPort": 1, "ToPort": 2}}
    with refused("InvalidParameterCombination"):
        pair.path(FilterAtSource=ports)
    with refused("InvalidParameterCombination"):
        pair.path(FilterAtDestination=ports, DestinationIp="10.1.0.7")
    with refused("InvalidParameterValue"):
        pair.path(DestinationPort=None, FilterAtSource={"DestinationPortRange": {"FromPort": 2, "ToPort": 1}})
    with refused("MissingParameter"):
        pair.path(Destination=None)


def test_the_same_token_is_the_same_path_and_analysis(pair: Pair, refused: Any) -> None:
    path_id = pair.path(ClientToken="a")
    assert pair.path(ClientToken="a") == path_id
    with refused("IdempotentParameterMismatch"):
        pair.path(ClientToken="a", DestinationPort=80)

    def start(**wanted: Any) -> str:
        asked = {"NetworkInsightsPathId": path_id, "ClientToken": "b"} | wanted
        analysis = pair.ec2s[0].start_network_insights_analysis(**asked)["NetworkInsightsAnalysis"]
        analysis_id: str = analysis["NetworkInsightsAnalysisId"]
        return analysis_id

    assert start() == start()
    with refused("IdempotentParameterMismatch"):
        start(AdditionalAccounts=[PRODUCTION])


def test_a_path_is_deleted_after_its_analyses(pair: Pair, refused: Any) -> None:
    path_id, ec2 = pair.path(), pair.ec2s[0]
    analysis_id = pair.analysed(path_id)["NetworkInsightsAnalysisId"]
    with refused("AnalysisExistsForNetworkInsightsPath"):
        ec2.delete_network_insights_path(NetworkInsightsPathId=path_id)
    ec2.delete_network_insights_analysis(NetworkInsightsAnalysisId=analysis_id)
    ec2.delete_network_insights_path(NetworkInsightsPathId=path_id)
    with refused("InvalidNetworkInsightsPathId.NotFound"):
        ec2.describe_network_insights_paths(NetworkInsightsPathIds=[path_id])
    with refused("InvalidNetworkInsightsAnalysisId.NotFound"):
        ec2.describe_network_insights_analyses(NetworkInsightsAnalysisIds=[analysis_id])
    with refused("InvalidNetworkInsightsPathId.NotFound"):
        ec2.start_network_insights_analysis(NetworkInsightsPathId=path_id)


def test_paths_and_analyses_are_tagged_filtered_and_paged(pair: Pair, refused: Any) -> None:
    ec2, tags = pair.ec2s[0], [{"Key": "Owner", "Value": "payments"}]
    tagged = pair.path(TagSpecifications=[{"ResourceType": "network-insights-path", "Tags": tags}])
    others = {pair.path(DestinationPort=port) for port in (80, 81)}

    def paths(**wanted: Any) -> set[str]:
        pages = ec2.get_paginator("describe_network_insights_paths").paginate(PaginationConfig={"PageSize": 2}, **wanted)
        return {each["NetworkInsightsPathId"] for page in pages for each in page["NetworkInsightsPaths"]}

    assert paths() == {tagged, *others}
    assert paths(Filters=[{"Name": "destination", "Values": [pair.destination]}]) == {tagged, *others}
    with refused("InvalidParameterValue"):
        paths(Filters=[{"Name": "colour", "Values": ["red"]}])
    specification = [{"ResourceType": "network-insights-analysis", "Tags": tags}]
    started = ec2.start_network_insights_analysis(NetworkInsightsPathId=tagged, TagSpecifications=specification)
    analysis_id = started["NetworkInsightsAnalysis"]["NetworkInsightsAnalysisId"]
    pair.world.settle()
    by_path = ec2.describe_network_insights_analyses(
        NetworkInsightsPathId=tagged, Filters=[{"Name": "path-found", "Values": ["true"]}]
    )
    assert [(each["NetworkInsightsAnalysisId"], each["Tags"]) for each in by_path["NetworkInsightsAnalyses"]] == [
        (analysis_id, tags)
    ]
    ec2.create_tags(Resources=[analysis_id], Tags=[{"Key": "More", "Value": ""}])
    listed = ec2.describe_tags(Filters=[{"Name": "key", "Values": ["More"]}])["Tags"]
    assert [(each["ResourceId"], each["ResourceType"]) for each in listed] == [(analysis_id, "network-insights-analysis")]
    with refused("InvalidNetworkInsightsPathId.NotFound"):
        ec2.create_tags(Resources=["nip-0123456789abcdef0"], Tags=tags)


def test_paths_and_analyses_are_limited(pair: Pair, refused: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    path_id, ec2 = pair.path(), pair.ec2s[0]
    monkeypatch.setattr(reachability_analyzer.paths, "MOST_PATHS", 1)
    monkeypatch.setattr(reachability_analyzer.analyses, "MOST_AT_ONCE", 1)
    with refused("NetworkInsightsPath.LimitExceeded"):
        pair.path(DestinationPort=80)
    ec2.start_network_insights_analysis(NetworkInsightsPathId=path_id)
    with refused("NetworkInsightsAnalysis.LimitExceeded", "concurrent"):
        ec2.start_network_insights_analysis(NetworkInsightsPathId=path_id)
    pair.world.settle()
    ec2.start_network_insights_analysis(NetworkInsightsPathId=path_id)


# Who may ask


def test_across_accounts_only_an_administrator_of_the_organizations_analyses(pair: Pair) -> None:
    """What is hidden is not found, although it can be reached."""
    elsewhere = pair.ec2s[0].create_network_insights_path(Source=pair.arn, Destination=pair.source, Protocol="tcp")
    neighbour = pair.interface(0, "10.0.9.0/16", "10.0.9.8")
    reachability_analyzer.configure(TrustedAccess(administrators=(PRODUCTION,)))
    try:
        towards, within = pair.analysed(), pair.analysed(Destination=neighbour)
        backwards = pair.analysed(elsewhere["NetworkInsightsPath"]["NetworkInsightsPathId"])
    finally:
        reachability_analyzer.configure(TrustedAccess())
    (explanation,) = towards["Explanations"]
    assert (towards["Status"], towards["NetworkPathFound"]) == ("succeeded", False)
    assert (explanation["ExplanationCode"], explanation["Destination"]["Arn"]) == ("NO_POSSIBLE_DESTINATION", pair.arn)
    assert (backwards["Status"], backwards["StatusMessage"]) == (
        "failed",
        f"The request failed due to inaccessible resource {pair.arn}",
    )
    assert within["NetworkPathFound"]


def test_what_is_no_interface_is_not_supported_here(pair: Pair) -> None:
    failed = pair.analysed(Destination=pair.connection)
    assert (failed["Status"], failed["StatusMessage"]) == ("failed", "The network configuration is not supported")
