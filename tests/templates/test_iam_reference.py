"""Every statement of the templates beside AWS's Service Authorization Reference: each does what it seems to."""

from collections.abc import Iterable
from itertools import product

import pytest

from tests.templates.granted import Document, Statement, resource_statements, role_statements
from tests.templates.service_authorization import action

ALTERNATIVES = {("states:DescribeExecution", "express")}
"""Types that the reference calls required, though a call is about one of several."""
ON_A_STATE_MACHINE = {"states:SendTaskSuccess", "states:SendTaskFailure"}
"""The reference lists no type for these, but AWS's refusals name the state machine, and CDK grants them on it."""
LOOKED_AT_IN_AN_ANALYSIS = {
    "ec2:GetManagedPrefixListEntries",
    "ec2:GetTransitGatewayPolicyTableAssociations",
    "ec2:GetTransitGatewayPolicyTableEntries",
    "ec2:GetTransitGatewayRouteTablePropagations",
    "ec2:SearchTransitGatewayRoutes",
    "elasticloadbalancing:",
    "network-firewall:",
}
"""Reads that AWS's managed policy for Reachability Analyzer allows on everything; on what it makes which is not documented."""
OF_OTHER_SERVICES_QUOTAS = {
    "autoscaling:DescribeAccountLimits",
    "cloudformation:DescribeAccountLimits",
    "dynamodb:DescribeLimits",
    "elasticloadbalancing:DescribeAccountLimits",
    "iam:GetAccountSummary",
    "kinesis:DescribeLimits",
    "rds:DescribeAccountAttributes",
    "route53:GetAccountLimit",
}
"""What listing quotas depends on, each for the quotas of its own service only; Causeway asks for VPC's."""


@pytest.fixture(params=["hub", "member"])
def resources(request: pytest.FixtureRequest) -> Document:
    found: Document = request.getfixturevalue(request.param)
    return found


@pytest.fixture
def granted(resources: Document) -> list[Statement]:
    return role_statements(resources)


@pytest.fixture
def every_statement(resources: Document, granted: list[Statement]) -> list[Statement]:
    return [*granted, *resource_statements(resources)]


def by_role(granted: Iterable[Statement]) -> dict[str, list[Statement]]:
    roles: dict[str, list[Statement]] = {}
    for statement in granted:
        if statement.allows:
            roles.setdefault(statement.owner, []).append(statement)
    return roles


def covered(statements: Iterable[Statement]) -> set[tuple[str, str]]:
    """The actions that the statements allow together, each with a type that it is allowed on."""
    return {
        (name, kind.name)
        for statement in statements
        for name, arn in product(statement.actions, statement.arns)
        for kind in action(name).about(arn)
    }


def test_every_action_exists(every_statement: list[Statement]) -> None:
    for statement in every_statement:
        for name in statement.actions:
            action(name)


def test_every_action_can_be_about_every_resource_of_its_statement(every_statement: list[Statement]) -> None:
    """Such a pair would allow nothing, and an action without types only has `*`."""
    without_effect = {
        (statement.owner, name, arn)
        for statement in every_statement
        for name, arn in product(statement.actions, statement.arns)
        if name not in ON_A_STATE_MACHINE and not list(action(name).about(arn)) and (action(name).types or arn != "*")
    }
    assert without_effect == set()


def test_an_action_that_is_about_something_is_not_granted_on_everything(granted: list[Statement]) -> None:
    everywhere = {name for each in granted if "*" in each.arns for name in each.actions if action(name).types}
    assert {name for name in everywhere if not name.startswith(tuple(LOOKED_AT_IN_AN_ANALYSIS))} == set()


def test_every_condition_key_is_one_that_the_call_has(every_statement: list[Statement]) -> None:
    """A key that a call does not have makes its condition false, or true, for ever."""
    unknown = {
        (statement.owner, name, key)
        for statement in every_statement
        for name, arn in product(statement.actions, statement.arns)
        for key in action(name).lacking(statement.condition_keys, arn)
    }
    assert unknown == set()


def test_an_action_is_granted_on_everything_that_a_call_is_about(granted: list[Statement]) -> None:
    lacking = {
        (role, name, kind.name)
        for role, statements in by_role(granted).items()
        for name in {name for each in statements for name in each.actions}
        for kind in action(name).types
        if kind.required and (name, kind.name) not in covered(statements) | ALTERNATIVES
    }
    assert lacking == set()


def test_an_action_is_granted_with_those_that_it_depends_on(granted: list[Statement]) -> None:
    lacking = {
        (role, name, dependent)
        for role, statements in by_role(granted).items()
        for name in {name for each in statements for name in each.actions}
        for dependent in depended_on(name, covered(statements))
        if dependent not in covered(statements) | {(name, "") for each in statements for name in each.actions}
    }
    assert lacking == set()


def depended_on(name: str, grants: set[tuple[str, str]]) -> set[tuple[str, str]]:
    """What a call needs too, and where it creates something with tags, on which type."""
    anyway = {(dependent, "") for dependent in action(name).dependent_actions - OF_OTHER_SERVICES_QUOTAS}
    kinds = [kind for kind in action(name).types if (name, kind.name) in grants]
    return anyway | {
        (dependent, kind.name if "aws:RequestTag" in kind.condition_keys else "")
        for kind in kinds
        for dependent in kind.dependent_actions
    }
