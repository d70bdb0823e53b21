"""The state machine: what its definition promises, and that moto's interpreter takes the steps in that order."""

import json
import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Lock
from typing import Any

import boto3
import pytest
from moto import mock_aws
from moto.stepfunctions.parser.asl.component.state.exec.state_task import lambda_eval_utils
from moto.stepfunctions.parser.asl.eval.callback.callback import (
    CallbackOutcome,
    CallbackOutcomeFailure,
    CallbackOutcomeSuccess,
)

from causeway.domain.model import errors
from localcloud import ec2 as emulated_ec2
from localcloud.stepfunctions import jsonata

type Document = dict[str, Any]
type Answer = Document | str
"""A step's output, or the type of the error that it raises."""
type Script = dict[str, Answer | Callable[[Document], Answer]]
"""What each step answers, or how it finds its answer in what it is given."""

ROOT = Path(__file__).parents[2]
AFTER_AN_ERROR = {
    "PlanPeering": "RecordOutcome",
    "AskApproval": "RecordOutcome",
    "CallWitnesses": "HearWitnesses",
    "HearWitnesses": "RecordOutcome",
}
"""Where it goes on after a step that has changed nothing of the network."""

PLATFORM_ERRORS = ("Lambda.", "Runtime.", "Sandbox.", "States.")
DIED = {
    "Lambda.Unknown",
    "Runtime.ExitError",
    "Runtime.OutOfMemory",
    "Runtime.Unknown",
    "Sandbox.Failure",
    "Sandbox.Timedout",
    "States.Timeout",
}
"""What a function's process or its sandbox came to: killed, out of memory, too slow, lost. Lambda.Unknown is the older name."""
LAMBDAS_OWN_FAULTS = {
    "Lambda.AWSLambdaException",
    "Lambda.ClientExecutionTimeoutException",
    "Lambda.ResourceConflictException",
    "Lambda.ResourceNotReadyException",
    "Lambda.SdkClientException",
    "Lambda.ServiceException",
    "Lambda.TooManyRequestsException",
}
"""Step Functions guide, "Handle transient Lambda service exceptions". The two about a resource: a function is being updated."""


def states(definition: Document) -> Iterator[tuple[str, Document]]:
    for name, state in definition["States"].items():
        yield name, state
        if "ItemProcessor" in state:
            yield from states(state["ItemProcessor"])


def tasks(definition: Document) -> dict[str, Document]:
    return {name: state for name, state in states(definition) if state["Type"] == "Task"}


def steps(definition: Document) -> dict[str, Document]:
    return {name: state for name, state in tasks(definition).items() if name != "RecordOutcome"}


def function_of(task: Document) -> str:
    """A task names its function as its resource, but for one that waits for a token."""
    function: str = task["Arguments"]["FunctionName"] if task["Resource"].endswith(".waitForTaskToken") else task["Resource"]
    return function


def retriers(task: Document) -> list[Document]:
    """Those that try again; one of no attempts says what is not tried again."""
    return [retry for retry in task["Retry"] if retry.get("MaxAttempts") != 0]


def descendants(kind: type[Exception]) -> set[str]:
    return {each.__name__ for each in kind.__subclasses__()}


def test_every_state_says_what_it_does(flow: Document) -> None:
    assert [name for name, state in states(flow) if not state.get("Comment")] == []


def test_everything_that_can_hang_has_a_timeout(flow: Document, hub_source: Document) -> None:
    function_timeout = hub_source["Globals"]["Function"]["Timeout"]
    assert flow["TimeoutSeconds"] > 0
    assert {name for name, state in tasks(flow).items() if state["TimeoutSeconds"] <= function_timeout} == set()


