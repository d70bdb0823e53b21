"""What every witness can be asked through."""

from typing import Protocol

from causeway.domain.model.request import VpcRef
from causeway.domain.witnesses.testimonies import Answer, Question


class Examiner(Protocol):
    """Asks one kind of witness, in the account and region of the flow's source, with the role for witnesses there."""

    def call(self, question: Question, request_id: str, token: str) -> str:
        """Put a question, and answer what the witness calls it.

        Args:
            question: Whose witness is of this kind.
            request_id: Marks what the question leaves in the member.
            token: The same for the same question of the same run, so that asking twice is asking once where AWS can tell.

        Raises:
            CausewayError: It cannot be asked: the role, the instance or the document is not there, or AWS refuses.
        """

    def hear(self, question: Question, reference: str) -> Answer | None:
        """What the witness has said so far; None while it has not answered."""

    def dismiss(self, vpc: VpcRef, request_id: str) -> None:
        """Take away what questions of the request have left in the VPC's account and region."""
