"""CallWitnesses and HearWitnesses: what they leave in the ledger and ask of the witnesses, also where they run twice."""

from datetime import UTC, datetime, timedelta

import pytest

from causeway.aws.witnesses.client import WitnessClient
from causeway.domain.model.errors import AccessDenied, CausewayError, Throttled, WitnessesNotReady
from causeway.domain.model.request import VpcRef, Witness
from causeway.domain.model.values import Side
from causeway.domain.reachability.verdicts import Endpoint, Verdict
from causeway.domain.witnesses.testimonies import ANSWER_TIMEOUT, WitnessAnswer, WitnessQuestion
from causeway.steps import hear_witnesses as hearing
from causeway.steps.call_witnesses import call_witnesses
from causeway.steps.common.step_input import StepInput
from causeway.steps.hear_witnesses import hear_witnesses
from tests.domain.networks import request, ssh
from tests.ledger import Ledger

ANALYZER, PROBE = Witness.REACHABILITY_ANALYZER, Witness.PROBE
WANTED = request(ssh(), ssh(Side.ACCEPTER), witnesses=(ANALYZER, PROBE))
STEP = StepInput(request_id=WANTED.request_id, generation=1)
HERE, THERE = (
    Endpoint(address=address, subnet_id="subnet", network_interface_id=f"eni-{name}", instance_id=f"i-{name}")
    for address, name in (("10.0.0.10", "a1"), ("192.0.0.10", "b1"))
)
VERDICTS = (
    Verdict(flow=ssh(), source=HERE, destination=THERE, hops=()),
    Verdict(flow=ssh(Side.ACCEPTER), source=THERE, destination=HERE, hops=()),
)
REACHABLE = WitnessAnswer(reachable=True, said="It found a path.")
DENIED = AccessDenied("AccessDenied: No role.", where="111111111111", remedy="Allow it.")
THROTTLED = Throttled("Too fast.", where="111111111111", remedy="It is tried again.")


class Scripted(WitnessClient):
    """Answers as told, in turn and the last one again and again, and remembers what it was asked."""

    def __init__(self, *answers: WitnessAnswer | CausewayError | None, refusals: tuple[CausewayError, ...] = ()) -> None:
        self.asked: list[str] = []
        self.heard: list[str] = []
        self.cleaned_up: list[str] = []
        self._answers = list(answers) or [REACHABLE]
        self._refusals = list(refusals)

    def ask(self, question: WitnessQuestion, request_id: str, token: str) -> str:  # noqa: ARG002 - the token says it all
        if self._refusals:
            raise self._refusals.pop(0)
        self.asked.append(token)
        return f"reference-{question.source_vpc.account_id}"

    def poll(self, question: WitnessQuestion, reference: str) -> WitnessAnswer | None:  # noqa: ARG002 - as above
        self.heard.append(reference)
        answer = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        if isinstance(answer, CausewayError):
            raise answer
        return answer

    def clean_up(self, vpc: VpcRef, request_id: str) -> None:
        assert request_id == WANTED.request_id
        self.cleaned_up.append(vpc.account_id)


@pytest.fixture(autouse=True)
def _proved(ledger: Ledger) -> None:
    ledger.runs.save_request(1, WANTED)
    ledger.runs.save_verdicts(WANTED.request_id, 1, VERDICTS)


def calling(ledger: Ledger, analyzer: WitnessClient, probe: WitnessClient | None = None) -> int:
    return call_witnesses(STEP, runs=ledger.runs, witness_clients={ANALYZER: analyzer, PROBE: probe or Scripted()})


def hear(ledger: Ledger, analyzer: WitnessClient, probe: WitnessClient | None = None) -> int:
    return hear_witnesses(STEP, runs=ledger.runs, witness_clients={ANALYZER: analyzer, PROBE: probe or Scripted()})


def test_each_question_is_put_once_with_a_token_of_its_own_and_recorded(ledger: Ledger) -> None:
    analyzer, probe = Scripted(), Scripted()

    assert calling(ledger, analyzer, probe) == 4
    assert calling(ledger, analyzer, probe) == 4

    assert len(set(analyzer.asked + probe.asked)) == len(analyzer.asked + probe.asked) == 4
    assert max(map(len, analyzer.asked)) < 64
    calls = ledger.runs.load(WANTED.request_id, 1).calls
    assert [(call.question.witness, call.reference) for call in calls] == [
        (witness, f"reference-{account}") for witness in (ANALYZER, PROBE) for account in ("111111111111", "222222222222")
    ]


