"""The state machine's executions."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions import SFNClient


class Executions:
    def __init__(self, state_machine_arn: str, client: SFNClient) -> None:
        raise NotImplementedError

    def start(self, request_id: str, generation: int) -> str:
        """The execution's ARN: of a new one, or of the one that this generation already has."""
        raise NotImplementedError