def test_each_task_is_the_function_of_its_name(flow: Document, hub_source: Document) -> None:
    substitutions = hub_source["Resources"]["StateMachine"]["Properties"]["DefinitionSubstitutions"]
    arns = {name: value for name, value in substitutions.items() if name not in {"Partition", "RetryNow", "RetryLater"}}
    assert {name: function_of(state) for name, state in tasks(flow).items()} == {
        name.removesuffix("Arn"): f"${{{name}}}" for name in arns
    }
    assert arns == {f"{name}Arn": {"Fn::GetAtt": [name, "Arn"]} for name in tasks(flow)}


def test_every_step_retries_every_error_that_asks_for_it(flow: Document) -> None:
    for name, state in steps(flow).items():
        now, *later = retriers(state)
        own = {error for error in now["ErrorEquals"] if not error.startswith(PLATFORM_ERRORS)}
        assert own == descendants(errors.RetryNowError), name
        waited_for = {error for retry in later for error in retry["ErrorEquals"]}
        of_others = {"PairBusy": "PlanPeering", "WitnessesNotReady": "HearWitnesses"}
        assert waited_for == descendants(errors.RetryLaterError) - {error for error, step in of_others.items() if step != name}


def test_a_function_that_died_and_lambdas_own_faults_are_tried_again(flow: Document) -> None:
    """Not what no repetition helps, such as Runtime.ImportModuleError."""
    for name, state in steps(flow).items():
        now = retriers(state)[0]
        platform = {error for error in now["ErrorEquals"] if error.startswith(PLATFORM_ERRORS)}
        assert platform == DIED | LAMBDAS_OWN_FAULTS, name


def test_only_a_decision_that_nobody_took_is_excepted_from_the_retries(flow: Document) -> None:
    refused = {name: state["Retry"][0] for name, state in tasks(flow).items() if retriers(state) != state["Retry"]}
    assert refused == {"AskApproval": {"ErrorEquals": ["States.Timeout"], "MaxAttempts": 0}}


def test_every_retry_has_jitter_and_an_end(flow: Document) -> None:
    for state in tasks(flow).values():
        for retry in retriers(state):
            assert retry["JitterStrategy"] == "FULL"
            assert retry["MaxAttempts"] <= (120 if retry["ErrorEquals"] == ["PairBusy"] else 30)
            assert retry["MaxDelaySeconds"] <= 30


def test_whatever_a_step_raises_is_caught(flow: Document) -> None:
    for name, state in steps(flow).items():
        *earlier, catch = state["Catch"]
        assert [each["ErrorEquals"] for each in earlier] == ([["ApprovalWithdrawn"]] if name == "AskApproval" else []), name
        assert catch["ErrorEquals"] == ["States.ALL"], name
        after = AFTER_AN_ERROR.get(name, "WhatIsLeft")
        assert catch["Next"] == (after if name in flow["States"] else "LeaveTheOthersRunning")


def test_recording_the_outcome_is_tried_again_whatever_happened(flow: Document) -> None:
    (retry,) = flow["States"]["RecordOutcome"]["Retry"]
    assert retry["ErrorEquals"] == ["States.ALL"]


class Steps:
    """Stands for the functions: answers as told, and remembers what each was given."""

    def __init__(self, script: Script) -> None:
        self.calls: list[tuple[str, Document]] = []
        self._script = script
        self._lock = Lock()

    def invoke(self, env: Any, parameters: Document, *_: Any, **__: Any) -> None:
        name, given = parameters["FunctionName"].rpartition(":")[2], json.loads(parameters["Payload"])
        with self._lock:
            self.calls.append((name, given))
        answer = self._script[name]
        told = answer(given) if callable(answer) else answer
        if name == "AskApproval":
            self._decide(env, given["token"], told)
            return
        if isinstance(told, str):
            cause = json.dumps({"errorType": told, "errorMessage": f"{name} says so"})
            raise lambda_eval_utils.LambdaFunctionErrorException(told, cause)
        env.stack.append({"Payload": told})

    def _decide(self, env: Any, token: str, told: Answer) -> None:
        """What people say, by the token; an empty answer is none."""
        if isinstance(told, str):
            outcome: CallbackOutcome = CallbackOutcomeFailure(callback_id=token, error=told, cause="They say so.")
        else:
            outcome = CallbackOutcomeSuccess(callback_id=token, output="{}")
        if told:
            env.callback_pool_manager.get(token).notify(outcome)
        env.stack.append({"Payload": {}})

    @property
    def names(self) -> list[str]:
        return [name for name, _ in self.calls]

    @property
    def updates(self) -> list[tuple[str, Document]]:
        """The calls of the update steps."""
        return [(name, given) for name, given in self.calls if "side" in given]


