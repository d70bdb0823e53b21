"""What Lambda's own image would bring: the emulator's binary, the interpreter, and the packages that the runtime has.

The folder holds awslambdaric and boto3 with what they require and nothing else, so that a function which imports a
package that its layer lacks fails here as it does on AWS.
"""

import functools
import importlib.metadata
import platform
import re
import shutil
import sys
from pathlib import Path

import samcli

from localcloud.core.file_lock import file_lock

LOCAL_FOLDER = Path(__file__).parents[2] / ".local"
_RUNTIME_ROOTS = ("awslambdaric", "boto3")
_REQUIREMENT_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_EXTRA = re.compile(r"\bextra\s*==")
_ARCHITECTURES = {"x86_64": "x86_64", "amd64": "x86_64", "aarch64": "arm64", "arm64": "arm64"}

_BOOTSTRAP = """#!/bin/sh
exec {python} -S -m awslambdaric "$1"
"""


class RuntimeImage:
    """The parts of Lambda's image as files of this machine: `emulator` and `bootstrap` run, `packages` is imported."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.emulator = folder / "aws-lambda-rie"
        self.bootstrap = folder / "bootstrap"
        self.packages = folder / "packages"


@functools.cache
def runtime_image() -> RuntimeImage:
    """Make the image under `.local/runtime`, once for each set of installed versions."""
    distributions = _with_requirements(_RUNTIME_ROOTS)
    versions = "-".join(f"{name}{distributions[name].version}" for name in _RUNTIME_ROOTS)
    image = RuntimeImage(LOCAL_FOLDER / "runtime" / versions)
    with file_lock(image.folder):
        if not image.bootstrap.exists():
            _make(image, distributions)
    return image


def _make(image: RuntimeImage, distributions: dict[str, importlib.metadata.Distribution]) -> None:
    image.packages.mkdir(parents=True, exist_ok=True)
    for distribution in distributions.values():
        _link_packages(distribution, image.packages)
    architecture = _ARCHITECTURES[platform.machine().lower()]
    binary = Path(samcli.__file__).parent / "local" / "rapid" / f"aws-lambda-rie-{architecture}"
    shutil.copyfile(binary, image.emulator)
    image.emulator.chmod(0o755)
    image.bootstrap.write_text(_BOOTSTRAP.format(python=_base_interpreter()))
    image.bootstrap.chmod(0o755)


def _base_interpreter() -> str:
    """The interpreter without the virtual environment: Lambda's has no packages of its own either."""
    return str(getattr(sys, "_base_executable", sys.executable))


def _with_requirements(roots: tuple[str, ...]) -> dict[str, importlib.metadata.Distribution]:
    found: dict[str, importlib.metadata.Distribution] = {}
    names = list(roots)
    while names:
        name = names.pop()
        if name not in found:
            found[name] = importlib.metadata.distribution(name)
            names.extend(_required_names(found[name]))
    return found


def _required_names(distribution: importlib.metadata.Distribution) -> list[str]:
    required = [requirement for requirement in distribution.requires or () if not _EXTRA.search(requirement)]
    matches = (_REQUIREMENT_NAME.match(requirement) for requirement in required)
    return [match.group().lower() for match in matches if match]


def _link_packages(distribution: importlib.metadata.Distribution, folder: Path) -> None:
    tops = {file.parts[0] for file in distribution.files or () if file.parts[0] not in {"..", "__pycache__"}}
    for top in tops:
        link = folder / top
        link.unlink(missing_ok=True)
        link.symlink_to(Path(str(distribution.locate_file(top))))
