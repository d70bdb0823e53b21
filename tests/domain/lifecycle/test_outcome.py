"""How a run ended: the status for what its ledger and its error say."""

import json

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from causeway.domain.lifecycle.outcome import status_of
from causeway.domain.lifecycle.run import Occasion, Run
from causeway.domain.lifecycle.status import MAX_LISTED, State, Status, execution_name
from causeway.domain.lifecycle.step_error import StepError
from causeway.domain.model.errors import LedgerMissing
from causeway.domain.model.findings import Code, Finding
from causeway.domain.model.network import Vpc
from causeway.domain.model.request import Witness
from causeway.domain.model.values import PerSide, Side
from causeway.domain.planning.kinds import Change, CreatePeering, CreateRoute, DeleteRoute
from causeway.domain.planning.plan import Plan
from causeway.domain.planning.undo import Reversal, Undo
from causeway.domain.reachability.verdicts import Cause, Component, Endpoint, Hop, Verdict
from causeway.domain.witnesses.questions import plan_questions
from causeway.domain.witnesses.testimonies import Testimony, WitnessAnswer, WitnessCall
from tests.domain.networks import change, ping, request, ssh

NOW = "2026-01-15T09:30:00.000+00:00"
ROUTES = tuple(
    CreateRoute(side=Side.REQUESTER, route_table_id=f"rtb-a{number}", destination="192.0.0.0/16") for number in range(300)
)
PLAN = Plan(request_id="test-to-production", generation=3, connection_id="pcx-1", changes=ROUTES)
INFORMS = Finding(code=Code.NOTHING_TO_CHECK, where="tcp/22", message="Nothing to check.", blocking=False)
BLOCKS = Finding(code=Code.CIDR_OVERLAP, where="10.0.0.0/16", message="They overlap.")
OPEN = Finding(code=Code.OPEN_BEYOND_ALLOW, where="sg-b1", message="As planned.", blocking=False)
DENIED = StepError(error="AccessDenied", cause='{"errorMessage": "No role."}', state="UpdateRouteTables")


def hop(cause: Cause | None = None, *, resource: str = "acl-b1", returning: bool = False) -> Hop:
    return Hop(
        component=Component.NETWORK_ACL, resource_id=resource, decided_by="rule 100 denies", cause=cause, returning=returning
    )


def verdict(*hops: Hop, source: str = "10.0.0.183") -> Verdict:
    return Verdict(
        flow=ssh(),
        source=Endpoint(address=source, subnet_id="subnet-a1"),
        destination=Endpoint(address="192.0.0.206", subnet_id="subnet-b1"),
        hops=hops,
    )


WORKS = verdict(hop())
STOPPED = verdict(hop(), hop(Cause.SUBNET_ACL_RESTRICTION))
UNKNOWN = verdict(hop(), hop(Cause.APPLIANCE_IN_PATH, resource="rtb-b1"))


def run(**fields: object) -> Run:
    return change(Run(request=request(), generation=3, plan=PLAN), **fields)


def outcome(error: StepError | None = None, **fields: object) -> Status:
    return status_of(run(**fields), error, now=NOW)


def test_what_is_open_beyond_allow_is_told_as_it_was_seen_and_not_as_it_was_planned() -> None:
    planned, seen = PLAN.with_findings((OPEN,)), change(OPEN, message="As seen.")

    status = outcome(plan=planned, verdicts=(WORKS,), exposures=(seen,))

    assert (status.state, status.findings) == (State.ACTIVE, (seen,))
    assert outcome(plan=planned, verdicts=(WORKS,)).findings == ()
    assert OPEN not in outcome(DENIED, plan=planned).findings
    assert outcome(plan=PLAN.with_findings((BLOCKS, OPEN))).findings == (BLOCKS, OPEN)