REFERENCE = {"request_id": "test-to-production", "generation": 3}
EXECUTION = {"execution": "arn:aws:states:us-east-1:123456789012:execution:peering:test-to-production-3"}


def updates(*steps: str, removing: bool) -> list[Document]:
    return [{"side": side, "step": step, "removing": removing} for side in ("requester", "accepter") for step in steps]


ADDITIONS = updates("UpdateRouteTables", "UpdateSecurityGroups", "ConfigureDns", "UpdateTags", removing=False)
REMOVALS = updates("UpdateRouteTables", "UpdateSecurityGroups", removing=True)
NO = dict.fromkeys(("superseded", "blocked", "ask", "request", "accept", "delete"), False)
NOTHING = NO | {"rounds": [], "check": True}
NO_CHECK = NOTHING | {"check": False}
EVERYTHING = NOTHING | {"request": True, "accept": True, "rounds": [{"updates": ADDITIONS}]}
CHANGE = NOTHING | {"rounds": [{"updates": ADDITIONS}, {"updates": REMOVALS}]}
REMOVAL = NOTHING | {"rounds": [{"updates": REMOVALS}], "delete": True, "check": False}
WORKING: Script = {
    "PlanPeering": EVERYTHING,
    "RequestPeering": {"connection_id": "pcx-1"},
    "AcceptPeering": {"connection_id": "pcx-1"},
    "UpdateRouteTables": {"changes": 1},
    "UpdateSecurityGroups": {"changes": 1},
    "ConfigureDns": {"changes": 1},
    "UpdateTags": {"changes": 1},
    "DeletePeering": {"connection_id": "pcx-1"},
    "CheckReachability": {"blocked": False, "witnesses": False},
    "CallWitnesses": {"questions": 2},
    "HearWitnesses": {"testimonies": 2},
    "UndoChanges": NO_CHECK,
    "RecordOutcome": {"state": "ACTIVE"},
}
FAILED: Script = {"RecordOutcome": {"state": "FAILED"}}


def calls_of(updates: list[Document], *, undoing: bool = False) -> list[tuple[str, Document]]:
    """What these updates ask of the functions."""
    return [(update["step"], REFERENCE | update | {"undoing": undoing}) for update in updates]


def ended(error: Document | None = None, undo_error: Document | None = None) -> tuple[str, Document]:
    """What RecordOutcome is told."""
    return ("RecordOutcome", REFERENCE | EXECUTION | {"error": error, "undo_error": undo_error})


def raised(step: str, error: str) -> Document:
    """An error as the state machine keeps it."""
    cause = json.dumps({"errorType": error, "errorMessage": f"{step} says so"})
    return {"Error": error, "Cause": cause, "State": step}


def failing(answers: list[Answer]) -> Callable[[Document], Answer]:
    """Answers in turn; the last one again and again."""
    left = list(answers)
    return lambda _: left.pop(0) if len(left) > 1 else left[0]


def in_any_order(calls: list[tuple[str, Document]]) -> list[tuple[str, Document]]:
    return sorted(calls, key=lambda call: (call[0], call[1]["side"]))


