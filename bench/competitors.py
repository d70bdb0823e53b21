"""What people use today to peer two VPCs, each as a process of its own, with the same inputs."""

import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import msgspec

from bench.cloud import OPERATOR_CREDENTIALS, REGION, Cloud
from bench.measure import Outcome, PeeringMethod
from bench.networks import Pair, Vpc

HERE = Path(__file__).parent / "competitors"
MIRROR_VARIABLE = "TF_PLUGIN_MIRROR"
_AWS_PROVIDER = Path("registry.terraform.io/hashicorp/aws")
_DEFAULT_MIRRORS = (
    Path.home() / ".terraform.d/plugins",
    Path.home() / ".local/share/terraform/plugins",
    Path("/usr/local/share/terraform/plugins"),
    Path("/usr/share/terraform/plugins"),
)
_ERROR_CODE = re.compile(r"An error occurred \(([\w.]+)\)|api error ([\w.]+):")
_HUNG = 900.0


class Script:
    """A script that takes the pair from its environment.

    Args:
        name: What the report calls it.
        command: What to run.
        cloud: Where its calls go.
    """

    def __init__(self, name: str, command: tuple[str | Path, ...], cloud: Cloud) -> None:
        self.name = name
        self._command = command
        self._cloud = cloud

    def prepare(self, pair: Pair) -> None:
        """A script needs nothing."""

    def run(self, pair: Pair) -> Outcome:
        return _time(self._command, environment(self._cloud, dict(_as_variables(pair))))


class Terraform:
    """Terraform with one working folder, which is initialised once, and a state for each pair.

    Args:
        cloud: Where its calls go.
        folder: An empty folder to work in.
        mirror: The folder with the AWS provider.

    Attributes:
        init_seconds: What `terraform init` took; no run contains it.
    """

    name = "Terraform"

    def __init__(self, cloud: Cloud, folder: Path, mirror: Path) -> None:
        self._folder = folder
        shutil.copy(HERE / "terraform" / "main.tf", folder)
        configuration = folder / "terraform.rc"
        configuration.write_text(f'provider_installation {{\n  filesystem_mirror {{\n    path = "{mirror}"\n  }}\n}}\n')
        self._cloud = cloud
        self._environment = environment(
            cloud, {"TF_CLI_CONFIG_FILE": str(configuration), "TF_IN_AUTOMATION": "1", "CHECKPOINT_DISABLE": "1"}
        )
        self.init_seconds = self._initialise()

    def prepare(self, pair: Pair) -> None:
        variables = {
            "region": pair.region,
            "endpoint_url": self._cloud.endpoint_url,
            "requester": _as_document(pair.requester),
            "accepter": _as_document(pair.accepter),
        }
        (self._folder / f"{pair.name}.tfvars.json").write_bytes(msgspec.json.encode(variables))

    def run(self, pair: Pair) -> Outcome:
        command = (
            *("terraform", "apply", "-auto-approve", "-input=false", "-no-color"),
            *(f"-state={pair.name}.tfstate", f"-var-file={pair.name}.tfvars.json"),
        )
        return _time(command, self._environment, self._folder)

    def _initialise(self) -> float:
        outcome = _time(("terraform", "init", "-input=false"), self._environment, self._folder)
        if not outcome.succeeded:
            raise RuntimeError(f"terraform init: {outcome.ended}")
        return outcome.seconds


class Absent(msgspec.Struct, frozen=True):
    """A competitor that this machine cannot run."""

    name: str
    reason: str


def straight_line(cloud: Cloud) -> PeeringMethod:
    return Script("boto3 script", (sys.executable, HERE / "straight_line.py"), cloud)


def find_competitors(cloud: Cloud, folder: Path) -> tuple[list[PeeringMethod], list[Absent]]:
    """The competitors that can run here, and those that cannot."""
    found = (straight_line(cloud), _aws_cli(cloud), _terraform(cloud, folder))
    return [each for each in found if not isinstance(each, Absent)], [each for each in found if isinstance(each, Absent)]


def environment(cloud: Cloud, variables: Mapping[str, str] = {}) -> dict[str, str]:
    """What a competitor's process sees: the embedded AWS, and nothing of the user's own AWS configuration."""
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(Path.home()),
        **OPERATOR_CREDENTIALS,
        "AWS_ENDPOINT_URL": cloud.endpoint_url,
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        **variables,
    }


def version_of(*command: str) -> str | None:
    """The first line that a program tells about its version; None where it does not run."""
    program = shutil.which(command[0])
    if program is None:
        return None
    answer = subprocess.run(command, capture_output=True, text=True, check=False)
    return answer.stdout.splitlines()[0] if answer.returncode == 0 else None


def _aws_cli(cloud: Cloud) -> PeeringMethod | Absent:
    name = "AWS CLI script"
    if version_of("aws", "--version") is None:
        return Absent(name, "`aws` is not on the PATH")
    return Script(name, (HERE / "aws_cli.sh",), cloud)


def _terraform(cloud: Cloud, folder: Path) -> PeeringMethod | Absent:
    if version_of("terraform", "version") is None:
        return Absent(Terraform.name, "`terraform` is not on the PATH")
    mirror = _provider_mirror()
    if mirror is None:
        return Absent(Terraform.name, f"its AWS provider is neither in {MIRROR_VARIABLE} nor in one of its default folders")
    return Terraform(cloud, folder, mirror)


def _provider_mirror() -> Path | None:
    given = os.environ.get(MIRROR_VARIABLE)
    places = (Path(given),) if given else _DEFAULT_MIRRORS
    return next((place for place in places if (place / _AWS_PROVIDER).is_dir()), None)


def _time(command: Iterable[str | Path], variables: Mapping[str, str], folder: Path | None = None) -> Outcome:
    started = time.perf_counter()
    process = subprocess.run(
        list(command), env=variables, cwd=folder, capture_output=True, text=True, check=False, timeout=_HUNG
    )
    seconds = time.perf_counter() - started
    return Outcome(seconds, _ending(process), process.returncode == 0)


def _ending(process: subprocess.CompletedProcess[str]) -> str:
    if process.returncode == 0:
        return "exit 0"
    codes = (one or other for one, other in _ERROR_CODE.findall(process.stderr))
    told = ", ".join(dict.fromkeys(codes)) or process.stderr.strip().rpartition("\n")[2]
    return f"exit {process.returncode}: {told}"


def _as_variables(pair: Pair) -> Iterator[tuple[str, str]]:
    for side, vpc in ("REQUESTER", pair.requester), ("ACCEPTER", pair.accepter):
        yield f"{side}_ACCOUNT_ID", vpc.account_id
        yield f"{side}_ROLE_ARN", vpc.role_arn
        yield f"{side}_VPC_ID", vpc.vpc_id
        yield f"{side}_CIDR_BLOCK", vpc.cidr_block
        yield f"{side}_ROUTE_TABLE_IDS", " ".join(vpc.route_table_ids)
        yield f"{side}_SECURITY_GROUP_ID", vpc.security_group_id


def _as_document(vpc: Vpc) -> dict[str, object]:
    inputs = ("account_id", "role_arn", "vpc_id", "cidr_block", "route_table_ids", "security_group_id")
    return {name: getattr(vpc, name) for name in inputs}
