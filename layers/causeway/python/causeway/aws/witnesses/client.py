"""The interface to a witness."""

from typing import Protocol

from causeway.domain.model.request import VpcRef
from causeway.domain.witnesses.testimonies import WitnessAnswer, WitnessQuestion


class WitnessClient(Protocol):
    """Asks one kind of witness, in the account and region of the flow's source, with the role for witnesses there."""

    def ask(self, question: WitnessQuestion, request_id: str, token: str) -> str:
        """Put a question.

        Args:
            question: Whose witness is of this kind.
            request_id: Marks what the question leaves in the member.
            token: The same for the same question of the same run, so that asking twice is asking once where AWS can tell.

        Returns:
            The witness's own name for it: the id of an analysis or a command.

        Raises:
            CausewayError: It cannot be asked: the role, the instance or the document is not there, or AWS refuses.
        """

    def poll(self, question: WitnessQuestion, reference: str) -> WitnessAnswer | None:
        """The witness's answer; None while there is none."""

    def clean_up(self, vpc: VpcRef, request_id: str) -> None:
        """Delete what questions of the request have left in the VPC's account and region."""