@pytest.fixture
def run(flow: Document, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[Steps], Document]]:
    """Runs the flow to its end, on answers instead of functions."""
    jsonata.install()
    emulated_ec2.install()
    arn = r"arn:aws:lambda:us-east-1:123456789012:function:\1"
    with mock_aws(config={"stepfunctions": {"execute_state_machine": True}}):
        client = boto3.client("stepfunctions", "us-east-1")

        def execute(scripted: Steps) -> Document:
            monkeypatch.setattr(lambda_eval_utils, "execute_lambda_function_integration", scripted.invoke)
            definition = re.sub(r"\$\{(\w+)Arn\}", arn, json.dumps(flow))
            machine = client.create_state_machine(
                name="peering", definition=definition, roleArn="arn:aws:iam::123456789012:role/peering"
            )
            started = client.start_execution(
                stateMachineArn=machine["stateMachineArn"], name="test-to-production-3", input=json.dumps(REFERENCE)
            )
            deadline = time.monotonic() + 20
            while time.monotonic() < deadline:
                execution = client.describe_execution(executionArn=started["executionArn"])
                if execution["status"] != "RUNNING":
                    return dict(execution)
                time.sleep(0.01)
            raise AssertionError(f"still running after {scripted.calls}")

        yield execute


def test_it_takes_every_step_with_a_reference_to_the_run(run: Callable[[Steps], Document]) -> None:
    scripted = Steps(WORKING)
    assert run(scripted)["status"] == "SUCCEEDED"
    assert scripted.calls[:3] == [
        ("PlanPeering", REFERENCE | EXECUTION),
        ("RequestPeering", REFERENCE),
        ("AcceptPeering", REFERENCE),
    ]
    assert in_any_order(scripted.calls[3:-2]) == in_any_order(calls_of(ADDITIONS))
    assert scripted.calls[-2:] == [
        ("CheckReachability", REFERENCE),
        ended(),
    ]


def test_a_change_adds_before_it_removes(run: Callable[[Steps], Document]) -> None:
    scripted = Steps(WORKING | {"PlanPeering": CHANGE})
    assert run(scripted)["status"] == "SUCCEEDED"
    added, removed = scripted.updates[: len(ADDITIONS)], scripted.updates[len(ADDITIONS) :]
    assert in_any_order(added) == in_any_order(calls_of(ADDITIONS))
    assert in_any_order(removed) == in_any_order(calls_of(REMOVALS))
    assert scripted.names[-2:] == ["CheckReachability", "RecordOutcome"]


def test_an_addition_that_fails_removes_nothing(run: Callable[[Steps], Document]) -> None:
    def routes(given: Document) -> Answer:
        return "RouteConflict" if given["side"] == "accepter" else {"changes": 1}

    scripted = Steps(WORKING | {"PlanPeering": CHANGE, "UpdateRouteTables": routes, "RecordOutcome": {"state": "FAILED"}})
    assert run(scripted)["error"] == "RouteConflict"
    assert in_any_order(scripted.updates) == in_any_order(calls_of(ADDITIONS))
    assert scripted.names[-1] == "RecordOutcome"


def test_a_removal_ends_with_the_connection(run: Callable[[Steps], Document]) -> None:
    scripted = Steps(WORKING | {"PlanPeering": REMOVAL, "RecordOutcome": {"state": "REMOVED"}})
    assert run(scripted)["status"] == "SUCCEEDED"
    assert in_any_order(scripted.calls[1:-2]) == in_any_order(calls_of(REMOVALS))
    assert scripted.calls[-2:] == [("DeletePeering", REFERENCE | {"undoing": False}), ended()]


def test_a_connection_that_nothing_leads_to_is_only_deleted(run: Callable[[Steps], Document]) -> None:
    scripted = Steps(WORKING | {"PlanPeering": NOTHING | {"delete": True}, "RecordOutcome": {"state": "REMOVED"}})
    assert run(scripted)["status"] == "SUCCEEDED"
    assert scripted.names == ["PlanPeering", "DeletePeering", "RecordOutcome"]


