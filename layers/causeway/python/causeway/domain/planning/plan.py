"""A plan is a value: what will be done, in order, each change with its inverse and a sentence.

The plan is saved before the first write, so it is the write-ahead log too: what it names is ours, whether or not the run
that did it lived to say so.
"""

import hashlib

import msgspec

from causeway.domain.model.findings import Finding
from causeway.domain.model.network import Vpc
from causeway.domain.model.values import PerSide, Side, Value

from .kinds import Change, Grant
from .kinds.base import BaseChange, of_type


class Plan(Value):
    """What one generation of a request will do.

    Attributes:
        connection_id: The connection that is already there; None where the plan makes it.
        changes: In order: the connection, then each side's routes, rules, network ACL entries, DNS options and tags; then what
            is no longer wanted: each side's rules, entries and routes, and last the connection. Traffic that stays allowed is
            never interrupted.
        findings: Everything preflight found; a blocking one means that nothing is done.
        scope: What the desired state lets through once the plan is done, and not only by the plan's own changes.
        approval_reasons: Why a person has to agree before anything is done; empty where nobody has to.
        vpcs: Both VPCs as they were seen, for people; None where one could not be.
    """

    request_id: str
    generation: int
    connection_id: str | None = None
    changes: tuple[Change, ...] = ()
    findings: tuple[Finding, ...] = ()
    scope: tuple[Grant, ...] = ()
    approval_reasons: tuple[str, ...] = ()
    vpcs: PerSide[Vpc] | None = None

    @property
    def is_blocked(self) -> bool:
        return any(finding.blocking for finding in self.findings)

    @property
    def checksum(self) -> str:
        """What an approval binds to: the same changes give the same text, whoever planned them and when."""
        return hashlib.sha256(msgspec.json.encode((self.connection_id, self.changes))).hexdigest()[:16]

    def with_findings(self, findings: tuple[Finding, ...]) -> "Plan":
        return msgspec.structs.replace(self, findings=findings)

    def with_approval_reasons(self, reasons: tuple[str, ...]) -> "Plan":
        return msgspec.structs.replace(self, approval_reasons=reasons)

    def with_vpcs(self, vpcs: PerSide[Vpc]) -> "Plan":
        return msgspec.structs.replace(self, vpcs=vpcs)

    def of[C: BaseChange](self, kind: type[C], side: Side | None = None) -> tuple[C, ...]:
        """The changes of one type, on one side or on both, in order."""
        return of_type(self.changes, kind, side)
