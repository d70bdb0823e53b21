"""What is asked of Reachability Analyzer and of Run Command, and how their answers are read."""

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.stub import ANY, Stubber

from causeway.aws.sessions import Access, MemberSessions
from causeway.aws.witnesses.probes import Probes
from causeway.aws.witnesses.reachability_analyzer import ReachabilityAnalyzer
from causeway.domain.model.errors import AccessDenied, InvalidRequest
from causeway.domain.model.protocols import Protocol
from causeway.domain.model.request import VpcRef, Witness
from causeway.domain.reachability.verdicts import Endpoint
from causeway.domain.witnesses.testimonies import WitnessQuestion
from tests.domain.networks import change, ping, ssh

HERE = VpcRef(account_id="111111111111", region="us-east-1", vpc_id="vpc-a1")
THERE = VpcRef(account_id="222222222222", region="us-east-1", vpc_id="vpc-b1")
QUESTION = WitnessQuestion(
    witness=Witness.REACHABILITY_ANALYZER,
    flow=ssh(),
    source=Endpoint(
        address="10.0.0.10", subnet_id="subnet-a1", network_interface_id="eni-0a", instance_id="i-0aaaaaaaaaaaaaaaa"
    ),
    destination=Endpoint(address="192.0.0.10", subnet_id="subnet-b1", network_interface_id="eni-0b", instance_id="i-0b"),
    source_vpc=HERE,
    destination_vpc=THERE,
    protocol=Protocol.TCP,
    port=22,
)
REQUEST_ID = "test-to-production"
OURS, OTHERS = ([{"Key": "causeway:request-id", "Value": value}] for value in (REQUEST_ID, "another"))


class OneClient(MemberSessions):
    """Gives one client for everything, and checks what for."""

    def __init__(self, client: Any) -> None:
        self._client_of_all = client

    def _client(self, service: str, vpc: VpcRef, access: Access) -> Any:
        assert service == self._client_of_all.meta.service_model.service_name
        assert (vpc, access) == (HERE, Access.WITNESS)
        return self._client_of_all


@pytest.fixture
def ec2(session: boto3.session.Session) -> Iterator[Stubber]:
    with Stubber(session.client("ec2")) as stubber:
        yield stubber
        stubber.assert_no_pending_responses()


@pytest.fixture
def ssm(session: boto3.session.Session) -> Iterator[Stubber]:
    with Stubber(session.client("ssm")) as stubber:
        yield stubber
        stubber.assert_no_pending_responses()


@pytest.fixture
def analyzer(ec2: Stubber) -> ReachabilityAnalyzer:
    return ReachabilityAnalyzer(OneClient(ec2.client))


@pytest.fixture
def probes(ssm: Stubber) -> Probes:
    return Probes(OneClient(ssm.client))


def tagged(kind: str) -> list[dict[str, Any]]:
    return [{"ResourceType": kind, "Tags": [*OURS, {"Key": "Name", "Value": f"causeway {REQUEST_ID}"}]}]


def test_an_analysis_is_of_a_path_between_both_interfaces(ec2: Stubber, analyzer: ReachabilityAnalyzer) -> None:
    path = {
        "Source": "arn:aws:ec2:us-east-1:111111111111:network-interface/eni-0a",
        "Destination": "arn:aws:ec2:us-east-1:222222222222:network-interface/eni-0b",
        "Protocol": "tcp",
        "FilterAtSource": {
            "SourceAddress": "10.0.0.10",
            "SourcePortRange": {"FromPort": 1024, "ToPort": 65535},
            "DestinationAddress": "192.0.0.10",
            "DestinationPortRange": {"FromPort": 22, "ToPort": 22},
        },
        "ClientToken": "tokenp",
        "TagSpecifications": tagged("network-insights-path"),
    }
    analysis = {
        "NetworkInsightsPathId": "nip-1",
        "AdditionalAccounts": ["222222222222"],
        "ClientToken": "tokena",
        "TagSpecifications": tagged("network-insights-analysis"),
    }
    ec2.add_response("create_network_insights_path", {"NetworkInsightsPath": {"NetworkInsightsPathId": "nip-1"}}, path)
    started = {"NetworkInsightsAnalysis": {"NetworkInsightsAnalysisId": "nia-1"}}
    ec2.add_response("start_network_insights_analysis", started, analysis)

    assert analyzer.ask(QUESTION, REQUEST_ID, "token") == "nia-1"