def test_a_removal_that_fails_half_way_keeps_the_connection(run: Callable[[Steps], Document]) -> None:
    scripted = Steps(
        WORKING | {"PlanPeering": REMOVAL, "UpdateSecurityGroups": "AccessDenied", "RecordOutcome": {"state": "FAILED"}}
    )
    assert run(scripted)["error"] == "AccessDenied"
    assert "DeletePeering" not in scripted.names


@pytest.mark.parametrize("plan", [EVERYTHING, REMOVAL])
def test_a_run_that_is_superseded_ends_at_once(run: Callable[[Steps], Document], plan: Document) -> None:
    scripted = Steps(WORKING | {"PlanPeering": plan | {"superseded": True}})
    assert run(scripted)["status"] == "SUCCEEDED"
    assert scripted.names == ["PlanPeering"]


@pytest.mark.parametrize("update", REMOVALS, ids=lambda update: f"{update['side']}-{update['step']}")
def test_a_round_may_be_a_single_update(run: Callable[[Steps], Document], update: Document) -> None:
    scripted = Steps(WORKING | {"PlanPeering": NOTHING | {"rounds": [{"updates": [update]}]}})
    assert run(scripted)["status"] == "SUCCEEDED"
    assert scripted.updates == calls_of([update])
    assert scripted.names[-2:] == ["CheckReachability", "RecordOutcome"]


def test_rounds_of_a_single_update_each_follow_one_another(run: Callable[[Steps], Document]) -> None:
    rounds = [{"updates": ADDITIONS[:1]}, {"updates": REMOVALS[:1]}]
    scripted = Steps(WORKING | {"PlanPeering": NOTHING | {"rounds": rounds}})
    assert run(scripted)["status"] == "SUCCEEDED"
    assert scripted.updates == calls_of([ADDITIONS[0], REMOVALS[0]])


def test_a_plan_with_nothing_to_do_is_only_checked(run: Callable[[Steps], Document]) -> None:
    scripted = Steps(WORKING | {"PlanPeering": NOTHING})
    assert run(scripted)["status"] == "SUCCEEDED"
    assert scripted.names == ["PlanPeering", "CheckReachability", "RecordOutcome"]


def test_a_connection_that_waits_for_us_is_only_accepted(run: Callable[[Steps], Document]) -> None:
    scripted = Steps(WORKING | {"PlanPeering": NOTHING | {"accept": True}})
    assert run(scripted)["status"] == "SUCCEEDED"
    assert scripted.names == ["PlanPeering", "AcceptPeering", "CheckReachability", "RecordOutcome"]


def test_a_blocked_plan_is_an_answer(run: Callable[[Steps], Document]) -> None:
    scripted = Steps(WORKING | {"PlanPeering": NOTHING | {"blocked": True}, "RecordOutcome": {"state": "REJECTED"}})
    assert run(scripted)["status"] == "SUCCEEDED"
    assert scripted.names == ["PlanPeering", "RecordOutcome"]


def asked_first(plan: Document) -> Callable[[Document], Answer]:
    """PlanPeering of a plan that waits for a person the first time, and then is approved."""
    answers = iter([plan | {"ask": True}, plan])
    return lambda _: next(answers)


def test_a_plan_that_needs_approval_is_made_again_when_it_has_it(run: Callable[[Steps], Document]) -> None:
    scripted = Steps(WORKING | {"PlanPeering": asked_first(EVERYTHING), "AskApproval": {"approved": True}})
    assert run(scripted)["status"] == "SUCCEEDED"
    assert scripted.names[:4] == ["PlanPeering", "AskApproval", "PlanPeering", "RequestPeering"]
    asked = scripted.calls[1][1]
    assert asked.pop("token")
    assert asked == REFERENCE | EXECUTION


