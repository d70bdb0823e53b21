"""What a proof is going to make, and what it may cost: said before anything is made."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

type Template = Mapping[str, Any]

HOURS = 2
"""How long what costs by the hour may be there. A proof takes about half of that."""
DOLLARS_AN_HOUR = {
    "AWS::CloudWatch::Alarm": 0.0002,
    "AWS::CloudWatch::Dashboard": 0.0042,
    "AWS::EC2::Instance": 0.017,
}
"""In us-east-1, by resource type: an alarm, a dashboard, a t3.micro with its public address and its disk. No other costs
anything only because it is there."""
ANALYSES = 60
DOLLARS_AN_ANALYSIS = 0.10
"""Reachability Analyzer: the rules ask it about so many paths."""
DOLLARS_FOR_USE = 0.10
"""All requests, invocations, state transitions, traces and logs of a proof, rounded up."""


class Stack(NamedTuple):
    """A stack that is going to be made: its name, the account, the template."""

    name: str
    account_id: str
    template: Template

    def __str__(self) -> str:
        counted = sorted(Counter(types(self.template)).items())
        return f"stack {self.name} in account {self.account_id}: {', '.join(f'{count} {kind}' for kind, count in counted)}"


class Plan(NamedTuple):
    """What is going to be done and made: in which accounts AWS's rules are tried, the bucket for packages, the stacks."""

    tried_in: tuple[str, str]
    bucket: str
    stacks: Sequence[Stack]

    @property
    def dollars(self) -> float:
        """What it costs at most."""
        made = (kind for stack in self.stacks for kind in types(stack.template))
        hourly = sum(DOLLARS_AN_HOUR.get(kind, 0) for kind in made)
        return HOURS * hourly + ANALYSES * DOLLARS_AN_ANALYSIS + DOLLARS_FOR_USE

    @property
    def lines(self) -> Iterator[str]:
        """The plan as a person reads it."""
        first, second = self.tried_in
        yield f"try AWS's rules in the accounts {first} and {second}: what a rule's test makes is taken away when it ends"
        yield f"make the bucket {self.bucket}"
        yield from (f"make the {stack}" for stack in self.stacks)
        yield "peer the two labs, change that, break it by hand, approve, fail and remove it"
        yield f"take everything away again. This costs at most {self.dollars:.2f} US dollars"


def types(template: Template) -> Iterator[str]:
    return (resource["Type"] for resource in template["Resources"].values())