def test_an_unknown_flow_is_told_as_it_was_seen_and_comes_before_those_that_work() -> None:
    foreseen = Finding(code=Code.FLOW_UNKNOWN, where="rtb-b1", message="As planned.", blocking=False)

    status = outcome(plan=PLAN.with_findings((foreseen,)), verdicts=(WORKS, UNKNOWN))

    (told,) = status.findings
    assert (told.code, told.where, told.blocking, told == foreseen) == (Code.FLOW_UNKNOWN, "rtb-b1", False, False)
    assert status.verdicts == (UNKNOWN, WORKS)
    shown = status.as_map()["verdicts"][0]
    assert (shown["verdict"], shown["reachable"], shown["blocked_by"]) == ("unknown", False, None)
    assert shown["missing"] == ["network ACL rtb-b1: rule 100 denies"]


def test_witnesses_are_heard_about_a_flow_that_is_unknown_and_none_disagrees() -> None:
    asked = change(request(), witnesses=(Witness.PROBE,))
    ends = {"source": Endpoint(address="10.0.0.183", subnet_id="subnet-a1", instance_id="i-a1")}
    ends["destination"] = Endpoint(address="192.0.0.206", subnet_id="subnet-b1", instance_id="i-b1")
    seen = change(UNKNOWN, **ends)
    (question,) = plan_questions(asked, (seen,)).questions
    said = Testimony.of(question, WitnessAnswer(reachable=False, said="Nothing came back."), "command-1")

    status = outcome(request=asked, verdicts=(seen,), heard=(said,))

    assert (status.state, status.testimonies) == (State.ACTIVE, (said,))
    assert [finding.code for finding in status.findings] == [Code.FLOW_UNKNOWN]


def test_what_was_open_before_an_undo_is_not_told() -> None:
    undone = Undo(request_id=PLAN.request_id, generation=3)

    status = outcome(verdicts=(STOPPED,), exposures=(OPEN,), undo=undone)

    assert [finding.code for finding in status.findings] == [Code.FLOW_BLOCKED]


@pytest.mark.parametrize(
    ("ended", "error", "state"),
    [
        (run(verdicts=(WORKS,)), None, State.ACTIVE),
        (run(plan=PLAN.with_findings((INFORMS,)), verdicts=()), None, State.ACTIVE),
        (run(plan=PLAN.with_findings((INFORMS, BLOCKS))), None, State.REJECTED),
        (run(verdicts=(WORKS, STOPPED)), None, State.FAILED),
        (run(verdicts=(WORKS, UNKNOWN)), None, State.ACTIVE),
        (run(verdicts=(UNKNOWN, STOPPED)), None, State.FAILED),
        (run(verdicts=(UNKNOWN,), occasion=Occasion.DRIFT), None, State.ACTIVE),
        (run(verdicts=(WORKS,)), DENIED, State.FAILED),
        (run(plan=None), DENIED, State.FAILED),
        (run(plan=PLAN.with_findings((BLOCKS,))), DENIED, State.FAILED),
        (run(occasion=Occasion.REMOVAL), None, State.REMOVED),
        (run(occasion=Occasion.REMOVAL), DENIED, State.FAILED),
        (run(occasion=Occasion.REMOVAL, plan=PLAN.with_findings((BLOCKS,))), None, State.FAILED),
    ],
)
def test_states(ended: Run, error: StepError | None, state: State) -> None:
    status = status_of(ended, error, now=NOW)

    assert status.state is state
    assert status.state.is_final
    assert (status.request_id, status.generation, status.updated_at) == ("test-to-production", 3, NOW)


def test_a_failed_step_is_told_first_with_its_own_words() -> None:
    status = outcome(DENIED, plan=PLAN.with_findings((INFORMS,)))

    assert status.findings == (
        Finding(
            code=Code.STEP_FAILED,
            where="UpdateRouteTables",
            message="UpdateRouteTables failed with AccessDenied: No role.",
        ),
        INFORMS,
    )


def test_what_was_made_is_listed_in_the_plans_order() -> None:
    status = outcome(DENIED, done=(ROUTES[2], ROUTES[0]))

    assert status.changes_made == (
        "Route 192.0.0.0/16 to the peering in rtb-a0",
        "Route 192.0.0.0/16 to the peering in rtb-a2",
    )


