"""The functions' environment, as `template.yaml` sets it: named here and nowhere else."""

import os
from collections.abc import Mapping

import msgspec

from causeway.domain.authority.approval import ApprovalRule
from causeway.domain.model.values import Value


class Settings(Value, rename=str.upper):
    """A function's environment. Each function has only the variables that it needs.

    Attributes:
        read_role_name: The members' role that snapshots are taken with.
        write_role_name: The members' role that changes are made with.
        witness_role_name: The members' role that other witnesses are asked with.
        external_id: What the members' roles ask for beside the hub's account.
        approval_accounts: The stack's rule for approvals; empty where it has none. So are the next two.
    """

    ledger_table: str = ""
    requests_table: str = ""
    event_bus_name: str = ""
    state_machine_arn: str = ""
    drift_checks_url: str = ""
    read_role_name: str = ""
    write_role_name: str = ""
    witness_role_name: str = ""
    external_id: str = ""
    approval_topic_arn: str = ""
    approval_accounts: str = ""
    approval_tags: str = ""
    approval_ports_wider_than: str = ""
    aws_lambda_function_name: str = ""

    @property
    def approval_rule(self) -> ApprovalRule:
        return ApprovalRule.parse(self.approval_accounts, self.approval_tags, self.approval_ports_wider_than)

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> "Settings":
        """Read the variables that are set."""
        return msgspec.convert(dict(environment), cls)

    def require(self, name: str) -> str:
        """The value of a variable.

        Raises:
            MissingSetting: The function's environment does not have it.
        """
        value: str = getattr(self, name)
        if not value:
            raise MissingSetting(name.upper())
        return value


class MissingSetting(Exception):
    """The template gives this function no such variable."""

    def __init__(self, variable: str) -> None:
        super().__init__(f"The environment variable {variable} is missing: see the function's Environment in template.yaml")
