"""Other witnesses: Reachability Analyzer, and instances that send real packets, beside Causeway's own check."""

from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from causeway.aws.witnesses.probes import DOCUMENT
from localcloud.deploy.stacks import EXTERNAL_ID, MEMBER_STACK, deploy_member, operator_session
from localcloud.ec2 import reachability_analyzer
from localcloud.endpoint.calls import CallGate
from localcloud.endpoint.faults import Failure, Faults, Hold
from localcloud.server import HUB_ACCOUNT_ID

from .network import PRODUCTION, Network, Networks
from .requests import PING, SSH, Hub, Status, an_item, eventually
from .test_operation import Function

ANALYZER, PROBE = "reachability_analyzer", "probe"
REFUSING = "666666666666"
"""An account whose member stack allows no witness."""


def said(status: Status, witness: str) -> dict[str, bool | None]:
    """What a witness says, by flow."""
    return {each["flow"]: each["reachable"] for each in status["testimonies"] if each["witness"] == witness}


def is_orphaned_blackhole(*networks: Network) -> list[Any]:
    """Every path and analysis in the networks' accounts that carries Causeway's tag."""
    found: list[Any] = []
    for network in networks:
        found += network.ec2.describe_network_insights_paths()["NetworkInsightsPaths"]
        found += network.ec2.describe_network_insights_analyses()["NetworkInsightsAnalyses"]
    return [each for each in found if "causeway:request-id" in {tag["Key"] for tag in each["Tags"]}]


@pytest.fixture
def instances(pair: tuple[Network, Network]) -> tuple[Network, Network]:
    """The usual two, with an instance in each."""
    for network in pair:
        network.add_instance()
    return pair


@pytest.mark.usefixtures("real_packets")
def test_witnesses_that_are_named_later_are_asked_and_change_nothing(hub: Hub, instances: tuple[Network, Network]) -> None:
    item = an_item(*instances)
    first = hub.run(item)
    before = [network.everything() for network in instances]

    run = hub.run({**item, "witnesses": [ANALYZER, PROBE]})

    assert (first.status["testimonies"], run.status["state"], run.codes) == ([], "ACTIVE", set())
    flows = {verdict["flow"] for verdict in run.status["verdicts"]}
    assert len(flows) == 4
    assert said(run.status, ANALYZER) == {flow: None if flow.startswith("icmp") else True for flow in flows}
    assert said(run.status, PROBE) == dict.fromkeys(flows, True)
    assert [network.everything() for network in instances] == before
    assert {operation for operation in run.writes if "NetworkInsights" not in operation} == set()
    assert is_orphaned_blackhole(*instances) == []


@pytest.mark.usefixtures("real_packets")
def test_a_witness_that_sees_something_else_is_a_finding(hub: Hub, instances: tuple[Network, Network], gate: CallGate) -> None:
    """Somebody deletes a route when the check is done, and before the first analysis is."""
    requester, accepter = instances
    item = an_item(requester, accepter, allow=[{**SSH, "from": "requester"}], witnesses=[ANALYZER, PROBE])
    gate.hold(Hold(service="ec2", operation="StartNetworkInsightsAnalysis"))
    start = gate.cursor
    hub.put(item)
    eventually(lambda: any(call.operation == "CreateNetworkInsightsPath" for call in gate.since(start)))

    requester.ec2.delete_route(RouteTableId=requester.main_table, DestinationCidrBlock=accepter.block)
    gate.faults = Faults()

    status = hub.wait(item["request_id"])
    assert status["state"] == "ACTIVE"
    flow = "tcp/22 from requester to accepter"
    assert (said(status, PROBE), said(status, ANALYZER)) == ({flow: False}, {flow: False})
    findings = [finding for finding in status["findings"] if finding["code"] == "WITNESSES_DISAGREE"]
    assert len(findings) == 2
    assert [finding["blocking"] for finding in findings] == [False, False]
    assert "NO_ROUTE_TO_DESTINATION" in findings[0]["message"]
    assert is_orphaned_blackhole(*instances) == []


def test_a_member_that_refuses_is_told_and_stops_nothing(hub: Hub, networks: Networks) -> None:
    requester, accepter = networks.make(REFUSING), networks.make()
    operator_session(hub.aws, REFUSING).client("cloudformation", endpoint_url=hub.aws.endpoint_url).delete_stack(
        StackName=MEMBER_STACK
    )
    deploy_member(hub.aws, REFUSING, witnesses="refused")
    for network in (requester, accepter):
        network.add_interface()

    run = hub.run(an_item(requester, accepter, allow=[SSH], witnesses=[ANALYZER, PROBE]))

    assert (run.status["state"], run.codes) == ("ACTIVE", set())
    ways = {way: f"tcp/22 from {way} to " for way in ("requester", "accepter")}
    assert said(run.status, ANALYZER) == {f"{ways['requester']}accepter": None, f"{ways['accepter']}requester": True}
    refused, *_ = (each for each in run.status["testimonies"] if each["flow"].startswith(ways["requester"]))
    assert refused["said"].startswith("Not asked: AccessDenied")
    assert set(said(run.status, PROBE).values()) == {None}, "there are no instances"
    assert is_orphaned_blackhole(requester, accepter) == []