def test_a_plan_that_has_changed_meanwhile_asks_anew(run: Callable[[Steps], Document]) -> None:
    answers: Iterator[Answer] = iter([EVERYTHING | {"ask": True}, CHANGE | {"ask": True}, CHANGE])
    scripted = Steps(WORKING | {"PlanPeering": lambda _: next(answers), "AskApproval": {"approved": True}})
    assert run(scripted)["status"] == "SUCCEEDED"
    assert scripted.names[:5] == ["PlanPeering", "AskApproval"] * 2 + ["PlanPeering"]
    assert scripted.updates


def test_a_plan_that_is_denied_changes_nothing(run: Callable[[Steps], Document]) -> None:
    scripted = Steps(
        WORKING
        | {"PlanPeering": EVERYTHING | {"ask": True}, "AskApproval": "ApprovalDenied", "RecordOutcome": {"state": "REJECTED"}}
    )
    assert run(scripted)["status"] == "SUCCEEDED"
    assert scripted.names == ["PlanPeering", "AskApproval", "RecordOutcome"]
    error = scripted.calls[-1][1]["error"]
    assert (error["Error"], error["State"]) == ("ApprovalDenied", "AskApproval")


def test_a_plan_that_nobody_decides_about_changes_nothing(run: Callable[[Steps], Document], flow: Document) -> None:
    flow["States"]["AskApproval"]["TimeoutSeconds"] = 1
    scripted = Steps(
        WORKING | {"PlanPeering": EVERYTHING | {"ask": True}, "AskApproval": {}, "RecordOutcome": {"state": "REJECTED"}}
    )
    assert run(scripted)["status"] == "SUCCEEDED"
    assert scripted.names == ["PlanPeering", "AskApproval", "RecordOutcome"]
    error = scripted.calls[-1][1]["error"]
    assert (error["Error"], error["State"]) == ("States.Timeout", "AskApproval")


def test_a_question_that_is_withdrawn_ends_the_run_without_an_outcome(run: Callable[[Steps], Document]) -> None:
    scripted = Steps(WORKING | {"PlanPeering": EVERYTHING | {"ask": True}, "AskApproval": "ApprovalWithdrawn"})
    assert run(scripted)["status"] == "SUCCEEDED"
    assert scripted.names == ["PlanPeering", "AskApproval"]


def test_people_have_days_to_decide_but_fewer_than_a_pending_connection_has(flow: Document) -> None:
    days = flow["States"]["AskApproval"]["TimeoutSeconds"] / 86400
    assert 5 < days < 7
    assert flow["TimeoutSeconds"] > 3 * flow["States"]["AskApproval"]["TimeoutSeconds"]
    first = next(retry for retry in flow["States"]["AskApproval"]["Retry"] if "States.Timeout" in retry["ErrorEquals"])
    assert first["MaxAttempts"] == 0, "nobody has decided: asking for six more days is no answer"


@pytest.mark.parametrize(
    ("step", "plan"),
    [
        ("PlanPeering", "AccessDenied"),
        ("RequestPeering", EVERYTHING),
        ("AcceptPeering", EVERYTHING),
        ("CheckReachability", EVERYTHING),
        ("DeletePeering", REMOVAL),
    ],
)
def test_a_step_that_gives_up_ends_in_the_outcome(run: Callable[[Steps], Document], step: str, plan: Answer) -> None:
    scripted = Steps(WORKING | {"PlanPeering": plan, "RecordOutcome": {"state": "FAILED"}} | {step: "AccessDenied"})
    execution = run(scripted)
    assert (execution["status"], execution["error"]) == ("FAILED", "AccessDenied")
    undo = [] if step == "PlanPeering" else ["UndoChanges"]
    assert scripted.names[-len(undo) - 2 :] == [step, *undo, "RecordOutcome"]
    assert scripted.calls[-1] == ended(raised(step, "AccessDenied"))


