"""The other witnesses: what each is asked, what becomes of it, and when it is a finding."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from causeway.domain.model.findings import Code
from causeway.domain.model.protocols import ALL_PORTS, PortRange, Protocol
from causeway.domain.model.request import Flow, Request, Witness
from causeway.domain.model.values import Side
from causeway.domain.reachability.verdicts import Cause, Component, Endpoint, Hop, Verdict
from causeway.domain.witnesses.questions import MOST_QUESTIONS, plan_questions
from causeway.domain.witnesses.testimonies import (
    ANSWER_TIMEOUT,
    Testimony,
    WitnessAnswer,
    WitnessCall,
    WitnessPlan,
    WitnessQuestion,
    disagreements,
    testimonies,
)
from tests.domain.networks import any_flow as flows
from tests.domain.networks import change, flow, ping, request, ssh

BOTH = (Witness.REACHABILITY_ANALYZER, Witness.PROBE)
ANALYZER, PROBE = BOTH
BLOCKS = Hop(component=Component.NETWORK_ACL, resource_id="acl-b1", decided_by="denies", cause=Cause.SUBNET_ACL_RESTRICTION)


def end(address: str, *, interface: bool = True, instance: bool = True) -> Endpoint:
    name = address.replace(".", "").replace(":", "")
    return Endpoint(
        address=address,
        subnet_id="subnet",
        network_interface_id=f"eni-{name}" if interface else None,
        instance_id=f"i-{name}" if interface and instance else None,
    )


HERE, THERE = end("10.0.0.10"), end("192.0.0.10")
HERE_IPV6, THERE_IPV6 = end("2600:1f00:a::10"), end("2600:1f00:b::10")


def verdict(of: Flow, source: Endpoint = HERE, destination: Endpoint = THERE, *hops: Hop) -> Verdict:
    return Verdict(flow=of, source=source, destination=destination, hops=hops)


def wanted(*witnesses: Witness, **changes: object) -> Request:
    return change(request(**changes), witnesses=witnesses)  # type: ignore[arg-type]


def asked(witness: Witness, *verdicts: Verdict) -> tuple[WitnessQuestion, ...]:
    return plan_questions(wanted(witness), verdicts).questions


def refused(witness: Witness, *verdicts: Verdict, of: Request | None = None) -> list[str]:
    """Why it is not asked."""
    prepared = plan_questions(of or wanted(witness), verdicts)
    assert prepared.questions == ()
    assert {each.reachable for each in prepared.unasked} == {None}
    return [each.said for each in prepared.unasked]


def test_nobody_is_asked_unless_the_request_names_them() -> None:
    assert plan_questions(request(), [verdict(ssh())]) == WitnessPlan()


def test_a_question_has_all_that_its_witness_needs() -> None:
    ours = wanted(*BOTH)

    analysis, probe = plan_questions(ours, [verdict(ssh(Side.ACCEPTER), THERE, HERE)]).questions

    assert analysis == WitnessQuestion(
        witness=ANALYZER,
        flow=ssh(Side.ACCEPTER),
        source=THERE,
        destination=HERE,
        source_vpc=ours.accepter,
        destination_vpc=ours.requester,
        protocol=Protocol.TCP,
        port=22,
    )
    assert probe == change(analysis, witness=PROBE)


def test_each_flow_is_asked_about_once_in_each_family() -> None:
    assumed, idle = end("10.0.0.9", interface=False), end("10.0.0.8", instance=False)
    others = [verdict(ssh(), end(f"10.0.0.{host}")) for host in range(20, 40)]

    ways = [verdict(ssh(), assumed), verdict(ssh(), idle), verdict(ssh()), *others, verdict(ssh(), HERE_IPV6, THERE_IPV6)]

    assert [question.source for question in asked(ANALYZER, *ways)] == [idle]
    assert [question.source for question in asked(PROBE, *ways)] == [HERE, HERE_IPV6]


def test_ends_between_which_it_is_unknown_are_asked_about_first() -> None:
    hidden = change(BLOCKS, cause=Cause.APPLIANCE_IN_PATH)
    unknown = verdict(ssh(), end("10.0.0.11"), THERE, hidden)

    (question,) = asked(PROBE, verdict(ssh()), unknown)

    assert question.source == unknown.source


@pytest.mark.parametrize(
    ("witness", "of", "protocol", "port"),
    [
        (PROBE, ping(), Protocol.ICMP, None),
        (PROBE, flow(Side.REQUESTER, Protocol.ALL), Protocol.ICMP, None),
        (ANALYZER, flow(Side.REQUESTER, Protocol.ALL), Protocol.TCP, None),
        (ANALYZER, flow(Side.REQUESTER, Protocol.UDP, 53), Protocol.UDP, 53),
        (PROBE, flow(Side.REQUESTER, Protocol.TCP, PortRange(first=8000, last=8080)), Protocol.TCP, 8000),
        (PROBE, flow(Side.REQUESTER, Protocol.TCP, ALL_PORTS), Protocol.TCP, 1),
        (ANALYZER, flow(Side.REQUESTER, Protocol.TCP, PortRange(first=0, last=22)), Protocol.TCP, 1),
    ],
)
def test_what_stands_for_a_flow(witness: Witness, of: Flow, protocol: Protocol, port: int | None) -> None:
    (question,) = asked(witness, verdict(of))

    assert (question.protocol, question.port) == (protocol, port)


def test_what_cannot_be_asked_says_why() -> None:
    udp = flow(Side.REQUESTER, Protocol.UDP, 53)

    assert refused(ANALYZER, verdict(ping())) == ["Not asked: it knows TCP and UDP only."]
    assert refused(ANALYZER, verdict(ssh(), HERE_IPV6, THERE_IPV6)) == ["Not asked: it knows IPv4 only."]
    assert refused(ANALYZER, verdict(ssh(), end("10.0.0.9", interface=False))) == [
        "Not asked: it takes network interfaces, and a side has none."
    ]
    assert refused(ANALYZER, verdict(ssh()), of=wanted(ANALYZER, accepter_region="eu-west-1")) == [
        "Not asked: it knows one region, and the VPCs are in two."
    ]
    assert refused(PROBE, verdict(udp)) == ["Not asked: nobody has to answer a UDP datagram, so silence would say nothing."]
    assert refused(PROBE, verdict(ssh(), HERE, end("192.0.0.9", instance=False))) == [
        "Not asked: it takes instances, and a side has none."
    ]


def test_what_is_too_much_is_not_asked_and_told() -> None:
    many = [verdict(flow(Side.REQUESTER, Protocol.TCP, port)) for port in range(1, MOST_QUESTIONS + 3)]

    prepared = plan_questions(wanted(*BOTH), many)

    assert [question.witness for question in prepared.questions] == [ANALYZER] * MOST_QUESTIONS + [PROBE] * MOST_QUESTIONS
    assert [(each.witness, each.flow.ports) for each in prepared.unasked] == [
        (witness, each.flow.ports) for witness in BOTH for each in many[MOST_QUESTIONS:]
    ]


ENDS = st.sampled_from(
    [
        *product([HERE, end("10.0.0.9", interface=False)], [THERE, end("192.0.0.9", instance=False)]),
        (HERE_IPV6, THERE_IPV6),
    ]
)


@st.composite
def any_verdicts(draw: st.DrawFn) -> tuple[Verdict, ...]:
    """Of every flow some, each way once."""
    found = draw(st.lists(st.tuples(flows(), ENDS), max_size=20, unique=True))
    return tuple(verdict(of, *(ends if of.source is Side.REQUESTER else reversed(ends))) for of, ends in found)


@given(any_verdicts(), st.lists(st.sampled_from(BOTH), unique=True), st.sampled_from(["us-east-1", "eu-west-1"]))
def test_every_way_has_one_testimony_of_each_witness(
    verdicts: tuple[Verdict, ...], witnesses: list[Witness], region: str
) -> None:
    prepared = plan_questions(wanted(*witnesses, accepter_region=region), verdicts)

    told = testimonies(prepared, (), ())

    ways = {(each.flow, ":" in each.source.address) for each in verdicts}
    assert sorted((each.witness, str(each.flow), ":" in each.source) for each in told) == sorted(
        (witness, str(of), ipv6) for witness in witnesses for of, ipv6 in ways
    )
    assert all(each.reachable is None and each.said.startswith("Not asked: ") for each in told)
    for witness in witnesses:
        assert sum(question.witness is witness for question in prepared.questions) <= MOST_QUESTIONS
    assert plan_questions(wanted(*witnesses, accepter_region=region), verdicts) == prepared


# --- What becomes of a question


def question_of(of: Flow, witness: Witness = PROBE) -> WitnessQuestion:
    (question,) = asked(witness, verdict(of))
    return question


CALLED_AT = "2026-01-15T09:30:00.000+00:00"
ASKED, UNHEARD, SILENT, HEARD = (question_of(flow(Side.REQUESTER, Protocol.TCP, port)) for port in range(1, 5))
CALLS = (
    WitnessCall(question=UNHEARD, called_at=CALLED_AT, refusal="AccessDenied: No role."),
    WitnessCall(question=SILENT, called_at=CALLED_AT, reference="command-3"),
    WitnessCall(question=HEARD, called_at=CALLED_AT, reference="command-4"),
)
FOUND = Testimony.of(HEARD, WitnessAnswer(reachable=True, said="It was connected."), "command-4")


def test_nobody_is_left_out_in_silence() -> None:
    told = testimonies(WitnessPlan(questions=(ASKED, UNHEARD, SILENT, HEARD), unasked=(FOUND,)), CALLS, (FOUND,))

    assert [(each.reachable, each.said, each.reference) for each in told] == [
        (None, "Not asked: the step that does so failed, and its log has the reason.", None),
        (None, "Not asked: AccessDenied: No role.", None),
        (None, "It has not answered.", "command-3"),
        (True, "It was connected.", "command-4"),
        (True, "It was connected.", "command-4"),
    ]


def test_a_witness_has_some_minutes() -> None:
    called = datetime.fromisoformat(CALLED_AT)

    assert not CALLS[1].has_timed_out(called + ANSWER_TIMEOUT)
    assert CALLS[1].has_timed_out(called + ANSWER_TIMEOUT + timedelta(seconds=1))


# --- What is a finding


def testimony(witness: Witness, reachable: bool | None, of: Flow) -> Testimony:
    return change(FOUND, witness=witness, reachable=reachable, flow=of, said="It says so.", reference="nia-1")


@pytest.mark.parametrize("works", [True, False])
@pytest.mark.parametrize("said", [True, False, None])
def test_only_a_contradiction_is_a_finding(*, works: bool, said: bool | None) -> None:
    judged = verdict(ssh(), HERE, THERE, *(() if works else (BLOCKS,)))

    findings = list(disagreements([testimony(ANALYZER, said, ssh())], [judged]))

    assert [finding.code for finding in findings] == [Code.WITNESSES_DISAGREE] * (said is not None and said != works)
    assert [finding.blocking for finding in findings] == [False] * len(findings)


def test_a_contradiction_names_both_sides_and_where_to_look() -> None:
    (finding,) = disagreements([testimony(ANALYZER, False, ssh())], [verdict(ssh()), verdict(ping(), HERE, THERE, BLOCKS)])

    assert finding.where == "nia-1"
    assert finding.message == (
        "Causeway's check says that this works, and another witness says otherwise. Reachability Analyzer on tcp/22 from "
        "requester to accepter, 10.0.0.10 to 192.0.0.10: not reachable. It says so."
    )


def test_a_testimony_about_something_that_was_not_judged_contradicts_nothing() -> None:
    assert list(disagreements([testimony(PROBE, False, ping())], [verdict(ssh())])) == []


def one_of_each() -> Iterator[Testimony]:
    for reachable in (True, False, None):
        yield testimony(PROBE, reachable, ssh())


def test_a_testimony_as_people_read_it() -> None:
    assert [each.sentence.partition(": ")[2] for each in one_of_each()] == [
        "reachable. It says so.",
        "not reachable. It says so.",
        "cannot tell. It says so.",
    ]
    assert next(one_of_each()).as_map() == {
        "witness": "probe",
        "flow": "tcp/22 from requester to accepter",
        "source": "10.0.0.10",
        "destination": "192.0.0.10",
        "reachable": True,
        "said": "It says so.",
        "reference": "nia-1",
    }
