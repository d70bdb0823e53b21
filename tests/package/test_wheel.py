"""The wheel, installed where there is no checkout, is the whole command."""

import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

import pytest

pytestmark = pytest.mark.xdist_group("package")

type Command = Callable[..., CompletedProcess[str]]

ROOT = Path(__file__).parents[2]
SAMPLE = ROOT / "events" / "saved_network.json"
SOURCES = ("pyproject.toml", "README.md", "LICENSE", "cli", "localcloud", "layers")
PACKAGES = (ROOT / "layers" / "causeway" / "python" / "causeway", ROOT / "cli", ROOT / "localcloud")
IMPORT_ALL = """
import importlib, pkgutil, cli
for module in pkgutil.walk_packages(cli.__path__, "cli."):
    importlib.import_module(module.name)
"""
PIP = ("-m", "pip", "--quiet", "--disable-pip-version-check")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built from a copy, for a build leaves its files beside the source."""
    source, built = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("wheel")
    for name in SOURCES:
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        copy(ROOT / name, source / name)
    run(Path(sys.executable), *PIP, "wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", built, source, folder=built)
    (made,) = built.glob("*.whl")
    return made


@pytest.fixture(scope="module")
def environment(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The programs of a fresh virtual environment with the wheel and what it declares, in the versions of the lock."""
    folder = tmp_path_factory.mktemp("environment")
    pins = re.findall(r"^\S+==\S+", (ROOT / "requirements" / "development.txt").read_text(), flags=re.MULTILINE)
    (constraints := folder / "constraints.txt").write_text("\n".join(pins))
    run(Path(sys.executable), "-m", "venv", folder / "fresh", folder=folder)
    programs = folder / "fresh" / "bin"
    run(programs / "python", *PIP, "install", "--constraint", constraints, wheel, folder=folder)
    return programs


@pytest.fixture
def causeway(environment: Path, tmp_path: Path) -> Command:
    return lambda *words: run(environment / "causeway", *words, folder=tmp_path)


def run(program: Path, *words: str | Path, folder: Path) -> CompletedProcess[str]:
    """Run a program in a folder outside the checkout, with nothing of the developer's Python or AWS."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "PYTHON"))}
    finished = subprocess.run([program, *words], cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert finished.returncode == 0, finished.stdout + finished.stderr
    return finished


def test_the_wheel_holds_every_file_of_its_packages_and_no_others(wheel: Path) -> None:
    files = {package: [file for file in package.rglob("*") if file.is_file() and file.suffix != ".pyc"] for package in PACKAGES}
    expected = {file.relative_to(package.parent).as_posix() for package, held in files.items() for file in held}
    assert {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name} == expected


def test_the_installed_command_has_the_version_of_the_project(causeway: Command) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert causeway("--version").stdout == f"causeway {project['version']}\n"


def test_the_installed_command_checks_a_saved_network(causeway: Command) -> None:
    checked = json.loads(causeway("check", SAMPLE, "--json").stdout)
    assert [verdict["reachable"] for verdict in checked["verdicts"]] == [True] * 4


def test_the_installed_command_says_what_can_reach_an_address(causeway: Command) -> None:
    (answer,) = json.loads(causeway("reach", "--to", "192.0.0.180", "--on", SAMPLE, "--json").stdout)["answers"]
    assert [(way["source"]["address"], way["open"]) for way in answer["ways"]] == [("10.0.0.139", "all icmp, tcp 22")]


def test_the_installed_command_draws_the_map_with_its_assets(causeway: Command, tmp_path: Path) -> None:
    causeway("map", "--on", SAMPLE)
    assert "<svg" in (tmp_path / "map.html").read_text()


def test_every_module_of_the_installed_command_can_be_imported(environment: Path, tmp_path: Path) -> None:
    run(environment / "python", "-c", IMPORT_ALL, folder=tmp_path)
