"""The real tools deploy: `sam build`, then `sam deploy` against the embedded AWS; members by plain CloudFormation."""

import hashlib
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import boto3

from localcloud.runtime_image import LOCAL_FOLDER
from localcloud.server import DEFAULT_REGION, HUB_ACCOUNT_ID, EmbeddedAws

type Outputs = dict[str, str]

PROJECT = Path(__file__).parent.parent
_PACKAGES_BUCKET = "localcloud-packages"
_NOT_SOURCE = {"__pycache__", ".aws-sam", ".mypy_cache", ".ruff_cache", ".pytest_cache"}


class DeploymentError(Exception):
    """One of AWS's tools failed; the message is what it said."""


def build(template: Path, sources: tuple[Path, ...]) -> Path:
    """Run `sam build` and answer the built template. What has not changed since is not built again.

    Args:
        template: the SAM template.
        sources: every file or folder that the template's functions, layers and state machines are made from.

    Raises:
        DeploymentError: the build failed.
    """
    folder = LOCAL_FOLDER / "build" / hashlib.sha256(str(template.resolve()).encode()).hexdigest()[:12]
    stamp = folder / "sources.sha256"
    digest = _digest(template, *sources)
    if not stamp.exists() or stamp.read_text() != digest:
        stamp.unlink(missing_ok=True)
        _sam("build", "--template-file", str(template.resolve()), "--build-dir", str(folder / "built"), cwd=PROJECT)
        stamp.write_text(digest)
    return folder / "built" / "template.yaml"


def deploy(aws: EmbeddedAws, template: Path, stack: str, parameters: dict[str, str]) -> Outputs:
    """Run `sam deploy` in the hub account and answer the stack's outputs.

    Raises:
        DeploymentError: the deployment failed.
    """
    client_of(aws, "s3").create_bucket(Bucket=_PACKAGES_BUCKET)
    overrides = [f"{name}={value}" for name, value in parameters.items()]
    _sam(
        "deploy",
        "--template-file",
        str(template),
        "--stack-name",
        stack,
        "--s3-bucket",
        _PACKAGES_BUCKET,
        "--s3-prefix",
        stack,
        "--region",
        DEFAULT_REGION,
        "--capabilities",
        "CAPABILITY_IAM",
        "CAPABILITY_NAMED_IAM",
        "--no-confirm-changeset",
        "--no-fail-on-empty-changeset",
        "--no-progressbar",
        *(["--parameter-overrides", *overrides] if overrides else []),
        cwd=PROJECT,
        endpoint_url=aws.endpoint_url,
    )
    return stack_outputs(aws, HUB_ACCOUNT_ID, stack)


def stack_outputs(aws: EmbeddedAws, account_id: str, stack: str) -> Outputs:
    described = client_of(aws, "cloudformation", account_id).describe_stacks(StackName=stack)["Stacks"][0]
    return {output["OutputKey"]: output["OutputValue"] for output in described.get("Outputs", [])}


def client_of(aws: EmbeddedAws, service: str, account_id: str = HUB_ACCOUNT_ID, region: str = DEFAULT_REGION) -> Any:
    """A client of an account's operator."""
    return session_of(aws, account_id).client(service, region_name=region, endpoint_url=aws.endpoint_url)


def session_of(aws: EmbeddedAws, account_id: str = HUB_ACCOUNT_ID) -> boto3.Session:
    """The operator's session in an account: of the hub by any credentials, of another one by assuming its admin role."""
    operator = boto3.Session("test", "test", region_name=DEFAULT_REGION)
    if account_id == HUB_ACCOUNT_ID:
        return operator
    role = f"arn:aws:iam::{account_id}:role/OrganizationAccountAccessRole"
    sts = operator.client("sts", endpoint_url=aws.endpoint_url)
    credentials = sts.assume_role(RoleArn=role, RoleSessionName="operator")["Credentials"]
    return boto3.Session(
        credentials["AccessKeyId"],
        credentials["SecretAccessKey"],
        credentials["SessionToken"],
        region_name=DEFAULT_REGION,
    )


def _sam(*arguments: str, cwd: Path, endpoint_url: str | None = None) -> None:
    finished = subprocess.run(
        [sys.executable, "-W", "ignore", "-m", "samcli", *arguments],
        cwd=cwd,
        env=_tool_environment(endpoint_url),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if finished.returncode:
        raise DeploymentError(f"sam {arguments[0]} failed:\n{finished.stdout}")


def _tool_environment(endpoint_url: str | None) -> dict[str, str]:
    """Credentials that belong to nobody, and no setting of the developer's own AWS."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "SAM_CLI_"))}
    tools = str(Path(sys.executable).parent)
    return {
        **kept,
        "PATH": f"{tools}{os.pathsep}{kept['PATH']}",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": DEFAULT_REGION,
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "SAM_CLI_TELEMETRY": "0",
        **({"AWS_ENDPOINT_URL": endpoint_url} if endpoint_url else {}),
    }


def _digest(*paths: Path) -> str:
    digest = hashlib.sha256()
    for file in sorted(file for path in paths for file in _files(path)):
        digest.update(f"{file}\0".encode() + file.read_bytes())
    return digest.hexdigest()


def _files(path: Path) -> list[Path]:
    if path.is_file():
        return [path]
    return [file for file in path.rglob("*") if file.is_file() and not _NOT_SOURCE.intersection(file.parts)]
