"""The walkthrough's three kinds of stacks: the hub by the real SAM CLI, members and lab networks by CloudFormation."""

import functools
import platform
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import boto3
import msgspec

from localcloud.deploy.sam import PACKAGES_BUCKET, PROJECT, sam_build, sam_deploy
from localcloud.iam.principals import ORGANIZATION_ID
from localcloud.server import DEFAULT_REGION, HUB_ACCOUNT_ID, MEMBER_ACCOUNT_IDS, EmbeddedAws

type Outputs = dict[str, str]

EXTERNAL_ID = "causeway-local"
HUB_STACK = "causeway"
MEMBER_STACK = "causeway-member"
MEMBER_TEMPLATE = Path("member", "template.yaml")
LAB_NETWORKS = dict(zip(MEMBER_ACCOUNT_IDS, ("Test", "Production"), strict=True))
"""Which of the walkthrough's networks is in which member account."""
_OPERATOR_ROLE = "OrganizationAccountAccessRole"
_HUB_SOURCES = ("functions", "layers/causeway", "statemachine")


class Member(msgspec.Struct, frozen=True):
    """A member account and, where the lab was deployed to it, the outputs of its lab stack."""

    account_id: str
    lab: Outputs


def deploy_everything(aws: EmbeddedAws, **more_of_the_hub: str) -> tuple[Outputs, tuple[Member, ...]]:
    """Deploy the hub, the members and the lab, and answer the hub's outputs and the members.

    The hub has the parameters that it needs, and those that are given.

    An account that is met for the first time later becomes a member at once, as by a StackSet for the organization.
    """
    built = build_hub()
    hub = deploy_hub(aws, built, more_of_the_hub)
    deploy_member(aws, HUB_ACCOUNT_ID)
    aws.account_listeners.append(functools.partial(on_new_account, aws))
    for account_id in LAB_NETWORKS:
        on_new_account(aws, account_id)  # met already, perhaps
    return hub, tuple(Member(account_id, deploy_lab(aws, account_id, name)) for account_id, name in LAB_NETWORKS.items())


def build_hub() -> Path:
    """Build the hub's functions and layer, for this machine's processor."""
    return build_hub_of(PROJECT)


def build_hub_of(project: Path) -> Path:
    """The same of another version's files."""
    return sam_build(project / "template.yaml", tuple(project / source for source in _HUB_SOURCES), hub_parameters())


def deploy_hub(aws: EmbeddedAws, built: Path, more: Mapping[str, str]) -> Outputs:
    return deploy(aws, built, HUB_STACK, hub_parameters() | dict(more))


def hub_parameters() -> dict[str, str]:
    architecture = "arm64" if platform.machine().lower() in {"arm64", "aarch64"} else "x86_64"
    return {"ExternalId": EXTERNAL_ID, "OrganizationId": ORGANIZATION_ID, "Architecture": architecture}


def on_new_account(aws: EmbeddedAws, account_id: str) -> None:
    """Make an account a member, where it is not one yet."""
    stacks = operator_session(aws, account_id).client("cloudformation", endpoint_url=aws.endpoint_url)
    if MEMBER_STACK not in {stack["StackName"] for stack in stacks.describe_stacks()["Stacks"]}:
        deploy_member(aws, account_id)


def deploy_member(aws: EmbeddedAws, account_id: str, *, witnesses: str = "allowed") -> Outputs:
    parameters = member_parameters() | {"Witnesses": witnesses}
    return create_stack(aws, account_id, PROJECT / MEMBER_TEMPLATE, MEMBER_STACK, parameters)


def member_parameters(hub_stack: str = HUB_STACK) -> dict[str, str]:
    return {
        "HubAccountId": HUB_ACCOUNT_ID,
        "ExternalId": EXTERNAL_ID,
        "OrganizationId": ORGANIZATION_ID,
        "EventBusArn": f"arn:aws:events:{DEFAULT_REGION}:{HUB_ACCOUNT_ID}:event-bus/{hub_stack}",
    }


def deploy_lab(aws: EmbeddedAws, account_id: str, network: str, region: str = DEFAULT_REGION) -> Outputs:
    """Deploy one of the walkthrough's networks, ``Test`` or ``Production``, and answer its ids."""
    template, stack = PROJECT / "lab" / "template.yaml", f"causeway-lab-{network.lower()}"
    return create_stack(aws, account_id, template, stack, {"Network": network}, region=region)


def deploy(aws: EmbeddedAws, built: Path, stack: str, parameters: Mapping[str, str]) -> Outputs:
    """Deploy a built SAM template to the hub account and answer the stack's outputs.

    Raises:
        DeploymentError: `sam deploy` failed; with its own output.
    """
    session = operator_session(aws, HUB_ACCOUNT_ID)
    session.client("s3", endpoint_url=aws.endpoint_url).create_bucket(Bucket=PACKAGES_BUCKET)
    sam_deploy(aws.endpoint_url, built, stack, parameters, DEFAULT_REGION)
    return _outputs(session.client("cloudformation", endpoint_url=aws.endpoint_url), stack)


def create_stack(
    aws: EmbeddedAws,
    account_id: str,
    template: Path,
    stack: str,
    parameters: Mapping[str, str],
    *,
    region: str = DEFAULT_REGION,
) -> Outputs:
    """Create a stack from a plain CloudFormation template and answer its outputs."""
    session = operator_session(aws, account_id)
    stacks = session.client("cloudformation", region_name=region, endpoint_url=aws.endpoint_url)
    stacks.create_stack(
        StackName=stack,
        TemplateBody=template.read_text(),
        Parameters=[{"ParameterKey": name, "ParameterValue": value} for name, value in parameters.items()],
        Capabilities=["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM"],
    )
    return _outputs(stacks, stack)


def operator_session(aws: EmbeddedAws, account_id: str) -> boto3.Session:
    """The operator's session: in the hub by any credentials, elsewhere by a role that everybody there trusts."""
    operator = boto3.Session("test", "test", region_name=DEFAULT_REGION)
    if account_id == HUB_ACCOUNT_ID:
        return operator
    sts = operator.client("sts", endpoint_url=aws.endpoint_url)
    role = f"arn:aws:iam::{account_id}:role/{_OPERATOR_ROLE}"
    credentials = sts.assume_role(RoleArn=role, RoleSessionName="operator")["Credentials"]
    keys = (credentials["AccessKeyId"], credentials["SecretAccessKey"], credentials["SessionToken"])
    return boto3.Session(*keys, region_name=DEFAULT_REGION)


def _outputs(stacks: Any, name: str) -> Outputs:
    described = stacks.describe_stacks(StackName=name)["Stacks"][0]
    return {output["OutputKey"]: output["OutputValue"] for output in described.get("Outputs", [])}
