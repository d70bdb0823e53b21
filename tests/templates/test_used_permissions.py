"""What the roles are granted beside what they were used for, in a run of the whole suite: `make test` ends with this."""

import os

import pytest

from localcloud.packets import available
from tests.templates.granted import Document, role_statements
from tests.templates.used import recorded

FOR_LOG_DELIVERY = {
    "logs:CreateLogDelivery",
    "logs:DeleteLogDelivery",
    "logs:DescribeLogGroups",
    "logs:DescribeResourcePolicies",
    "logs:GetLogDelivery",
    "logs:ListLogDeliveries",
    "logs:PutResourcePolicy",
    "logs:UpdateLogDelivery",
}
"""Step Functions asks for these when it is told where to log; the embedded AWS keeps no such logs."""
ONLY_ON_AWS = {
    "StateMachineRole": FOR_LOG_DELIVERY,
    # Lambda itself sends what the function failed on to its dead letters.
    "ReceiveEventRole": {"sqs:SendMessage"},
}
AFTER_DAYS_OR_A_DEATH = {
    # It tells of a connection that AWS drops after seven days, and clears a run that died right after its outcome: tests/steps.
    "DetectDriftRole": {"dynamodb:DeleteItem", "events:PutEvents"},
}
WITH_PACKETS = {"WitnessRole": {"ssm:GetCommandInvocation", "ssm:SendCommand"}}
"""Only where instances can be told to send some."""


@pytest.fixture(scope="module")
def used() -> dict[str, set[str]]:
    found = recorded()
    if not found and os.environ.get("CAUSEWAY_RECORD") == "required":
        pytest.fail("CAUSEWAY_RECORD=required, but no run of the embedded tests has kept what it used.")
    if not found:
        pytest.skip("no run of the embedded tests has kept what it used; make test does")
    return found


def test_nothing_is_granted_that_is_not_used(hub: Document, member: Document, used: dict[str, set[str]]) -> None:
    granted: dict[str, set[str]] = {}
    for each in [*role_statements(hub), *role_statements(member)]:
        if each.allows:
            granted.setdefault(each.owner, set()).update(each.actions)
    excused = [ONLY_ON_AWS, AFTER_DAYS_OR_A_DEATH, *([WITH_PACKETS] if available() else [])]
    unused = {
        role: actions - used.get(role, set()) - set().union(*(each.get(role, set()) for each in excused))
        for role, actions in granted.items()
    }
    assert {role: actions for role, actions in unused.items() if actions} == {}
