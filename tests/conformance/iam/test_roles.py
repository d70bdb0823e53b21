"""Who may assume a role: whom it trusts, and who may."""

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from tests.conformance.accounts import Account
from tests.conformance.policies import Roles, allow, outcome, permitted, trusting

EXTERNAL_ID = "conformance"


def assuming(caller: Account, arn: str, **more: str) -> Callable[[], Any]:
    return partial(caller.client("sts").assume_role, RoleArn=arn, RoleSessionName="session", **more)


@pytest.fixture
def member_role(peer_roles: Roles, account: Account) -> str:
    """A role of the other account that trusts this account's roles under a path, with an external id."""
    conditions = {
        "StringEquals": {"sts:ExternalId": EXTERNAL_ID},
        "ArnLike": {"aws:PrincipalArn": f"arn:aws:iam::{account.id}:role/hub/*"},
    }
    trust = trusting({"AWS": f"arn:aws:iam::{account.id}:root"}, **conditions)
    return peer_roles.make(allow("ec2:DescribeVpcs"), trust=trust)


def test_a_role_is_assumed_across_accounts_by_whom_it_trusts(roles: Roles, peer_roles: Roles, member_role: str) -> None:
    """IAM Guide: tutorial_cross-account-with-roles; STS API: AssumeRole."""
    trusted = roles.acting(allow("sts:AssumeRole", member_role), path="/hub/")
    member = peer_roles.assume(member_role, by=trusted, ExternalId=EXTERNAL_ID)
    assert permitted(member.ec2.describe_vpcs) == "ok"


@pytest.mark.parametrize("external_id", [{}, {"ExternalId": "wrong"}], ids=["missing", "wrong"])
def test_a_role_that_wants_an_external_id_is_not_assumed_without_it(
    roles: Roles, member_role: str, external_id: dict[str, str]
) -> None:
    """IAM Guide: id_roles_common-scenarios_third-party; STS API: AssumeRole."""
    trusted = roles.acting(allow("sts:AssumeRole", member_role), path="/hub/")
    assert permitted(assuming(trusted, member_role, ExternalId=EXTERNAL_ID)) == "ok"
    assert outcome(assuming(trusted, member_role, **external_id)) == "AccessDenied"


def test_another_role_of_the_trusted_account_is_not_trusted(roles: Roles, member_role: str) -> None:
    """IAM Guide: reference_policies_condition-keys."""
    trusted = roles.acting(allow("sts:AssumeRole", member_role), path="/hub/")
    other = roles.acting(allow("sts:AssumeRole", member_role))
    assert permitted(assuming(trusted, member_role, ExternalId=EXTERNAL_ID)) == "ok"
    assert outcome(assuming(other, member_role, ExternalId=EXTERNAL_ID)) == "AccessDenied"


def test_across_accounts_the_callers_own_policy_must_allow_it_too(roles: Roles, member_role: str) -> None:
    """IAM Guide: reference_policies_evaluation-logic-cross-account."""
    powerless = roles.acting(path="/hub/")
    assert outcome(assuming(powerless, member_role, ExternalId=EXTERNAL_ID)) == "AccessDenied"


def test_a_role_cannot_assume_an_unknown_role(roles: Roles, peer: Account) -> None:
    """STS API: AssumeRole; IAM Guide: troubleshoot_roles."""
    caller = roles.acting(allow("sts:AssumeRole"))
    assert outcome(assuming(caller, f"arn:aws:iam::{peer.id}:role/conformance-missing")) == "AccessDenied"


def test_a_role_that_trusts_a_service_trusts_nobody_else(roles: Roles, account: Account) -> None:
    """IAM Guide: id_roles_create_for-service; IAM Guide: troubleshoot_roles."""
    arn = roles.make(trust=trusting({"Service": "lambda.amazonaws.com"}))
    assert outcome(assuming(account, arn)) == "AccessDenied"


def test_a_text_that_is_no_arn_of_a_role_is_invalid(account: Account) -> None:
    """STS API: AssumeRole; STS API: CommonErrors."""
    assert outcome(assuming(account, "arn:aws:iam::role/nothing")) == "ValidationError"
