"""The probe: the source's own instance sends packets, by the one document that the member's role may run.

`member/template.yaml` has the document.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from causeway.aws.errors import translated
from causeway.aws.sessions import Access, MemberSessions
from causeway.domain.model.errors import WitnessesNotReady
from causeway.domain.model.protocols import Protocol
from causeway.domain.witnesses.testimonies import WitnessAnswer

if TYPE_CHECKING:
    from causeway.domain.model.request import VpcRef
    from causeway.domain.witnesses.testimonies import WitnessQuestion

DOCUMENT = "causeway-probe"

STEPS = {Protocol.ICMP: "ping", Protocol.TCP: "connect"}
"""The document's step for each protocol; the other one is left out."""

DELIVERY_SECONDS = 60
"""How long Systems Manager tries to hand the command to the instance."""

_UNDER_WAY = {"Pending", "InProgress", "Delayed", "Cancelling"}
_LOST, _TIMED_OUT = 1, 124
"""The exit codes of `ping` without an answer, and of `timeout`."""

_NO_WAY = ("No route to host", "Network is unreachable")


class Probes:
    """Asks instances through Run Command. See `WitnessClient`."""

    def __init__(self, sessions: MemberSessions) -> None:
        self._sessions = sessions

    def ask(self, question: WitnessQuestion, request_id: str, token: str) -> str:  # noqa: ARG002 - SendCommand takes none
        """The id of the command. Asked again, the instance sends its packets again, which does no harm."""
        vpc = question.source_vpc
        with translated(f"{question.source.instance_id} in {vpc}"):
            answer = self._sessions.systems_manager(vpc, Access.WITNESS).send_command(
                DocumentName=DOCUMENT,
                InstanceIds=[question.source.instance_id],
                Parameters={
                    "Address": [question.destination.address],
                    "Protocol": [question.protocol.value],
                    "Port": [str(question.port or 0)],
                },
                Comment=f"causeway {request_id}",
                TimeoutSeconds=DELIVERY_SECONDS,
            )
        command_id: str = answer["Command"]["CommandId"]
        return command_id

    def poll(self, question: WitnessQuestion, reference: str) -> WitnessAnswer | None:
        """An invocation that cannot be seen yet has not answered."""
        try:
            with translated(f"command {reference} in {question.source_vpc}", {"InvocationDoesNotExist": WitnessesNotReady}):
                invocation = self._sessions.systems_manager(question.source_vpc, Access.WITNESS).get_command_invocation(
                    CommandId=reference, InstanceId=question.source.instance_id, PluginName=STEPS[question.protocol]
                )
        except WitnessesNotReady:
            return None
        return None if invocation["Status"] in _UNDER_WAY else _answer(invocation)

    def clean_up(self, vpc: VpcRef, request_id: str) -> None:
        """A command leaves nothing to take away: Systems Manager forgets it after 30 days."""


def _answer(invocation: dict[str, Any]) -> WitnessAnswer:
    """What the packets came to.

    A refused connection has been there and back. A step that the instance's platform does not know is left out, and is a
    success: without a trace of an answer the exit code 0 says nothing.
    """
    code, out, error = (invocation[name] for name in ("ResponseCode", "StandardOutputContent", "StandardErrorContent"))
    if code == 0 and "bytes from" in out:
        return WitnessAnswer(reachable=True, said="Its pings were answered.")
    if code == 0 and "connected" in out:
        return WitnessAnswer(reachable=True, said="It was connected.")
    if "Connection refused" in error:
        return WitnessAnswer(reachable=True, said="Its connection was refused, so its packets came there and back.")
    if code == _TIMED_OUT or (code == _LOST and "0 received" in out):
        return WitnessAnswer(reachable=False, said="Nothing came back.")
    words = next((words for words in _NO_WAY if words in error), None)
    if words is not None:
        return WitnessAnswer(reachable=False, said=f"Its instance says: {words}.")
    said = f"{invocation['StatusDetails']}, exit code {code} {error.strip()[:200]}".strip()
    return WitnessAnswer(reachable=None, said=f"It could not try: {said}.")