def test_a_question_within_an_account_about_any_port_names_neither(ec2: Stubber, analyzer: ReachabilityAnalyzer) -> None:
    ec2.add_response(
        "create_network_insights_path",
        {"NetworkInsightsPath": {"NetworkInsightsPathId": "nip-1"}},
        {
            "Source": ANY,
            "Destination": "arn:aws:ec2:us-east-1:111111111111:network-interface/eni-0b",
            "Protocol": "udp",
            "FilterAtSource": {
                "SourceAddress": "10.0.0.10",
                "SourcePortRange": {"FromPort": 1024, "ToPort": 65535},
                "DestinationAddress": "192.0.0.10",
            },
            "ClientToken": ANY,
            "TagSpecifications": ANY,
        },
    )
    ec2.add_response(
        "start_network_insights_analysis",
        {"NetworkInsightsAnalysis": {"NetworkInsightsAnalysisId": "nia-1"}},
        {"NetworkInsightsPathId": "nip-1", "AdditionalAccounts": [], "ClientToken": ANY, "TagSpecifications": ANY},
    )

    analyzer.ask(change(QUESTION, destination_vpc=HERE, protocol=Protocol.UDP, port=None), REQUEST_ID, "token")


def test_an_analysis_that_is_refused_says_so(ec2: Stubber, analyzer: ReachabilityAnalyzer) -> None:
    ec2.add_client_error("create_network_insights_path", "UnauthorizedOperation", "Not you.", http_status_code=403)

    with pytest.raises(AccessDenied, match="UnauthorizedOperation: Not you"):
        analyzer.ask(QUESTION, REQUEST_ID, "token")


@pytest.mark.parametrize(
    ("analysis", "reachable", "said"),
    [
        ({"Status": "succeeded", "NetworkPathFound": True}, True, "It found a path."),
        (
            {
                "Status": "succeeded",
                "NetworkPathFound": False,
                "Explanations": [{"ExplanationCode": code} for code in ("A", "B", "A")],
            },
            False,
            "It found no path: A, B.",
        ),
        (
            {
                "Status": "succeeded",
                "NetworkPathFound": False,
                "Explanations": [{"ExplanationCode": "NO_POSSIBLE_DESTINATION"}],
            },
            None,
            "It could not see the whole path: NO_POSSIBLE_DESTINATION.",
        ),
        ({"Status": "succeeded", "NetworkPathFound": False}, False, "It found no path: AWS does not say why."),
        (
            {"Status": "failed", "NetworkPathFound": False, "StatusMessage": "No permissions."},
            None,
            "Its analysis failed: No permissions.",
        ),
        ({"Status": "failed"}, None, "Its analysis failed: AWS does not say why."),
    ],
)
def test_what_an_analysis_says(
    ec2: Stubber, analyzer: ReachabilityAnalyzer, analysis: dict[str, Any], reachable: bool | None, said: str
) -> None:
    ec2.add_response(
        "describe_network_insights_analyses",
        {"NetworkInsightsAnalyses": [analysis]},
        {"NetworkInsightsAnalysisIds": ["nia-1"]},
    )

    answer = analyzer.poll(QUESTION, "nia-1")

    assert answer is not None
    assert (answer.reachable, answer.said) == (reachable, said)


@pytest.mark.parametrize("analyses", [[], [{"Status": "running"}]])
def test_an_analysis_that_has_not_ended_says_nothing(ec2: Stubber, analyzer: ReachabilityAnalyzer, analyses: list[Any]) -> None:
    ec2.add_response("describe_network_insights_analyses", {"NetworkInsightsAnalyses": analyses})

    assert analyzer.poll(QUESTION, "nia-1") is None


def test_an_analysis_that_cannot_be_seen_yet_says_nothing(ec2: Stubber, analyzer: ReachabilityAnalyzer) -> None:
    ec2.add_client_error("describe_network_insights_analyses", "InvalidNetworkInsightsAnalysisId.NotFound", "Not here.")

    assert analyzer.poll(QUESTION, "nia-1") is None


