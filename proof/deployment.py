"""Causeway as a person deploys it: the hub with the SAM CLI, members and labs as stacks of their templates."""

import platform
import secrets
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from samcli.yamlhelper import yaml_parse

from proof.accounts import Account, Accounts
from proof.names import Names
from proof.plan import Plan, Stack
from proof.stopping import ProgramFailed, run

PROJECT = Path(__file__).parents[1]
FOLDER = PROJECT / ".local" / "proof"
"""Where builds and reports are kept; git ignores it."""
EVERY_MINUTE = "rate(1 minute)"
_TEMPLATES = {name: PROJECT / name / "template.yaml" for name in (".", "member", "lab")}
_CAPABILITIES = ["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM"]
_SECONDS_BETWEEN_LOOKS = 2
_LOOKS = 300

type Outputs = dict[str, str]


class Deployed(NamedTuple):
    """The outputs of the hub's stack, and of the requester's and the accepter's labs."""

    hub: Outputs
    requester: Outputs
    accepter: Outputs


def new_names() -> Names:
    return Names(secrets.token_hex(4))


def planned(accounts: Accounts, names: Names) -> Plan:
    hub, member, lab = (yaml_parse(path.read_text()) for path in _TEMPLATES.values())
    stacks = [Stack(names.hub, accounts.hub.id, hub)]
    for name, template in ((names.member, member), (names.lab, lab)):
        stacks += [Stack(name, account.id, template) for account in accounts.members]
    return Plan((accounts.requester.id, accounts.accepter.id), names.bucket(accounts.hub.id), stacks)


def deploy(accounts: Accounts, names: Names, organization: str) -> Deployed:
    """Deploy everything.

    Raises:
        ProgramFailed: the SAM CLI failed.
        botocore.exceptions.WaiterError: a stack did not come into being.
    """
    hub = _deploy_hub(accounts.hub, names, organization)
    grants = {
        "HubAccountId": accounts.hub.id,
        "ExternalId": names.external_id,
        "OrganizationId": organization,
        "EventBusArn": hub["EventBusArn"],
        "ReadRoleName": names.role("read"),
        "WriteRoleName": names.role("write"),
    }
    for account in accounts.members:
        _create_stack(account, names.member, "member", grants)
    networks = dict(zip(accounts.members, ("Test", "Production"), strict=True))
    for account, network in networks.items():
        _create_stack(account, names.lab, "lab", {"Network": network})
    for account in accounts.members:
        _created(account, names.member)
    requester, accepter = (_created(account, names.lab) for account in networks)
    return Deployed(hub, requester, accepter)


def _deploy_hub(account: Account, names: Names, organization: str) -> Outputs:
    parameters = {
        "ExternalId": names.external_id,
        "OrganizationId": organization,
        "ReadRoleName": names.role("read"),
        "WriteRoleName": names.role("write"),
        "WitnessRoleName": names.role("witness"),
        "DriftSchedule": EVERY_MINUTE,
        "LogRetentionDays": "1",
        "Architecture": "arm64" if platform.machine().lower() in {"arm64", "aarch64"} else "x86_64",
    }
    overrides = ["--parameter-overrides", *(f'{name}="{value}"' for name, value in parameters.items())]
    bucket = names.bucket(account.id)
    _create_bucket(account, bucket)
    _sam(account, "build", "--cached", "--parallel", "--build-dir", str(FOLDER / "built"), "--cache-dir", str(FOLDER / "cache"))
    _sam(
        account,
        "deploy",
        *("--template-file", str(FOLDER / "built" / "template.yaml")),
        *("--stack-name", names.hub),
        *("--s3-bucket", bucket),
        *("--capabilities", *_CAPABILITIES),
        *("--on-failure", "DO_NOTHING"),
        "--no-confirm-changeset",
        "--no-progressbar",
        *overrides,
    )
    return _created(account, names.hub)


def _create_bucket(account: Account, name: str) -> None:
    elsewhere: dict[str, Any] = {"CreateBucketConfiguration": {"LocationConstraint": account.region}}
    account.client("s3").create_bucket(Bucket=name, **({} if account.region == "us-east-1" else elsewhere))


def _create_stack(account: Account, name: str, template: str, parameters: Mapping[str, str]) -> None:
    account.client("cloudformation").create_stack(
        StackName=name,
        TemplateBody=_TEMPLATES[template].read_text(),
        Parameters=[{"ParameterKey": name, "ParameterValue": value} for name, value in parameters.items()],
        Capabilities=_CAPABILITIES,
        OnFailure="DO_NOTHING",
    )


def _created(account: Account, stack: str) -> Outputs:
    """The outputs of a stack, once it is there."""
    stacks = account.client("cloudformation")
    patience = {"Delay": _SECONDS_BETWEEN_LOOKS, "MaxAttempts": _LOOKS}
    stacks.get_waiter("stack_create_complete").wait(StackName=stack, WaiterConfig=patience)
    (described,) = stacks.describe_stacks(StackName=stack)["Stacks"]
    return {output["OutputKey"]: output["OutputValue"] for output in described.get("Outputs", [])}


def _sam(account: Account, *arguments: str) -> None:
    command = [sys.executable, "-m", "samcli", *arguments]
    tools = f"{Path(sys.executable).parent}:{account.environment['PATH']}"
    environment = {**account.environment, "PATH": tools, "SAM_CLI_TELEMETRY": "0"}
    ended = run(command, PROJECT, environment)
    if ended.code:
        raise ProgramFailed(command, ended)
