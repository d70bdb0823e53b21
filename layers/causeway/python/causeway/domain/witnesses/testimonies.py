"""What other witnesses say about a request's flows, and whether the check says the same.

What could not be asked, or was not answered, is a testimony too, with the reason: nothing is left out in silence.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from causeway.domain.model.findings import Code, Finding
from causeway.domain.model.protocols import Protocol
from causeway.domain.model.request import Flow, VpcRef, Witness
from causeway.domain.model.values import Value
from causeway.domain.reachability.verdicts import Endpoint, Result, Verdict

ANSWER_TIMEOUT = timedelta(minutes=3)
"""How long a witness has to answer. An analysis takes up to a minute, a command that reaches its instance some seconds."""

type QuestionKey = tuple[Witness, Flow, str, str]
"""The witness, the flow, and the two addresses: no witness is asked the same twice in a run."""


class WitnessQuestion(Value):
    """What one witness is asked about one flow.

    Attributes:
        protocol: What the witness tries, TCP, UDP or ICMP: of a flow of all protocols the one that it knows.
        port: The first of the flow's; None for ICMP, and where any will do.
    """

    witness: Witness
    flow: Flow
    source: Endpoint
    destination: Endpoint
    source_vpc: VpcRef
    destination_vpc: VpcRef
    protocol: Protocol
    port: int | None = None

    @property
    def key(self) -> QuestionKey:
        return self.witness, self.flow, self.source.address, self.destination.address


class WitnessCall(Value):
    """A question as it was put to its witness.

    Attributes:
        called_at: ISO 8601, UTC.
        reference: What the witness calls it, the id of an analysis or a command; None where it refused to be asked.
        refusal: Why it refused.
    """

    question: WitnessQuestion
    called_at: str
    reference: str | None = None
    refusal: str = ""

    def has_timed_out(self, now: datetime) -> bool:
        """Whether the answer is no longer waited for."""
        return now - datetime.fromisoformat(self.called_at) > ANSWER_TIMEOUT


class WitnessAnswer(Value):
    """What a witness says; `reachable` is None where it cannot say."""

    reachable: bool | None
    said: str


class Testimony(Value):
    """What came of asking one witness about one flow, or of not asking it.

    Attributes:
        source: The address that the flow would start from, as the verdict has it.
        destination: The address that it would go to.
        reachable: None where the witness could not be asked, has not answered, or could not tell.
        said: In a sentence.
        reference: The id of the analysis or command, where there was one.
    """

    witness: Witness
    flow: Flow
    source: str
    destination: str
    reachable: bool | None
    said: str
    reference: str | None = None

    @classmethod
    def of(cls, question: WitnessQuestion, answer: WitnessAnswer, reference: str | None = None) -> "Testimony":
        """What a question has come to."""
        return cls(
            witness=question.witness,
            flow=question.flow,
            source=question.source.address,
            destination=question.destination.address,
            reachable=answer.reachable,
            said=answer.said,
            reference=reference,
        )

    @property
    def key(self) -> QuestionKey:
        return self.witness, self.flow, self.source, self.destination

    @property
    def sentence(self) -> str:
        """All of it in one line."""
        says = {True: "reachable", False: "not reachable", None: "cannot tell"}[self.reachable]
        return f"{self.witness.words} on {self.flow}, {self.source} to {self.destination}: {says}. {self.said}"

    def as_map(self) -> dict[str, Any]:
        """As people and programs get it: every key is there."""
        return {
            "witness": self.witness.value,
            "flow": str(self.flow),
            "source": self.source,
            "destination": self.destination,
            "reachable": self.reachable,
            "said": self.said,
            "reference": self.reference,
        }


class WitnessPlan(Value):
    """What a run asks its witnesses, and what it does not, with the reason."""

    questions: tuple[WitnessQuestion, ...] = ()
    unasked: tuple[Testimony, ...] = ()


_NOT_CALLED = WitnessAnswer(reachable=None, said="Not asked: the step that does so failed, and its log has the reason.")
_NOT_ANSWERED = WitnessAnswer(reachable=None, said="It has not answered.")


def testimonies(plan: WitnessPlan, calls: Iterable[WitnessCall], heard: Iterable[Testimony]) -> tuple[Testimony, ...]:
    """One for each question, and for each that was not asked: what was heard, else why nothing was.

    Args:
        plan: What the run asks, and what not.
        calls: The questions that were put.
        heard: The testimonies so far.
    """
    said = {each.key: each for each in heard}
    called = {call.question.key: call for call in calls}
    return (*(said.get(each.key) or _silence(each, called) for each in plan.questions), *plan.unasked)


def _silence(question: WitnessQuestion, called: Mapping[QuestionKey, WitnessCall]) -> Testimony:
    call = called.get(question.key)
    if call is None:
        return Testimony.of(question, _NOT_CALLED)
    if call.reference is None:
        return Testimony.of(question, WitnessAnswer(reachable=None, said=f"Not asked: {call.refusal}"))
    return Testimony.of(question, _NOT_ANSWERED, call.reference)


def disagreements(said: Iterable[Testimony], verdicts: Iterable[Verdict]) -> Iterator[Finding]:
    """A finding for each witness that says something else than the check about the same flow between the same ends.

    Nothing disagrees with a verdict that is unknown.
    """
    judged = {(verdict.flow, verdict.source.address, verdict.destination.address): verdict for verdict in verdicts}
    for each in said:
        verdict = judged.get((each.flow, each.source, each.destination))
        if verdict is None or each.reachable is None or verdict.result is Result.UNKNOWN:
            continue
        if each.reachable is not verdict.reachable:
            ours = "works" if verdict.reachable else "does not work"
            yield Finding(
                code=Code.WITNESSES_DISAGREE,
                where=each.reference or each.destination,
                blocking=False,
                message=f"Causeway's check says that this {ours}, and another witness says otherwise. {each.sentence}",
            )
