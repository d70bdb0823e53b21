"""Stacks: what is no template is refused before anything is made."""

from collections.abc import Callable

from tests.conformance.accounts import Account
from tests.conformance.expecting import refused


def test_an_unknown_resource_type_is_refused(account: Account, unique: Callable[[], str]) -> None:
    """CloudFormation API: CreateStack."""
    template = "Resources: {Thing: {Type: AWS::Nothing::Thing}}"
    with refused("ValidationError"):
        account.client("cloudformation").create_stack(StackName=unique(), TemplateBody=template)