def test_a_failing_update_lets_the_others_finish(run: Callable[[Steps], Document]) -> None:
    def routes(given: Document) -> Answer:
        return "RouteConflict" if given["side"] == "requester" else {"changes": 1}

    scripted = Steps(WORKING | {"UpdateRouteTables": routes, "RecordOutcome": {"state": "FAILED"}})
    execution = run(scripted)
    assert (execution["status"], execution["error"]) == ("FAILED", "RouteConflict")
    assert scripted.names[-2:] == ["UndoChanges", "RecordOutcome"]
    assert len(scripted.calls) == 3 + len(ADDITIONS) + 2
    assert scripted.calls[-1] == ended(raised("UpdateRouteTables", "RouteConflict"))


def test_of_several_failing_updates_one_is_told(run: Callable[[Steps], Document]) -> None:
    scripted = Steps(WORKING | {"ConfigureDns": "QuotaExceeded", "RecordOutcome": {"state": "FAILED"}})
    run(scripted)
    assert scripted.calls[-1][1]["error"]["State"] == "ConfigureDns"


def test_flows_that_stay_blocked_fail_the_execution(run: Callable[[Steps], Document]) -> None:
    scripted = Steps(WORKING | {"CheckReachability": {"blocked": True}, "RecordOutcome": {"state": "FAILED"}})
    execution = run(scripted)
    assert (execution["status"], execution["error"]) == ("FAILED", "PeeringFailed")
    assert execution["cause"] == "See the status of request test-to-production."
    assert scripted.names[-2:] == ["UndoChanges", "RecordOutcome"]
    assert scripted.calls[-1] == ended()


# --- The undo

UNDO = NO_CHECK | {"rounds": [{"updates": ADDITIONS}, {"updates": REMOVALS}], "delete": True}


def test_an_undo_is_carried_out_like_any_plan(run: Callable[[Steps], Document]) -> None:
    scripted = Steps(WORKING | FAILED | {"AcceptPeering": "AccessDenied", "UndoChanges": UNDO})
    assert run(scripted)["error"] == "AccessDenied"
    assert scripted.calls[2:4] == [("AcceptPeering", REFERENCE), ("UndoChanges", REFERENCE)]
    put_back, taken_away = scripted.updates[: len(ADDITIONS)], scripted.updates[len(ADDITIONS) :]
    assert in_any_order(put_back) == in_any_order(calls_of(ADDITIONS, undoing=True))
    assert in_any_order(taken_away) == in_any_order(calls_of(REMOVALS, undoing=True))
    assert scripted.calls[-2:] == [
        ("DeletePeering", REFERENCE | {"undoing": True}),
        ended(raised("AcceptPeering", "AccessDenied")),
    ]


def test_an_undo_begins_with_its_first_round_whatever_the_run_had_done(run: Callable[[Steps], Document]) -> None:
    plan = CHANGE | {"delete": True, "check": False}
    scripted = Steps(
        WORKING | FAILED | {"PlanPeering": plan, "DeletePeering": failing(["AccessDenied", {}]), "UndoChanges": UNDO}
    )
    run(scripted)
    assert in_any_order(scripted.updates[-len(REMOVALS) :]) == in_any_order(calls_of(REMOVALS, undoing=True))
    assert len(scripted.updates) == 2 * (len(ADDITIONS) + len(REMOVALS))
    assert scripted.names[-2:] == ["DeletePeering", "RecordOutcome"]


def test_what_stays_blocked_is_undone_too(run: Callable[[Steps], Document]) -> None:
    scripted = Steps(WORKING | FAILED | {"CheckReachability": {"blocked": True}, "UndoChanges": UNDO})
    assert run(scripted)["error"] == "PeeringFailed"
    assert scripted.names[-2:] == ["DeletePeering", "RecordOutcome"]
    assert scripted.calls[-1] == ended()


