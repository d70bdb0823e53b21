"""Principals: callers as policies name them."""

from localcloud.endpoint.callers import Caller
from localcloud.iam.evaluation import Principal

ORGANIZATION_ID = "o-embedded00"
"""The organization that all accounts of the embedded AWS belong to."""


def principal_of(caller: Caller) -> Principal:
    """A caller as policies name principals."""
    names = {caller.account_id, f"arn:aws:iam::{caller.account_id}:root", caller.arn}
    return Principal("AWS", frozenset(names | {caller.role_arn} if caller.role_arn else names))


def principal_context(account_id: str, principal_arn: str) -> dict[str, tuple[str, ...]]:
    """The global condition keys about the principal; for a session the ARN is its role's."""
    return {
        "aws:principalaccount": (account_id,),
        "aws:principalarn": (principal_arn,),
        "aws:principalorgid": (ORGANIZATION_ID,),
    }
