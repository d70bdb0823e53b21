"""CallWitnesses: the verdicts in, questions to the witnesses that the request names out, each recorded as soon as it is put."""

from collections.abc import Mapping
from hashlib import sha256

from causeway.aws.store.runs import Runs
from causeway.aws.witnesses.client import WitnessClient
from causeway.clock import timestamp
from causeway.domain.lifecycle.run import Run
from causeway.domain.model.errors import GiveUpError
from causeway.domain.model.request import Witness
from causeway.domain.witnesses.questions import plan_questions
from causeway.domain.witnesses.testimonies import WitnessCall, WitnessQuestion

from .common.step_input import StepInput


def call_witnesses(step: StepInput, *, runs: Runs, witness_clients: Mapping[Witness, WitnessClient]) -> int:
    """Put the questions that have not been put yet. Why a witness refuses one is recorded too.

    Returns:
        How many questions there are.
    """
    run = runs.load(step.request_id, step.generation)
    questions = plan_questions(run.request, run.verdicts or ()).questions
    calls = list(run.calls)
    for number, question in enumerate(questions):
        if all(call.question.key != question.key for call in calls):
            calls.append(_called(run, question, number, witness_clients[question.witness]))
            runs.save_calls(step.request_id, step.generation, calls)
    return len(questions)


def _called(run: Run, question: WitnessQuestion, number: int, client: WitnessClient) -> WitnessCall:
    called_at = timestamp()
    try:
        reference = client.ask(question, run.request.request_id, _token(run, number))
    except GiveUpError as error:
        return WitnessCall(question=question, called_at=called_at, refusal=error.what)
    return WitnessCall(question=question, called_at=called_at, reference=reference)


def _token(run: Run, number: int) -> str:
    """The question's own, so that asking twice is asking once; EC2 takes 64 characters, and may get one behind it."""
    return sha256(f"{run.request.request_id}-{run.generation}-{number}".encode()).hexdigest()[:40]
