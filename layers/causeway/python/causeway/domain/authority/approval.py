"""Whether a person has to agree to a plan, and what came of the question.

Only growth needs approval: what a plan lets through that was not approved before. A plan that removes, or that repairs what
somebody broke, needs none.
"""

from collections.abc import Iterable, Iterator
from enum import StrEnum
from typing import Self

from msgspec.structs import replace

from causeway.domain.model.network import Snapshot
from causeway.domain.model.protocols import ALL_PORTS, ALL_PROTOCOLS, ICMP_PROTOCOLS, PortRange
from causeway.domain.model.request import Request
from causeway.domain.model.values import SIDES, PerSide, Value
from causeway.domain.planning.kinds import RuleGrant
from causeway.domain.planning.kinds.base import BaseGrant
from causeway.domain.planning.ownership import Holdings
from causeway.domain.planning.plan import Plan


class ApprovalRule(Value):
    """What the stack asks a person for, whatever the item says.

    Attributes:
        accounts: A VPC of one of them needs approval.
        tags: A VPC that has one of them, key and value, needs approval.
        ports_wider_than: A rule for more ports than this needs approval; 0 means that none does.
    """

    accounts: tuple[str, ...] = ()
    tags: tuple[tuple[str, str], ...] = ()
    ports_wider_than: int = 0

    @classmethod
    def parse(cls, accounts: str, tags: str, ports_wider_than: str) -> Self:
        """From the stack's parameters: `111111111111,222222222222`, `Tier=production,Pci=yes`, `100`; empty means no rule."""
        pairs = (tag.partition("=") for tag in _listed(tags))
        return cls(
            accounts=_listed(accounts),
            tags=tuple((key, value) for key, _, value in pairs),
            ports_wider_than=int(ports_wider_than or 0),
        )


class Decision(StrEnum):
    """What came of a question. The first two are a person's."""

    APPROVED = "approved"
    DENIED = "denied"
    WITHDRAWN = "withdrawn"
    """A newer change of the item took the place of the one that asked."""


class ApprovalDecision(Value):
    """What a person says to a question.

    Attributes:
        checksum: Of the plan that the person has seen.
        decision: APPROVED or DENIED.
    """

    request_id: str
    checksum: str
    decision: Decision
    reason: str | None = None


class Approval(Value, omit_defaults=False):
    """A question to a person about one plan, and what came of it.

    Attributes:
        number: 1 for the generation's first question.
        checksum: Of the plan that was asked about: the decision is about this plan and no other.
        asked_at: ISO 8601, UTC; as all times here.
        decided_by: The ARN that AWS knew the caller by; None of a question that was withdrawn.
        reason: What the person said about it.
        lapsed_at: When the answer, or the wait for one, lost its meaning: the network had changed, or nobody answered in time.
    """

    number: int
    checksum: str
    reasons: tuple[str, ...]
    asked_at: str
    decision: Decision | None = None
    decided_by: str | None = None
    decided_at: str | None = None
    reason: str | None = None
    lapsed_at: str | None = None

    @property
    def is_open(self) -> bool:
        """Whether it still waits for a decision."""
        return self.decision is None and self.lapsed_at is None

    @property
    def is_approved(self) -> bool:
        return self.decision is Decision.APPROVED and self.lapsed_at is None

    @property
    def is_refused(self) -> bool:
        """Whether somebody said no, or nobody said anything in time."""
        return self.decision is Decision.DENIED or (self.decision is None and self.lapsed_at is not None)

    def decided(self, answer: ApprovalDecision, decided_by: str, *, now: str) -> "Approval":
        return replace(self, decision=answer.decision, decided_by=decided_by, decided_at=now, reason=answer.reason)

    def withdrawn(self, *, now: str) -> "Approval":
        return replace(self, decision=Decision.WITHDRAWN, decided_at=now)

    def lapsed(self, *, now: str) -> "Approval":
        return replace(self, lapsed_at=now)

    def allows(self, plan: Plan) -> bool:
        """Whether this is a person's word for exactly this plan."""
        return self.is_approved and self.checksum == plan.checksum


