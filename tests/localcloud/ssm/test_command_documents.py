"""Command documents, as plain values: what is a document, what a command may say to it, and what comes of it."""

from typing import Any

import pytest
from moto.ssm.exceptions import SSMException

from localcloud.ssm.command_documents import PUBLIC, RUN_SHELL_SCRIPT, Step, refuse_malformed, steps_of


def shell(name: str, *lines: str, **more: Any) -> dict[str, Any]:
    return {"action": "aws:runShellScript", "name": name, "inputs": {"runCommand": list(lines)}, **more}


def document(*steps: dict[str, Any], **parameters: Any) -> dict[str, Any]:
    return {"schemaVersion": "2.2", "parameters": parameters, "mainSteps": list(steps)}


PROBE = document(
    shell("tcp", "nc -z {{ Address }} {{Port}}", precondition={"StringEquals": ["{{ Protocol }}", "tcp"]}),
    shell("icmp", "ping -c 1 {{ Address }}", precondition={"StringEquals": ["{{ Protocol }}", "icmp"]}),
    Address={"type": "String", "allowedPattern": r"^[\d.]+$"},
    Protocol={"type": "String", "allowedValues": ["icmp", "tcp"]},
    Port={"type": "String", "default": "0", "allowedPattern": r"^\d{1,5}$"},
)


def refusal(content: dict[str, Any], **given: list[str]) -> str:
    with pytest.raises(SSMException) as caught:
        steps_of(content, given)
    return f"{caught.value.code}: {caught.value.message}"


def test_parameters_are_put_in_and_only_the_fitting_step_runs() -> None:
    tcp, icmp = steps_of(PROBE, {"Address": ["10.0.0.7"], "Protocol": ["tcp"], "Port": ["443"]})
    assert tcp == Step("tcp", ("nc -z 10.0.0.7 443",))
    assert (icmp.name, icmp.lines, icmp.failed) == ("icmp", (), False)
    assert icmp.said == (
        "Step execution skipped due to unsatisfied preconditions: '\"StringEquals\": [{{ Protocol }}, icmp]'. Step name: icmp"
    )


def test_a_default_takes_the_place_of_a_value() -> None:
    tcp, _ = steps_of(PROBE, {"Address": ["10.0.0.7"], "Protocol": ["tcp"]})
    assert tcp.lines == ("nc -z 10.0.0.7 0",)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"Address": ["10.0.0.7; reboot"], "Protocol": ["tcp"]}, "does not match the pattern of Address"),
        ({"Address": ["10.0.0.7"], "Protocol": ["udp"]}, "is not one of the values allowed for Protocol: icmp, tcp"),
        ({"Address": ["10.0.0.7"]}, "the parameter Protocol has no value"),
        ({"Address": ["10.0.0.7", "10.0.0.8"], "Protocol": ["tcp"]}, "the parameter Address takes one value"),
        ({"Address": ["10.0.0.7"], "Protocol": ["tcp"], "commands": ["ls"]}, "the document has no parameter commands"),
    ],
)
def test_a_parameter_that_does_not_fit_is_refused(given: dict[str, list[str]], said: str) -> None:
    message = refusal(PROBE, **given)
    assert message.startswith("InvalidParameters: ")
    assert said in message


def test_a_pattern_without_anchors_need_only_be_found() -> None:
    """As on AWS: who forgets the anchors lets everything through."""
    open_hearted = document(shell("run", "{{ Word }}"), Word={"type": "String", "allowedPattern": "[a-z]+"})
    assert steps_of(open_hearted, {"Word": ["a; reboot"]}) == [Step("run", ("a; reboot",))]


def test_aws_own_document_runs_its_lines() -> None:
    content = PUBLIC[RUN_SHELL_SCRIPT]
    refuse_malformed(content)
    assert steps_of(content, {"commands": ["ping -c 1 10.0.0.7", "uname"]}) == [
        Step("aws:runShellScript", ("ping -c 1 10.0.0.7", "uname"))
    ]


@pytest.mark.parametrize(
    ("precondition", "runs"),
    [({"StringEquals": ["platformType", "Linux"]}, True), ({"StringEquals": ["platformType", "Windows"]}, False)],
)
def test_a_step_can_be_for_a_platform(precondition: dict[str, list[str]], runs: bool) -> None:
    (step,) = steps_of(document(shell("run", "true", precondition=precondition)), {})
    assert (bool(step.lines), step.failed) == (runs, False)


@pytest.mark.parametrize("precondition", [{"StringEquals": ["a", "a"]}, {"StringLike": ["{{ Word }}", "a"]}])
def test_a_step_with_an_unknown_precondition_fails(precondition: dict[str, list[str]]) -> None:
    (step,) = steps_of(document(shell("run", "true", precondition=precondition), Word={"type": "String", "default": "a"}), {})
    assert (step.failed, step.lines) == (True, ())
    assert step.said.startswith("Unrecognized precondition(s): ")


def test_a_step_that_is_no_shell_script_fails() -> None:
    (step,) = steps_of(document({"action": "aws:runPowerShellScript", "name": "run"}), {})
    assert (step.failed, step.said) == (True, "Plugin with name aws:runPowerShellScript is not supported. Step name: run")


@pytest.mark.parametrize(
    ("content", "code"),
    [
        ({"schemaVersion": "1.2", "runtimeConfig": {}}, "InvalidDocumentSchemaVersion"),
        (document(), "InvalidDocumentContent"),
        (document(shell("run", "{{ Unknown }}")), "InvalidDocumentContent"),
        (document(shell("with a space", "true")), "InvalidDocumentContent"),
        (document(shell("twice", "true"), shell("twice", "true")), "InvalidDocumentContent"),
        (document(shell("run", "true"), Word={"type": "Text"}), "InvalidDocumentContent"),
        (document(shell("run", "true"), Word={"type": "String", "allowedPattern": "("}), "InvalidDocumentContent"),
    ],
)
def test_what_could_not_be_run_is_no_document(content: dict[str, Any], code: str) -> None:
    with pytest.raises(SSMException) as caught:
        refuse_malformed(content)
    assert caught.value.code == code