@pytest.mark.parametrize("step", ["UndoChanges", "UpdateRouteTables", "DeletePeering"])
def test_an_undo_that_fails_is_planned_anew(run: Callable[[Steps], Document], step: str) -> None:
    answers: list[Answer] = ["QuotaExceeded", UNDO if step == "UndoChanges" else {"changes": 1}]
    script: Script = {"CheckReachability": "AccessDenied", "UndoChanges": UNDO, "PlanPeering": NOTHING, step: failing(answers)}
    scripted = Steps(WORKING | FAILED | script)
    assert run(scripted)["error"] == "AccessDenied"
    assert scripted.names.count("UndoChanges") == 2
    assert scripted.calls[-1] == ended(raised("CheckReachability", "AccessDenied"))


@pytest.mark.parametrize("step", ["UndoChanges", "UpdateSecurityGroups", "DeletePeering"])
@pytest.mark.parametrize("reachable", [{"blocked": True}, "AccessDenied"], ids=["blocked", "failed"])
def test_an_undo_is_given_up_after_three_times(run: Callable[[Steps], Document], step: str, reachable: Answer) -> None:
    script: Script = {"CheckReachability": reachable, "UndoChanges": UNDO, "PlanPeering": NOTHING, step: "QuotaExceeded"}
    scripted = Steps(WORKING | FAILED | script)
    failure = raised("CheckReachability", "AccessDenied") if reachable == "AccessDenied" else None
    assert run(scripted)["error"] == ("AccessDenied" if failure else "QuotaExceeded")
    assert scripted.names.count("UndoChanges") == 3
    assert scripted.calls[-1] == ended(failure, raised(step, "QuotaExceeded"))


# --- The other witnesses

ASKED: Script = {"PlanPeering": NOTHING, "CheckReachability": {"blocked": False, "witnesses": True}}


def test_the_witnesses_that_the_request_names_are_heard_once_every_flow_is_proved(run: Callable[[Steps], Document]) -> None:
    scripted = Steps(WORKING | ASKED)
    assert run(scripted)["status"] == "SUCCEEDED"
    assert scripted.calls[1:] == [
        ("CheckReachability", REFERENCE),
        ("CallWitnesses", REFERENCE),
        ("HearWitnesses", REFERENCE),
        ended(),
    ]


def test_nobody_is_asked_about_what_does_not_work(run: Callable[[Steps], Document]) -> None:
    scripted = Steps(WORKING | FAILED | ASKED | {"CheckReachability": {"blocked": True, "witnesses": True}})
    run(scripted)
    assert not {"CallWitnesses", "HearWitnesses"} & set(scripted.names)


def test_a_witness_who_needs_time_is_waited_for(run: Callable[[Steps], Document]) -> None:
    scripted = Steps(WORKING | ASKED | {"HearWitnesses": failing(["WitnessesNotReady", {"testimonies": 2}])})
    assert run(scripted)["status"] == "SUCCEEDED"
    assert scripted.names[-3:] == ["HearWitnesses", "HearWitnesses", "RecordOutcome"]


@pytest.mark.parametrize("step", ["CallWitnesses", "HearWitnesses"])
def test_no_witness_fails_a_run(run: Callable[[Steps], Document], step: str) -> None:
    scripted = Steps(WORKING | ASKED | {step: "AccessDenied"})
    assert run(scripted)["status"] == "SUCCEEDED"
    assert scripted.names[-3:] == ["CallWitnesses", "HearWitnesses", "RecordOutcome"]
    assert scripted.calls[-1] == ended()


# --- Errors that pass


@pytest.mark.parametrize("error", ["Throttled", "PeeringNotActive"])
def test_a_passing_error_only_delays(run: Callable[[Steps], Document], error: str) -> None:
    answers: Iterator[Answer] = iter([error, {"connection_id": "pcx-1"}])

    def accept(_: Document) -> Answer:
        return next(answers)

    scripted = Steps(WORKING | {"AcceptPeering": accept})
    assert run(scripted)["status"] == "SUCCEEDED"
    assert scripted.names[2:4] == ["AcceptPeering", "AcceptPeering"]
