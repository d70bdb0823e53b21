"""What a proof calls the things that it makes: all names begin with that of its hub's stack."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Names:
    """The names of one proof.

    Example:
        >>> Names("1a2b3c4d").lab
        'causeway-proof-1a2b3c4d-lab'
    """

    run: str

    @property
    def hub(self) -> str:
        return f"causeway-proof-{self.run}"

    @property
    def member(self) -> str:
        return f"{self.hub}-member"

    @property
    def lab(self) -> str:
        return f"{self.hub}-lab"

    @property
    def request(self) -> str:
        return f"proof-{self.run}"

    @property
    def external_id(self) -> str:
        return self.hub

    @property
    def refusal(self) -> str:
        """The policy with which the accepter's account refuses a write for a while."""
        return f"{self.hub}-refusal"

    def role(self, kind: str) -> str:
        return f"{self.hub}-{kind}"

    def bucket(self, account_id: str) -> str:
        """For the functions' packages: a bucket's name is one in the whole world."""
        return f"{self.hub}-{account_id}"