@pytest.fixture
def _hub_alone_analyses() -> Iterator[None]:
    """As on AWS, where a plain member account analyses no other account's resources."""
    reachability_analyzer.configure(reachability_analyzer.TrustedAccess(administrators=(HUB_ACCOUNT_ID,)))
    yield
    reachability_analyzer.configure(reachability_analyzer.TrustedAccess())


@pytest.mark.usefixtures("_hub_alone_analyses")
def test_an_account_that_may_not_analyse_across_accounts_cannot_tell(hub: Hub, pair: tuple[Network, Network]) -> None:
    for network in pair:
        network.add_interface()

    run = hub.run(an_item(*pair, allow=[{**SSH, "from": "requester"}], witnesses=[ANALYZER]))

    assert (run.status["state"], run.codes) == ("ACTIVE", set())
    (testimony,) = run.status["testimonies"]
    assert testimony["reachable"] is None
    assert testimony["said"].startswith("It could not see the whole path: ")
    assert is_orphaned_blackhole(*pair) == []


@pytest.fixture(scope="module")
def astray(hub: Hub) -> Function:
    return Function(hub, "CallWitnesses")


def test_the_witness_role_asks_and_deletes_only_with_our_tag(networks: Networks, astray: Function) -> None:
    witness, network = astray.assume("causeway-witness", ExternalId=EXTERNAL_ID), networks.make(PRODUCTION)
    network.add_interface()
    (interface,) = network.ec2.describe_network_interfaces(Filters=[{"Name": "vpc-id", "Values": [network.vpc_id]}])[
        "NetworkInterfaces"
    ]
    ends = dict.fromkeys(("Source", "Destination"), interface["NetworkInterfaceId"])
    theirs = network.ec2.create_network_insights_path(**ends, Protocol="tcp")["NetworkInsightsPath"]["NetworkInsightsPathId"]

    forbidden: list[tuple[str, dict[str, str]]] = [
        ("create_network_insights_path", {**ends, "Protocol": "tcp"}),
        ("delete_network_insights_path", {"NetworkInsightsPathId": theirs}),
        ("delete_route", {"RouteTableId": network.main_table, "DestinationCidrBlock": network.block}),
    ]
    for operation, parameters in forbidden:
        with pytest.raises(ClientError, match="UnauthorizedOperation"):
            getattr(witness, operation)(**parameters)


@pytest.mark.usefixtures("real_packets")
def test_the_witness_role_runs_nothing_but_the_probe(instances: tuple[Network, Network], astray: Function) -> None:
    production = instances[1]
    reservations = production.ec2.describe_instances(Filters=[{"Name": "vpc-id", "Values": [production.vpc_id]}])
    instance_id = reservations["Reservations"][0]["Instances"][0]["InstanceId"]
    witness = astray.assume("causeway-witness", "ssm", ExternalId=EXTERNAL_ID)

    with pytest.raises(ClientError, match="AccessDenied"):
        witness.send_command(
            InstanceIds=[instance_id], DocumentName="AWS-RunShellScript", Parameters={"commands": ["ping -c 1 10.0.0.1"]}
        )
    with pytest.raises(ClientError, match="InvalidParameters"):
        witness.send_command(
            InstanceIds=[instance_id],
            DocumentName=DOCUMENT,
            Parameters={"Address": ["10.0.0.1;reboot"], "Protocol": ["icmp"]},
        )


def test_somebody_silent_is_no_failure(hub: Hub, pair: tuple[Network, Network], gate: CallGate) -> None:
    """Neither is a step that cannot hear them at all: the outcome says who was asked."""
    for network in pair:
        network.add_interface()
    gate.fail(Failure(service="ec2", operation="DescribeNetworkInsightsAnalyses", code="UnauthorizedOperation", status=403))

    run = hub.run(an_item(*pair, allow=[{**SSH, "from": "requester"}, {**PING, "from": "requester"}], witnesses=[ANALYZER]))

    assert (run.status["state"], run.codes) == ("ACTIVE", set())
    assert said(run.status, ANALYZER) == {"tcp/22 from requester to accepter": None, "icmp from requester to accepter": None}
    assert run.status["testimonies"][0]["said"].startswith("It cannot be heard: UnauthorizedOperation")