def test_a_question_that_was_lost_on_the_way_is_put_again_with_the_same_token(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = Scripted(), Scripted()

    def die(*_: object) -> None:
        raise TimeoutError("the function died")

    with monkeypatch.context() as patch:
        patch.setattr(ledger.runs, "save_calls", die)
        with pytest.raises(TimeoutError):
            calling(ledger, first)
    calling(ledger, second)

    assert first.asked == second.asked[:1]


def test_a_refusal_is_on_record_and_stops_nobody(ledger: Ledger) -> None:
    calling(ledger, Scripted(refusals=(DENIED,)))

    calls = ledger.runs.load(WANTED.request_id, 1).calls
    assert [call.refusal for call in calls] == ["AccessDenied: No role.", "", "", ""]
    assert [call.reference is None for call in calls] == [True, False, False, False]


def test_what_passes_by_itself_is_left_to_the_state_machine(ledger: Ledger) -> None:
    with pytest.raises(Throttled):
        calling(ledger, Scripted(refusals=(THROTTLED,)))


def test_what_is_said_is_recorded_and_what_it_left_is_cleared_away(ledger: Ledger) -> None:
    analyzer = Scripted()
    calling(ledger, analyzer)

    assert hear(ledger, analyzer) == 4

    heard = ledger.runs.load(WANTED.request_id, 1).heard
    assert [(each.witness, each.reachable, each.reference) for each in heard] == [
        (witness, True, f"reference-{account}") for witness in (ANALYZER, PROBE) for account in ("111111111111", "222222222222")
    ]
    assert analyzer.cleaned_up == ["111111111111", "222222222222"]


def test_who_is_silent_is_waited_for_and_who_was_heard_is_not_heard_again(ledger: Ledger) -> None:
    analyzer, probe = Scripted(None, REACHABLE), Scripted()
    calling(ledger, analyzer, probe)

    with pytest.raises(WitnessesNotReady, match="Reachability Analyzer has not answered yet"):
        hear(ledger, analyzer, probe)
    assert len(ledger.runs.load(WANTED.request_id, 1).heard) == 3
    assert analyzer.cleaned_up == []
    assert hear(ledger, analyzer, probe) == 4

    assert (len(analyzer.heard), len(probe.heard)) == (3, 2)
    assert analyzer.cleaned_up == ["111111111111", "222222222222"]


def test_a_second_time_after_all_was_cleared_away_changes_nothing(ledger: Ledger) -> None:
    analyzer = Scripted()
    calling(ledger, analyzer)
    hear(ledger, analyzer)
    before = ledger.runs.load(WANTED.request_id, 1)

    assert hear(ledger, Scripted(None), Scripted(None)) == 4

    assert ledger.runs.load(WANTED.request_id, 1) == before


def test_nobody_is_waited_for_for_ever(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    analyzer = Scripted(None)
    calling(ledger, analyzer)
    monkeypatch.setattr(hearing, "now", lambda: datetime.now(UTC) + ANSWER_TIMEOUT + timedelta(seconds=1))

    assert hear(ledger, analyzer) == 2

    assert {each.witness for each in ledger.runs.load(WANTED.request_id, 1).heard} == {PROBE}
    assert analyzer.cleaned_up == ["111111111111", "222222222222"]


def test_a_witness_that_may_no_longer_be_heard_has_said_so(ledger: Ledger) -> None:
    analyzer = Scripted(DENIED)
    calling(ledger, analyzer)

    hear(ledger, analyzer)

    (first, *_) = ledger.runs.load(WANTED.request_id, 1).heard
    assert (first.reachable, first.said) == (None, "It cannot be heard: AccessDenied: No role.")


def test_where_everybody_refuses_nobody_is_waited_for(ledger: Ledger) -> None:
    class Refusing(Scripted):
        def clean_up(self, vpc: VpcRef, request_id: str) -> None:  # noqa: ARG002 - it refuses everything
            raise DENIED

    everybody = Refusing(refusals=(DENIED, DENIED)), Refusing(refusals=(DENIED, DENIED))
    calling(ledger, *everybody)

    assert hear(ledger, *everybody) == 0