def undone(*reversals: Reversal, made: tuple[Change, ...] = ROUTES[:2]) -> Undo:
    return Undo(request_id="test-to-production", generation=3, made=made, reversals=reversals)


def back(route: CreateRoute) -> DeleteRoute:
    return DeleteRoute(side=route.side, route_table_id=route.route_table_id, destination=route.destination, target="pcx-1")


REVERSALS = tuple(Reversal(change=route, inverse=back(route)) for route in ROUTES[:2])


def test_what_was_undone_is_listed_and_nothing_is_left() -> None:
    ended = run(done=ROUTES[:1], undo=undone(*REVERSALS), undone=tuple(map(back, ROUTES[:2])))
    status = status_of(ended, DENIED, now=NOW)

    assert ended.is_undone
    assert (status.state, status.changes_made) == (State.FAILED, ())
    assert status.changes_undone == tuple(route.sentence for route in ROUTES[:2])
    assert [finding.code for finding in status.findings] == [Code.STEP_FAILED]


def test_what_could_not_be_undone_is_named_one_by_one() -> None:
    """Of three changes one was undone, one failed to be and one cannot be; and why."""
    for_good = Reversal(change=ROUTES[2], inverse=None)
    ended = run(undo=undone(*REVERSALS, for_good, made=ROUTES[:3]), undone=(back(ROUTES[1]),))
    status = status_of(ended, DENIED, undo_error=change(DENIED, state="DeletePeering"), now=NOW)

    assert not ended.is_undone
    assert status.changes_made == (ROUTES[0].sentence, ROUTES[2].sentence)
    assert status.changes_undone == (ROUTES[1].sentence,)
    assert [(finding.code, finding.where, finding.side) for finding in status.findings] == [
        (Code.STEP_FAILED, "UpdateRouteTables", None),
        (Code.STEP_FAILED, "DeletePeering", None),
        (Code.UNDO_INCOMPLETE, request().requester.vpc_id, Side.REQUESTER),
        (Code.UNDO_INCOMPLETE, request().requester.vpc_id, Side.REQUESTER),
    ]
    assert ROUTES[0].sentence in status.findings[2].message


def test_an_undo_that_could_not_even_look_says_so_and_lists_what_the_steps_reported() -> None:
    ended = run(done=ROUTES[:1])
    status = status_of(ended, DENIED, undo_error=change(DENIED, state="UndoChanges"), now=NOW)

    assert not ended.is_undone
    assert status.changes_made == (ROUTES[0].sentence,)
    assert [(finding.code, finding.where) for finding in status.findings[2:]] == [
        (Code.UNDO_INCOMPLETE, request().requester.vpc_id),
        (Code.UNDO_INCOMPLETE, "test-to-production"),
    ]


def test_a_flow_that_is_blocked_is_told_though_its_run_is_undone() -> None:
    status = outcome(verdicts=(STOPPED,), undo=undone(*REVERSALS), undone=tuple(map(back, ROUTES[:2])))

    assert (status.state, status.changes_made) == (State.FAILED, ())
    assert [finding.code for finding in status.findings] == [Code.FLOW_BLOCKED]


@pytest.mark.parametrize(("found", "expected"), [(None, None), ("pcx-1", "pcx-1")])
def test_a_connection_that_was_made_and_undone_is_none(found: str | None, expected: str | None) -> None:
    create = CreatePeering(vpc=request().requester, peer=request().accepter, tags={})
    ended = run(connection_id="pcx-1", plan=change(PLAN, connection_id=found, changes=(create,)), undo=undone(made=(create,)))

    assert status_of(ended, DENIED, now=NOW).peering_connection_id == expected


def test_an_undo_that_is_not_saved_cannot_be_carried_out() -> None:
    with pytest.raises(LedgerMissing, match="no undo"):
        run().plan_for(undoing=True)


def test_a_blocked_flow_is_a_finding_and_blocked_verdicts_come_first() -> None:
    status = outcome(verdicts=(WORKS, STOPPED))

    assert status.verdicts == (STOPPED, WORKS)
    (finding,) = status.findings
    assert (finding.code, finding.where) == (Code.FLOW_BLOCKED, "acl-b1")
    assert finding.message.startswith(
        "The network ACL acl-b1 stops tcp/22 from requester to accepter, for example 10.0.0.183 to 192.0.0.206: rule 100 denies"
    )


