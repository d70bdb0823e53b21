"""What Causeway writes onto the request's item for people to read."""

from enum import StrEnum
from typing import Any

import msgspec

from causeway.domain.authority.approval import Approval
from causeway.domain.model.findings import Finding
from causeway.domain.model.network import Vpc
from causeway.domain.model.values import SIDES, PerSide, Value
from causeway.domain.reachability.verdicts import Hop, Verdict
from causeway.domain.witnesses.testimonies import Testimony

MAX_LISTED = 100
"""How many verdicts, findings and changes an item lists: it must stay below DynamoDB's 400 KB. The ledger has them all."""


class State(StrEnum):
    """How far a generation of a request has come."""

    PLANNING = "PLANNING"
    AWAITING_APPROVAL = "AWAITING_APPROVAL"
    APPLYING = "APPLYING"
    ACTIVE = "ACTIVE"
    DRIFTED = "DRIFTED"
    REJECTED = "REJECTED"
    FAILED = "FAILED"
    REMOVED = "REMOVED"

    @property
    def is_final(self) -> bool:
        return self in {State.ACTIVE, State.DRIFTED, State.REJECTED, State.FAILED, State.REMOVED}


def execution_name(request_id: str, generation: int) -> str:
    """Deterministic, so that starting twice is starting once; within Step Functions' 80 characters."""
    return f"{request_id}-{generation}"


class Status(Value):
    """The `status` of an item.

    Attributes:
        approval: The last question that the run asked a person, and the answer.
        changes_planned: The sentence of each change that waits for a person.
        changes_made: The sentence of each change that a finished run made, or that is left of a failed one.
        changes_undone: The sentence of each change that a failed run had made and the undo took back.
        updated_at: ISO 8601, UTC.
        vpcs: Both VPCs as the plan saw them; None before there is one, or where one could not be seen.
    """

    state: State
    request_id: str
    generation: int
    updated_at: str
    peering_connection_id: str | None = None
    findings: tuple[Finding, ...] = ()
    verdicts: tuple[Verdict, ...] = ()
    testimonies: tuple[Testimony, ...] = ()
    approval: Approval | None = None
    changes_planned: tuple[str, ...] = ()
    changes_made: tuple[str, ...] = ()
    changes_undone: tuple[str, ...] = ()
    vpcs: PerSide[Vpc] | None = None

    @property
    def execution(self) -> str:
        """The name of the generation's execution, the same wherever it is asked for."""
        return execution_name(self.request_id, self.generation)

    def as_map(self) -> dict[str, Any]:
        """As it stands on the item: every key is there, and a verdict says in words what it means."""
        return {
            "state": self.state.value,
            "generation": self.generation,
            "updated_at": self.updated_at,
            "execution": self.execution,
            "peering_connection_id": self.peering_connection_id,
            **vpcs_map(self.vpcs),
            "findings": [finding.as_map() for finding in self.findings],
            "verdicts": [verdict_map(verdict) for verdict in self.verdicts],
            "testimonies": [testimony.as_map() for testimony in self.testimonies],
            "approval": None if self.approval is None else msgspec.to_builtins(self.approval),
            "changes_planned": list(self.changes_planned),
            "changes_made": list(self.changes_made),
            "changes_undone": list(self.changes_undone),
        }


def vpcs_map(vpcs: PerSide[Vpc] | None) -> dict[str, Any]:
    """What a status says of both VPCs."""
    return {
        "cidr_blocks": {side.value: list(_blocks(vpcs[side])) if vpcs else [] for side in SIDES},
        "vpc_names": {side.value: vpcs[side].name if vpcs else None for side in SIDES},
    }


def _blocks(vpc: Vpc) -> tuple[str, ...]:
    """All that the VPC has, also what the request excludes."""
    return vpc.all_cidr_blocks + vpc.excluded_cidr_blocks


def verdict_map(verdict: Verdict) -> dict[str, Any]:
    """A verdict as people and their scripts read it; remedies in words only: their values are in the ledger."""
    return {
        "flow": str(verdict.flow),
        "assumes": list(verdict.assumes),
        "verdict": verdict.result.value,
        "reachable": verdict.reachable,
        "source": msgspec.to_builtins(verdict.source),
        "destination": msgspec.to_builtins(verdict.destination),
        "blocked_by": None if verdict.blocked_by is None else _hop_map(verdict.blocked_by),
        "missing": list(verdict.missing),
        "remedies": [remedy.sentence for remedy in verdict.remedies],
        "hops": [_hop_map(hop) for hop in verdict.hops],
    }


def _hop_map(hop: Hop) -> dict[str, Any]:
    return {name: value for name, value in msgspec.to_builtins(hop).items() if name != "remedy"}
