"""HearWitnesses: the calls in, each witness's testimony out; then what the questions have left in the members is deleted."""

from collections.abc import Mapping
from contextlib import suppress

from causeway.aws.store.runs import Runs
from causeway.aws.witnesses.client import WitnessClient
from causeway.clock import now
from causeway.domain.model.errors import AccessDenied, GiveUpError, WitnessesNotReady
from causeway.domain.model.request import Witness
from causeway.domain.witnesses.questions import plan_questions
from causeway.domain.witnesses.testimonies import Testimony, WitnessAnswer, WitnessCall

from .common.step_input import StepInput


def hear_witnesses(step: StepInput, *, runs: Runs, witness_clients: Mapping[Witness, WitnessClient]) -> int:
    """Record the testimonies so far. A witness is waited for until its time is out.

    Returns:
        How many testimonies there are.

    Raises:
        WitnessesNotReady: A witness has not answered yet.
    """
    run = runs.load(step.request_id, step.generation)
    silent = [call for call in run.calls if call.reference and all(call.question.key != each.key for each in run.heard)]
    answers = [(call, _heard(call, witness_clients[call.question.witness])) for call in silent]
    heard = (*run.heard, *(answer for _, answer in answers if answer is not None))
    if heard:
        runs.save_testimonies(step.request_id, step.generation, heard)
    _wait_for([call for call, answer in answers if answer is None])
    questions = plan_questions(run.request, run.verdicts or ()).questions
    for witness, vpc in dict.fromkeys((question.witness, question.source_vpc) for question in questions):
        with suppress(AccessDenied):  # where no witness could be asked, nothing is left
            witness_clients[witness].clean_up(vpc, step.request_id)
    return len(heard)


def _heard(call: WitnessCall, client: WitnessClient) -> Testimony | None:
    """None while the witness has not answered. That it may no longer be polled is an answer."""
    reference = str(call.reference)
    try:
        answer = client.poll(call.question, reference)
    except GiveUpError as error:
        answer = WitnessAnswer(reachable=None, said=f"It cannot be heard: {error.what}")
    return None if answer is None else Testimony.of(call.question, answer, reference)


def _wait_for(silent: list[WitnessCall]) -> None:
    for call in silent:
        if not call.has_timed_out(now()):
            raise WitnessesNotReady(
                f"{call.question.witness.words} has not answered yet.",
                where=f"{call.reference} in {call.question.source_vpc}",
                remedy="It usually does within a minute.",
            )