def test_a_blocked_flow_is_told_once_for_each_thing_that_stops_it() -> None:
    there, back = Cause.SUBNET_ACL_RESTRICTION, Cause.ENI_SG_RULES_MISMATCH
    verdicts = (
        verdict(hop(there)),
        verdict(hop(there), hop(back, resource="sg-b1"), source="10.0.0.184"),
        verdict(hop(there, returning=True), source="10.0.0.185"),
        verdict(hop(back, resource="sg-b1"), source="10.0.0.186"),
    )

    messages = [finding.message for finding in outcome(verdicts=verdicts).findings]

    assert [("the answers to" in message, "sg-b1" in message) for message in messages] == [
        (False, False),
        (True, False),
        (False, True),
    ]


def witnessed(said: bool | None, **fields: object) -> Status:
    """How a run ends whose request names the probe, which says this."""
    instance = Endpoint(address="192.0.0.206", subnet_id="subnet-b1", network_interface_id="eni-b1", instance_id="i-b1")
    works = change(WORKS, source=change(instance, address="10.0.0.183", instance_id="i-a1"), destination=instance)
    (question,) = plan_questions(request(witnesses=(Witness.PROBE,)), [works]).questions
    told = {
        "calls": (WitnessCall(question=question, called_at=NOW, reference="command-1"),),
        "heard": (Testimony.of(question, WitnessAnswer(reachable=said, said="It says so."), "command-1"),),
    }
    of_both = {"request": request(witnesses=(Witness.PROBE,)), "verdicts": (works,)}
    return status_of(run(**{**of_both, **told, **fields}), None, now=NOW)


@pytest.mark.parametrize(("said", "codes"), [(True, []), (None, []), (False, [Code.WITNESSES_DISAGREE])])
def test_a_witness_is_told_and_fails_no_run(said: bool | None, codes: list[Code]) -> None:
    status = witnessed(said)

    assert status.state is State.ACTIVE
    assert [each.reachable for each in status.testimonies] == [said]
    assert [finding.code for finding in status.findings] == codes


def test_a_witness_whom_no_step_could_ask_is_told_too() -> None:
    (testimony,) = witnessed(True, calls=(), heard=()).testimonies

    assert (testimony.reachable, testimony.said.partition(":")[0]) == (None, "Not asked")


def test_nobody_is_told_of_where_a_flow_is_blocked() -> None:
    assert witnessed(True, verdicts=(WORKS, STOPPED)).testimonies == ()
    assert witnessed(True, undo=undone(*REVERSALS)).testimonies == ()


def test_an_item_lists_what_it_has_room_for() -> None:
    findings = tuple(change(BLOCKS, where=str(number)) for number in range(300))
    status = outcome(verdicts=(WORKS,) * 200 + (STOPPED,), done=ROUTES, plan=PLAN.with_findings(findings))

    assert [len(status.findings), len(status.verdicts), len(status.changes_made)] == [MAX_LISTED] * 3
    assert status.verdicts[0] == STOPPED


@pytest.mark.parametrize(
    ("made", "found", "expected"),
    [("pcx-2", None, "pcx-2"), (None, "pcx-1", "pcx-1"), ("pcx-2", "pcx-1", "pcx-2"), (None, None, None)],
)
def test_the_connection_is_the_one_made_or_the_one_found(made: str | None, found: str | None, expected: str | None) -> None:
    ended = run(connection_id=made, plan=change(PLAN, connection_id=found))

    assert status_of(ended, None, now=NOW).peering_connection_id == expected
    if expected:
        assert ended.known_connection_id == expected
    else:
        with pytest.raises(LedgerMissing, match=r"no connection.*generation 3"):
            _ = ended.known_connection_id


def test_without_a_plan_there_is_no_connection_and_no_plan_to_go_by() -> None:
    assert outcome(DENIED, plan=None).peering_connection_id is None
    with pytest.raises(LedgerMissing, match=r"no plan.*Put the item again"):
        _ = run(plan=None).saved_plan


