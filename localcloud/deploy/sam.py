"""AWS SAM's own command line, run as a person runs it, against the embedded AWS."""

import hashlib
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from localcloud.core.file_lock import file_lock
from localcloud.lambda_.runtime_image import LOCAL_FOLDER

PROJECT = Path(__file__).parents[2]
PACKAGES_BUCKET = "localcloud-packages"
_NOT_SOURCE = {"__pycache__", ".aws-sam", ".mypy_cache", ".ruff_cache", ".pytest_cache"}
_POLL_SECONDS = "0.2"


class DeploymentError(Exception):
    """One of AWS's tools failed; the message is what it said."""


def sam_build(template: Path, sources: tuple[Path, ...], parameters: Mapping[str, str]) -> Path:
    """Run `sam build` and answer the built template. What has not changed since is not built again.

    Args:
        template: the SAM template.
        sources: every file or folder that the template's functions, layers and state machines are made from.
        parameters: the values that the template's parameters have; the architecture among them matters to the build.

    Raises:
        DeploymentError: there is no such template, as outside a checkout, or the build failed.
    """
    if not template.exists():
        raise DeploymentError(
            f"There is no {template}: the embedded AWS deploys Causeway from a checkout of its repository. "
            "Clone it, and run `make local` there."
        )
    which = f"{template.resolve()} {sorted(parameters.items())}"
    folder = LOCAL_FOLDER / "build" / hashlib.sha256(which.encode()).hexdigest()[:12]
    stamp = folder / "sources.sha256"
    digest = _digest(template, *sources, parameters=parameters)
    with file_lock(folder):
        if not stamp.exists() or stamp.read_text() != digest:
            stamp.unlink(missing_ok=True)
            _sam(
                "build",
                *("--template-file", str(template.resolve())),
                *("--build-dir", str(folder / "built")),
                *("--cache-dir", str(folder / "cache")),
                "--cached",
                "--parallel",
                *_overrides(parameters),
            )
            stamp.write_text(digest)
    return folder / "built" / "template.yaml"


def sam_deploy(endpoint_url: str, template: Path, stack: str, parameters: Mapping[str, str], region: str) -> None:
    """Run `sam deploy` in the hub account; the bucket `PACKAGES_BUCKET` must exist.

    Raises:
        DeploymentError: the deployment failed.
    """
    _sam(
        "deploy",
        *("--template-file", str(template)),
        *("--stack-name", stack),
        *("--s3-bucket", PACKAGES_BUCKET),
        *("--s3-prefix", stack),
        *("--region", region),
        *("--capabilities", "CAPABILITY_IAM", "CAPABILITY_NAMED_IAM"),
        "--no-confirm-changeset",
        "--no-fail-on-empty-changeset",
        "--no-progressbar",
        *_overrides(parameters),
        endpoint_url=endpoint_url,
    )


def _overrides(parameters: Mapping[str, str]) -> list[str]:
    values = [f"ParameterKey={name},ParameterValue={value}" for name, value in parameters.items()]
    return ["--parameter-overrides", *values] if values else []


def _sam(*arguments: str, endpoint_url: str | None = None) -> None:
    finished = subprocess.run(
        [sys.executable, "-m", "samcli", *arguments],
        cwd=PROJECT,
        env=_environment(endpoint_url),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if finished.returncode:
        raise DeploymentError(f"sam {arguments[0]} failed:\n{finished.stdout}")


def _environment(endpoint_url: str | None) -> dict[str, str]:
    """Credentials that belong to nobody, and no setting of the developer's own AWS."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "SAM_CLI_"))}
    tools = str(Path(sys.executable).parent)
    return {
        **kept,
        # `sam build` runs the pip of the python3.13 that it finds first.
        "PATH": f"{tools}{os.pathsep}{kept['PATH']}",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "SAM_CLI_POLL_DELAY": _POLL_SECONDS,
        "SAM_CLI_TELEMETRY": "0",
        **({"AWS_ENDPOINT_URL": endpoint_url} if endpoint_url else {}),
    }


def _digest(*paths: Path, parameters: Mapping[str, str]) -> str:
    digest = hashlib.sha256(repr(sorted(parameters.items())).encode())
    for file in sorted(file for path in paths for file in _files(path.resolve())):
        digest.update(f"{file}\0".encode() + file.read_bytes())
    return digest.hexdigest()


def _files(path: Path) -> list[Path]:
    if path.is_file():
        return [path]
    return [file for file in path.rglob("*") if file.is_file() and not _NOT_SOURCE.intersection(file.parts)]