def question_about(plan: Plan, last: Approval | None, *, now: str) -> Approval:
    """The question about the plan. One that is open already is asked again, when the step is tried again.

    Args:
        plan: A plan with reasons to ask.
        last: The last question that the plan's generation asked.
        now: ISO 8601, UTC.
    """
    if last is not None and last.is_open:
        return last
    return Approval(number=last.number + 1 if last else 1, checksum=plan.checksum, reasons=plan.approval_reasons, asked_at=now)


def objection(asked: Approval, answer: ApprovalDecision, decided_by: str) -> str | None:
    """Why this answer cannot be taken; None where it can, and where the same person said the same before."""
    if asked.checksum != answer.checksum:
        return f"The plan that was asked about last is {asked.checksum}, not {answer.checksum}."
    if asked.lapsed_at is not None:
        return f"The question about {asked.checksum} lapsed at {asked.lapsed_at}."
    if asked.decision is not None and (asked.decision, asked.decided_by) != (answer.decision, decided_by):
        return f"The plan {asked.checksum} was {asked.decision} at {asked.decided_at} by {asked.decided_by}."
    return None


def must_ask(plan: Plan, approval: Approval | None) -> bool:
    """Whether the plan waits for a person, given the last question that its generation asked."""
    return bool(plan.approval_reasons) and not (approval is not None and approval.allows(plan))


def why_ask(
    rule: ApprovalRule, request: Request, snapshots: PerSide[Snapshot], plan: Plan, holdings: Holdings
) -> tuple[str, ...]:
    """Why a person has to agree to the plan, a sentence each; nothing where nobody has to."""
    grown = growth(plan, holdings)
    if not grown or plan.is_blocked:
        return ()
    asked_for = ("The item asks for approval.",) if request.approval else ()
    return (*asked_for, *_accounts(rule, request), *_tags(rule, snapshots), *_ports(rule, grown))


def growth(plan: Plan, holdings: Holdings) -> tuple[BaseGrant, ...]:
    """What the plan would let through that was not agreed to before, once each and in the plan's order."""
    planned = (grant for change in plan.changes if (grant := change.grant) is not None)
    return tuple(grant for grant in dict.fromkeys(planned) if not any(each.covers(grant) for each in holdings.approved))


def _accounts(rule: ApprovalRule, request: Request) -> Iterator[str]:
    for account_id in dict.fromkeys(request.vpc(side).account_id for side in SIDES):
        if account_id in rule.accounts:
            yield f"A VPC of account {account_id} needs approval."


def _tags(rule: ApprovalRule, snapshots: PerSide[Snapshot]) -> Iterator[str]:
    for side in SIDES:
        vpc = snapshots[side].vpc
        for key, value in rule.tags:
            if vpc.tags.get(key) == value:
                yield f"{vpc.ref} has the tag {key}={value}, which needs approval."


def _ports(rule: ApprovalRule, grown: Iterable[BaseGrant]) -> Iterator[str]:
    if not rule.ports_wider_than:
        return
    permissions = (grant.permission for grant in grown if isinstance(grant, RuleGrant))
    for protocol, ports in dict.fromkeys((each.protocol, each.ports) for each in permissions):
        if (width := _width(protocol, ports)) > rule.ports_wider_than:
            name = "All traffic" if protocol == ALL_PROTOCOLS else f"{protocol}/{ports or ALL_PORTS}"
            yield f"{name} opens {width} ports; more than {rule.ports_wider_than} need approval."


def _width(protocol: str, ports: PortRange | None) -> int:
    """How many ports a rule opens; everything counts as all of them, and ICMP has none."""
    if protocol in ICMP_PROTOCOLS:
        return 0
    span = ALL_PORTS if protocol == ALL_PROTOCOLS or ports is None else ports
    return span.last - span.first + 1


def _listed(text: str) -> tuple[str, ...]:
    return tuple(each.strip() for each in text.split(",") if each.strip())