@pytest.mark.parametrize(
    ("cause", "message"),
    [
        ('{"errorMessage": "It is gone.", "errorType": "ResourceNotFound"}', "It is gone."),
        ('{"other": 1}', '{"other": 1}'),
        ("[1]", "[1]"),
        ("Task timed out after 60.00 seconds", "Task timed out after 60.00 seconds"),
        ("", "States.Timeout"),
    ],
)
def test_the_words_of_an_error(cause: str, message: str) -> None:
    assert StepError(error="States.Timeout", cause=cause, state="PlanPeering").message == message


def test_an_error_as_step_functions_hands_it_over() -> None:
    given_error = {"Error": "States.Timeout", "Cause": "too long", "State": "PlanPeering", "ExecutionRoleArn": "ignored"}

    assert msgspec.convert(given_error, StepError) == StepError(error="States.Timeout", cause="too long", state="PlanPeering")
    assert msgspec.convert({"Error": "States.Timeout"}, StepError).message == "States.Timeout"


@given(st.text())
def test_any_cause_is_some_text(cause: str) -> None:
    assert isinstance(StepError(error="x", cause=cause).message, str)


def test_the_status_as_it_stands_on_the_item() -> None:
    stopped = change(STOPPED, flow=ping())
    on_item = json.loads(json.dumps(outcome(verdicts=(WORKS, stopped), done=ROUTES[:1]).as_map()))

    assert set(on_item) == {
        "state", "generation", "updated_at", "execution", "peering_connection_id", "cidr_blocks", "vpc_names",
        "findings", "verdicts", "testimonies", "approval", "changes_planned", "changes_made", "changes_undone",
    }  # fmt: skip
    assert (on_item["state"], on_item["execution"]) == ("FAILED", "test-to-production-3")
    assert on_item["peering_connection_id"] == "pcx-1"
    assert [(each["flow"], each["reachable"]) for each in on_item["verdicts"]] == [
        ("icmp from requester to accepter", False),
        ("tcp/22 from requester to accepter", True),
    ]
    assert on_item["verdicts"][0]["blocked_by"]["cause"] == "SUBNET_ACL_RESTRICTION"
    assert on_item["verdicts"][1]["blocked_by"] is None
    assert on_item["findings"][0]["side"] is None


def test_the_vpcs_as_the_plan_saw_them_stand_on_the_item() -> None:
    ref = request().requester
    named = Vpc(
        ref=ref,
        cidr_blocks=("10.0.0.0/16",),
        ipv6_cidr_blocks=("2001:db8::/56",),
        excluded_cidr_blocks=("100.64.0.0/16",),
        tags={"Name": "Test"},
    )
    seen = PerSide(requester=named, accepter=Vpc(ref=request().accepter, cidr_blocks=("192.0.0.0/16",), tags={"Name": ""}))

    on_item = outcome(plan=change(PLAN, vpcs=seen)).as_map()
    assert on_item["cidr_blocks"] == {
        "requester": ["10.0.0.0/16", "2001:db8::/56", "100.64.0.0/16"],
        "accepter": ["192.0.0.0/16"],
    }
    assert on_item["vpc_names"] == {"requester": "Test", "accepter": None}


def test_vpcs_that_nobody_saw_have_no_blocks_on_the_item() -> None:
    on_item = outcome(plan=None).as_map()

    assert on_item["cidr_blocks"] == {"requester": [], "accepter": []}
    assert on_item["vpc_names"] == {"requester": None, "accepter": None}


def test_an_execution_name_fits() -> None:
    assert execution_name("x" * 64, 10**10 - 1) == "x" * 64 + "-9999999999"
    assert len(execution_name("x" * 64, 10**10 - 1)) <= 80


def test_what_a_run_knows_survives_the_ledger() -> None:
    whole = run(connection_id="pcx-2", done=ROUTES[:1], verdicts=(WORKS, STOPPED))

    assert msgspec.json.decode(msgspec.json.encode(whole), type=Run) == whole
