from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from localcloud.iam.evaluation import Decision, Principal, evaluate, wildcard_match
from localcloud.iam.policies import Policy, Statement, UnsupportedPolicyError, parse_policy

TABLE = "arn:aws:dynamodb:us-east-1:123456789012:table/requests"
HUB_ROLE = "arn:aws:iam::123456789012:role/hub"
CALLER = Principal("AWS", frozenset({"123456789012", "arn:aws:iam::123456789012:root", HUB_ROLE}))


def statement(**elements: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": "dynamodb:GetItem", "Resource": TABLE, **elements}


def policy(*statements: dict[str, Any]) -> Policy:
    return parse_policy({"Version": "2012-10-17", "Statement": list(statements)})


def decide(
    *statements: dict[str, Any], action: str = "dynamodb:GetItem", resource: str | None = TABLE, **context: Any
) -> Decision:
    return evaluate([policy(*statements)], action, resource, context)


def test_the_default_is_no() -> None:
    assert evaluate([], "dynamodb:GetItem", TABLE, {}) == Decision("implicit deny")
    assert decide(statement(Action="dynamodb:PutItem")) == Decision("implicit deny")
    assert decide(statement(Resource=TABLE + "-other")) == Decision("implicit deny")


def test_the_decision_names_its_statement() -> None:
    decision = decide(statement(Action="s3:*"), statement(Sid="Read"))
    assert decision.allowed
    assert decision.statement is not None
    assert decision.statement.sid == "Read"


def test_an_explicit_deny_wins_wherever_it_stands() -> None:
    allow, deny = statement(), statement(Effect="Deny", Action="*", Resource="*")
    assert decide(allow, deny).outcome == decide(deny, allow).outcome == "explicit deny"


def test_actions_ignore_case_and_resources_do_not() -> None:
    assert decide(statement(Action="DynamoDB:getitem")).allowed
    assert not decide(statement(Resource=TABLE.upper())).allowed


def test_a_single_statement_needs_no_list() -> None:
    assert evaluate([parse_policy({"Statement": statement()})], "dynamodb:GetItem", TABLE, {}).allowed


def test_not_action_and_not_resource_mean_everything_else() -> None:
    everything_else = {"Effect": "Allow", "NotAction": ["iam:*"], "NotResource": [TABLE + "/*"]}
    assert decide(everything_else).allowed
    assert not decide(everything_else, action="iam:GetRole").allowed
    assert not decide(everything_else, resource=TABLE + "/index/x").allowed


def test_an_action_without_resources_needs_a_star() -> None:
    assert not decide(statement(Resource=TABLE), resource="*").allowed
    assert decide(statement(Resource="*"), resource="*").allowed


def test_an_unknown_resource_fits_any_pattern() -> None:
    assert decide(statement(), resource=None).allowed


@pytest.mark.parametrize(
    ("principal", "allowed"),
    [
        ("*", True),
        ({"AWS": "*"}, True),
        ({"AWS": "123456789012"}, True),
        ({"AWS": ["arn:aws:iam::999999999999:root", HUB_ROLE]}, True),
        ({"AWS": "arn:aws:iam::123456789012:role/*"}, False),
        ({"Service": "lambda.amazonaws.com"}, False),
        ({"Service": "*"}, False),
    ],
)
def test_a_trust_policy_names_its_principals(principal: object, allowed: bool) -> None:
    trust = policy({"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": principal})
    assert evaluate([trust], "sts:AssumeRole", "arn:aws:iam::1:role/x", {}, CALLER).allowed is allowed


def test_a_service_is_another_principal_than_an_account() -> None:
    trust = policy({"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "lambda.amazonaws.com"}})
    service = Principal("Service", frozenset({"lambda.amazonaws.com"}))
    assert evaluate([trust], "sts:AssumeRole", None, {}, service).allowed
    assert not evaluate([trust], "sts:AssumeRole", None, {}, CALLER).allowed


@pytest.mark.parametrize(
    ("operator", "expected", "actual", "holds"),
    [
        ("StringEquals", "eu", ("eu",), True),
        ("StringEquals", ["us", "eu"], ("eu",), True),
        ("StringEquals", "eu", ("EU",), False),
        ("StringEquals", "eu", None, False),
        ("StringEqualsIfExists", "eu", None, True),
        ("StringEqualsIfExists", "eu", ("us",), False),
        ("StringLike", "eu-*", ("eu-west-1",), True),
        ("StringLike", "eu-?", ("eu-west-1",), False),
        ("ArnLike", "arn:aws:iam::*:role/hub-*", ("arn:aws:iam::1:role/hub-plan",), True),
        ("ArnLike", "arn:aws:iam:*:role/hub-*", ("arn:aws:iam::1:role/hub-plan",), False),
        ("ArnEquals", "arn:aws:iam::1:role/hub", ("arn:aws:iam::1:role/hub",), True),
        ("Bool", "true", ("True",), True),
        ("Bool", True, ("true",), True),
        ("Bool", "true", ("false",), False),
        ("Null", "true", None, True),
        ("Null", "false", ("x",), True),
        ("Null", "true", ("x",), False),
        ("ForAllValues:StringEquals", ["a", "b"], ("a", "b"), True),
        ("ForAllValues:StringEquals", ["a"], ("a", "b"), False),
        ("ForAllValues:StringEquals", ["a"], None, True),
        ("ForAnyValue:StringEquals", ["a"], ("a", "b"), True),
        ("ForAnyValue:StringEquals", ["a"], ("b",), False),
        ("ForAnyValue:StringEquals", ["a"], None, False),
        ("StringNotEquals", ["us", "eu"], ("eu",), False),
        ("StringNotEquals", ["us", "eu"], ("ap",), True),
        ("StringNotEquals", "eu", None, True),
        ("StringNotLike", "eu-*", ("eu-west-1",), False),
        ("ArnNotLike", "arn:aws:iam::*:role/hub-*", ("arn:aws:iam::1:role/other",), True),
        ("ForAllValues:StringNotLike", ["causeway:*"], ("Owner", "Tier"), True),
        ("ForAllValues:StringNotLike", ["causeway:*"], ("Owner", "causeway:request-id"), False),
        ("ForAllValues:StringNotLike", ["causeway:*"], None, True),
        ("ForAnyValue:StringNotEquals", ["a"], ("a", "b"), True),
        ("ForAnyValue:StringNotEquals", ["a"], ("a",), False),
        ("ForAnyValue:StringNotEquals", ["a"], None, False),
    ],
)
def test_a_condition_holds_as_its_operator_says(
    operator: str, expected: object, actual: tuple[str, ...] | None, *, holds: bool
) -> None:
    conditioned = policy(statement(Condition={operator: {"Some:Key": expected}}))
    context = {} if actual is None else {"some:key": actual}
    assert evaluate([conditioned], "dynamodb:GetItem", TABLE, context).allowed is holds


def test_all_conditions_of_a_statement_must_hold() -> None:
    both = policy(statement(Condition={"StringEquals": {"a": "1", "b": "2"}}))
    assert evaluate([both], "dynamodb:GetItem", TABLE, {"a": ("1",), "b": ("2",)}).allowed
    assert not evaluate([both], "dynamodb:GetItem", TABLE, {"a": ("1",), "b": ("3",)}).allowed


@pytest.mark.parametrize("operator", ["DateLessThan", "NumericEquals", "ForMostValues:StringEquals", "stringequals"])
def test_an_unknown_operator_is_an_error_not_a_guess(operator: str) -> None:
    with pytest.raises(UnsupportedPolicyError, match=operator):
        decide(statement(Condition={operator: {"aws:CurrentTime": "2030-01-01"}}))


def test_not_principal_is_an_error() -> None:
    with pytest.raises(UnsupportedPolicyError, match="NotPrincipal"):
        policy({"Effect": "Allow", "Action": "sts:AssumeRole", "NotPrincipal": {"AWS": "1"}})


PATTERNS = st.text("ab:*?.", max_size=8)
TEXTS = st.text("ab:.\n", max_size=8)


def brute_force_match(pattern: str, text: str) -> bool:
    if not pattern:
        return not text
    head, rest = pattern[0], pattern[1:]
    if head == "*":
        return any(brute_force_match(rest, text[skipped:]) for skipped in range(len(text) + 1))
    return bool(text) and head in {"?", text[0]} and brute_force_match(rest, text[1:])


@given(PATTERNS, TEXTS)
def test_wildcards_match_as_their_definition_says(pattern: str, text: str) -> None:
    assert wildcard_match(pattern, text) is brute_force_match(pattern, text)


ACTIONS = st.sampled_from(["ec2:CreateRoute", "ec2:DeleteRoute", "sts:AssumeRole"])
ACTION_PATTERNS = st.sampled_from(["*", "ec2:*", "ec2:Create*", "sts:AssumeRole", "ec2:?eleteRoute"])
RESOURCES = st.sampled_from(["arn:a", "arn:b", "*"])
STATEMENTS = st.builds(
    Statement,
    effect=st.sampled_from(["Allow", "Deny"]),
    actions=st.lists(ACTION_PATTERNS, max_size=2).map(tuple),
    resources=st.lists(RESOURCES, max_size=2).map(tuple),
)
ALLOWS = STATEMENTS.filter(lambda statement: statement.effect == "Allow")


@given(st.lists(STATEMENTS, max_size=5), ALLOWS, ACTIONS, RESOURCES)
def test_another_allow_never_takes_access_away(
    statements: list[Statement], added: Statement, action: str, resource: str
) -> None:
    before = evaluate([Policy(tuple(statements))], action, resource, {})
    after = evaluate([Policy((*statements, added))], action, resource, {})
    assert after.allowed or not before.allowed
    assert (after.outcome == "explicit deny") is (before.outcome == "explicit deny")


@given(st.lists(STATEMENTS, max_size=5), ACTIONS, RESOURCES)
def test_a_deny_of_everything_leaves_nothing(statements: list[Statement], action: str, resource: str) -> None:
    deny = Statement(effect="Deny", actions=("*",), resources=("*",))
    assert evaluate([Policy((*statements, deny))], action, resource, {}).outcome == "explicit deny"


@given(st.permutations([Statement("Allow", actions=("ec2:*",)), Statement("Deny", actions=("ec2:D*",))]), ACTIONS)
def test_the_order_and_grouping_of_statements_do_not_matter(statements: list[Statement], action: str) -> None:
    together = evaluate([Policy(tuple(statements))], action, "*", {})
    apart = evaluate([Policy((statement,)) for statement in statements], action, "*", {})
    assert together == apart
