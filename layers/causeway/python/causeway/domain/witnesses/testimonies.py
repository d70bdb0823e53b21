"""What the other witnesses have said about a request's flows, and whether that is what the check says.

What could not be asked, or was not answered, is a testimony too, with the reason: nothing is left out in silence.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from causeway.domain.model.findings import Code, Finding
from causeway.domain.model.protocols import Protocol
from causeway.domain.model.request import Flow, VpcRef, Witness
from causeway.domain.model.values import Value
from causeway.domain.reachability.verdicts import Endpoint, Verdict

PATIENCE = timedelta(minutes=3)
"""How long a witness has to answer. An analysis takes up to a minute, a command that reaches its instance some seconds."""

type About = tuple[Witness, Flow, str, str]
"""The witness, the flow, and the two addresses: nobody is asked the same twice in a run."""


class Question(Value):
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
    def about(self) -> About:
        return self.witness, self.flow, self.source.address, self.destination.address


class Call(Value):
    """A question that was put to its witness.

    Attributes:
        called_at: ISO 8601, UTC.
        reference: What the witness calls it, the id of an analysis or a command; None where it refused to be asked.
        refusal: Why it refused.
    """

    question: Question
    called_at: str
    reference: str | None = None
    refusal: str = ""

    def is_over(self, now: datetime) -> bool:
        """Whether nobody waits for the answer any more."""
        return now - datetime.fromisoformat(self.called_at) > PATIENCE


class Answer(Value):
    """What a witness has said; `reachable` is None where it could not tell."""

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
    def of(cls, question: Question, answer: Answer, reference: str | None = None) -> "Testimony":
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
    def about(self) -> About:
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


class Agenda(Value):
    """What a run asks, and what it does not."""

    questions: tuple[Question, ...] = ()
    unasked: tuple[Testimony, ...] = ()


_NOT_CALLED = Answer(reachable=None, said="Not asked: the step that does so failed, and its log has the reason.")
_NOT_ANSWERED = Answer(reachable=None, said="It has not answered.")


def testimonies(agenda: Agenda, calls: Iterable[Call], heard: Iterable[Testimony]) -> tuple[Testimony, ...]:
    """One for each question, and for each that was not asked: what was heard, else why nothing was.

    Args:
        agenda: What the run asks, and what not.
        calls: The questions that were put.
        heard: What has been heard so far.
    """
    told = {each.about: each for each in heard}
    called = {call.question.about: call for call in calls}
    return (*(told.get(each.about) or _silence(each, called) for each in agenda.questions), *agenda.unasked)


def _silence(question: Question, called: Mapping[About, Call]) -> Testimony:
    call = called.get(question.about)
    if call is None:
        return Testimony.of(question, _NOT_CALLED)
    if call.reference is None:
        return Testimony.of(question, Answer(reachable=None, said=f"Not asked: {call.refusal}"))
    return Testimony.of(question, _NOT_ANSWERED, call.reference)


def disagreements(told: Iterable[Testimony], verdicts: Iterable[Verdict]) -> Iterator[Finding]:
    """A finding for each witness that says something else than the check about the same flow between the same ends."""
    judged = {(verdict.flow, verdict.source.address, verdict.destination.address): verdict for verdict in verdicts}
    for each in told:
        verdict = judged.get((each.flow, each.source, each.destination))
        if verdict is not None and each.reachable is not None and each.reachable is not verdict.reachable:
            ours = "works" if verdict.reachable else "does not work"
            yield Finding(
                code=Code.WITNESSES_DISAGREE,
                where=each.reference or each.destination,
                blocking=False,
                message=f"Causeway's check says that this {ours}, and another witness says otherwise. {each.sentence}",
            )
