"""Run Command: what can be a document, and to whom a command can be sent."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.conformance.accounts import Account
from tests.conformance.expecting import refused

INSTANCE = "i-0123456789abcdef0"


def shell(name: str, *lines: str, **more: Any) -> dict[str, Any]:
    return {"action": "aws:runShellScript", "name": name, "inputs": {"runCommand": list(lines)}, **more}


def document(*steps: dict[str, Any], **parameters: Any) -> dict[str, Any]:
    return {"schemaVersion": "2.2", "parameters": parameters, "mainSteps": list(steps)}


@pytest.fixture
def create(account: Account, unique: Callable[[], str]) -> Callable[[dict[str, Any]], str]:
    """Make a command document; its name."""

    def create(content: dict[str, Any]) -> str:
        name = unique()
        account.client("ssm").create_document(Name=name, DocumentType="Command", Content=json.dumps(content))
        return name

    return create


@pytest.mark.parametrize(
    ("content", "code"),
    [
        ({"schemaVersion": "9.9", "mainSteps": []}, "InvalidDocumentSchemaVersion"),
        (document(), "InvalidDocumentContent"),
        (document(shell("run", "{{ Unknown }}")), "InvalidDocumentContent"),
        (document(shell("with a space", "true")), "InvalidDocumentContent"),
        (document(shell("twice", "true"), shell("twice", "true")), "InvalidDocumentContent"),
        (document(shell("run", "true"), Word={"type": "Text"}), "InvalidDocumentContent"),
        (document(shell("run", "true"), Word={"type": "String", "allowedPattern": "("}), "InvalidDocumentContent"),
    ],
    ids=["schema", "no steps", "unknown parameter", "step name", "step twice", "type", "pattern"],
)
def test_what_could_not_be_run_is_no_document(create: Any, content: dict[str, Any], code: str) -> None:
    """Systems Manager Guide: documents-schemas-features; Systems Manager API: CreateDocument."""
    with refused(code):
        create(content)


def test_a_document_is_there_as_it_was_written(account: Account, create: Any) -> None:
    """Systems Manager API: GetDocument."""
    content = document(shell("run", "echo {{ Word }}"), Word={"type": "String", "default": "a"})
    assert json.loads(account.client("ssm").get_document(Name=create(content))["Content"]) == content


def test_an_instance_that_is_not_there_takes_no_command(account: Account) -> None:
    """Systems Manager API: SendCommand."""
    commands = {"commands": ["true"]}
    with refused("InvalidInstanceId"):
        account.client("ssm").send_command(InstanceIds=[INSTANCE], DocumentName="AWS-RunShellScript", Parameters=commands)