def test_only_the_requests_own_paths_go_and_none_that_is_still_analysed(ec2: Stubber, analyzer: ReachabilityAnalyzer) -> None:
    paths = [("nip-1", OURS), ("nip-2", OTHERS), ("nip-3", OURS)]
    described = [{"NetworkInsightsPathId": path_id, "Tags": tags} for path_id, tags in paths]
    ec2.add_response(
        "describe_network_insights_paths", {"NetworkInsightsPaths": [*described, {"NetworkInsightsPathId": "nip-4"}]}
    )
    for path_id, statuses in (("nip-1", ["succeeded", "failed"]), ("nip-3", ["succeeded", "running"])):
        analyses = [{"NetworkInsightsAnalysisId": f"{path_id}-{status}", "Status": status} for status in statuses]
        answer = {"NetworkInsightsAnalyses": analyses}
        ec2.add_response("describe_network_insights_analyses", answer, {"NetworkInsightsPathId": path_id})
        for status in statuses:
            if status != "running":
                ec2.add_response("delete_network_insights_analysis", {}, {"NetworkInsightsAnalysisId": f"{path_id}-{status}"})
        if path_id == "nip-1":
            ec2.add_response("delete_network_insights_path", {}, {"NetworkInsightsPathId": path_id})

    analyzer.clean_up(HERE, REQUEST_ID)


# --- The probe


def test_an_instance_is_told_what_to_try(ssm: Stubber, probes: Probes) -> None:
    ssm.add_response(
        "send_command",
        {"Command": {"CommandId": "11111111-1111-1111-1111-111111111111"}},
        {
            "DocumentName": "causeway-probe",
            "InstanceIds": ["i-0aaaaaaaaaaaaaaaa"],
            "Parameters": {"Address": ["192.0.0.10"], "Protocol": ["tcp"], "Port": ["22"]},
            "Comment": f"causeway {REQUEST_ID}",
            "TimeoutSeconds": 60,
        },
    )

    assert probes.ask(QUESTION, REQUEST_ID, "token") == "11111111-1111-1111-1111-111111111111"


def test_an_instance_that_systems_manager_does_not_know_is_a_refusal(ssm: Stubber, probes: Probes) -> None:
    ssm.add_client_error("send_command", "InvalidInstanceId", "Instances not in a valid state.")

    with pytest.raises(InvalidRequest, match="InvalidInstanceId: Instances not in a valid state"):
        probes.ask(change(QUESTION, flow=ping(), protocol=Protocol.ICMP, port=None), "one", "token")


def invocation(status: str = "Success", code: int = 0, out: str = "", error: str = "") -> dict[str, Any]:
    return {
        "Status": status,
        "StatusDetails": status,
        "ResponseCode": code,
        "StandardOutputContent": out,
        "StandardErrorContent": error,
    }


REFUSED = "bash: connect: Connection refused\nbash: line 1: /dev/tcp/192.0.0.10/22: Connection refused\n"


@pytest.mark.parametrize(
    ("answer", "reachable", "said"),
    [
        (invocation(out="64 bytes from 192.0.0.10: icmp_seq=1\n3 packets transmitted, 3 received"), True, "Its pings"),
        (invocation(out="connected\n"), True, "It was connected."),
        (invocation("Failed", 1, error=REFUSED), True, "Its connection was refused"),
        (invocation("Failed", 1, out="3 packets transmitted, 0 received, 100% packet loss"), False, "Nothing came back."),
        (invocation("Failed", 124), False, "Nothing came back."),
        (invocation("Failed", 1, error="bash: connect: No route to host"), False, "Its instance says: No route to host."),
        (invocation("Failed", 127, error="ping: command not found"), None, "It could not try: Failed, exit code 127 ping:"),
        (invocation(out="Step execution skipped due to unsupported platform"), None, "It could not try: Success, exit code 0"),
        (invocation("TimedOut", -1), None, "It could not try: TimedOut, exit code -1"),
    ],
)
def test_what_a_probe_says(ssm: Stubber, probes: Probes, answer: dict[str, Any], reachable: bool | None, said: str) -> None:
    command_id = "1" * 36
    asked = {"CommandId": command_id, "InstanceId": "i-0aaaaaaaaaaaaaaaa", "PluginName": "connect"}
    ssm.add_response("get_command_invocation", answer, asked)

    heard = probes.poll(QUESTION, command_id)

    assert heard is not None
    assert heard.reachable is reachable
    assert heard.said.startswith(said)


@pytest.mark.parametrize("status", ["Pending", "InProgress", "Delayed"])
def test_a_probe_that_is_under_way_says_nothing(ssm: Stubber, probes: Probes, status: str) -> None:
    ssm.add_response("get_command_invocation", invocation(status, -1))

    assert probes.poll(QUESTION, "1" * 36) is None


def test_a_probe_that_cannot_be_seen_yet_says_nothing(ssm: Stubber, probes: Probes) -> None:
    ssm.add_client_error("get_command_invocation", "InvocationDoesNotExist", "")

    assert probes.poll(QUESTION, "1" * 36) is None
