"""The docs say what is there: fields, codes, alarms, permissions, links, commands and tests."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
from samcli.yamlhelper import yaml_parse

from causeway.boundary import REQUEST_FIELDS, parse_request
from causeway.domain.lifecycle.status import State, Status
from causeway.domain.model import errors
from causeway.domain.model.findings import Code
from cli.app import app
from cli.exits import ExitCode
from tests.templates.flow_definition import flow_definition

type Document = dict[str, Any]

ROOT = Path(__file__).parents[2]
PAGES = sorted([ROOT / "README.md", *(ROOT / "docs").glob("*.md")])
FENCE = re.compile(r"^```(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\(([^)\s]+)\)")
CODE = re.compile(r"`([^`]+)`")


def page(name: str) -> str:
    return (ROOT / "docs" / name).read_text()


def section(text: str, heading: str) -> str:
    """What stands under a heading, up to the next one."""
    (_, after) = re.split(rf"^#+ {re.escape(heading)}$", text, maxsplit=1, flags=re.MULTILINE)
    return re.split(r"^#+ ", after, maxsplit=1, flags=re.MULTILINE)[0]


def rows(text: str) -> Iterator[list[str]]:
    """The cells of each row of the tables in a text, headings left out."""
    for table in re.findall(r"(?:^\|.*\n)+", text, flags=re.MULTILINE):
        for line in table.splitlines()[2:]:
            yield [cell.strip() for cell in line.strip("|").split(" | ")]


def first_names(text: str) -> list[str]:
    """Every name in code style in the first column of the tables in a text."""
    return [name for row in rows(text) for name in CODE.findall(row[0])]


def blocks(language: str) -> Iterator[tuple[str, str]]:
    for path in PAGES:
        for found, content in FENCE.findall(path.read_text()):
            if found == language:
                yield path.name, content


def anchors(path: Path) -> set[str]:
    headings = re.findall(r"^#+ (.+)$", FENCE.sub("", path.read_text()), flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.fixture(scope="module")
def resources() -> Document:
    found: Document = yaml_parse((ROOT / "template.yaml").read_text())["Resources"]
    return found


def of_type(resources: Document, kind: str) -> Document:
    return {name: each["Properties"] for name, each in resources.items() if each["Type"] == kind}


def test_every_field_of_a_request_is_described() -> None:
    names = first_names(section(page("request-item.md"), "What you write"))
    assert sorted(names) == sorted(REQUEST_FIELDS)


def test_every_key_and_state_of_the_status_is_described() -> None:
    keys = Status(state=State.ACTIVE, request_id="any", generation=1, updated_at="").as_map().keys()
    names = first_names(section(page("request-item.md"), "What Causeway writes: `status`"))
    assert sorted(names) == sorted([*keys, *State])


def test_every_finding_and_error_has_its_remedy() -> None:
    families = (errors.RetryNowError, errors.RetryLaterError, errors.GiveUpError)
    kinds = [kind.__name__ for family in families for kind in family.__subclasses__()]
    assert sorted(first_names(section(page("operations.md"), "Findings"))) == sorted([*Code, *kinds])


def test_every_command_option_and_exit_code_is_described() -> None:
    text = page("command.md")
    whole = typer.main.get_command(app)
    leaves = dict(commands(whole, "causeway"))
    described = {re.match(r"[a-z ]+[a-z]", name)[0] for name in first_names(section(text, "Commands"))}  # type: ignore[index]
    assert described == set(leaves)
    parameters = [each for command in (whole, *leaves.values()) for each in command.params]
    options = {option for each in parameters for option in each.opts if option[:2] == "--"}
    assert set(first_names(section(text, "Options"))) == options
    assert first_names(section(text, "Exit codes")) == [str(code.value) for code in ExitCode]


def commands(command: Any, name: str) -> Iterator[tuple[str, Any]]:
    """Every command that does something, by all its words."""
    if not hasattr(command, "commands"):
        yield name, command
        return
    for word, each in command.commands.items():
        yield from commands(each, f"{name} {word}")


def test_every_alarm_is_described(resources: Document) -> None:
    names = first_names(section(page("operations.md"), "Alarms"))
    assert sorted(names) == sorted(of_type(resources, "AWS::CloudWatch::Alarm"))


def test_the_permissions_are_those_of_the_template(resources: Document) -> None:
    described = {
        row[0].strip("`"): ({each for each in CODE.findall(row[1]) if ":" in each}, row[2])
        for row in rows(section(page("security.md"), "What each function may do"))
    }
    assert described == {
        name: (actions(function), role(function)) for name, function in of_type(resources, "AWS::Serverless::Function").items()
    }


def actions(function: Document) -> set[str]:
    given = (statement["Action"] for policy in function["Policies"] for statement in policy["Statement"])
    return {action for each in given for action in ([each] if isinstance(each, str) else each)}


def role(function: Document) -> str:
    path = function.get("RolePath")
    return path.strip("/").removeprefix("causeway/") if path else "none"


def test_the_flow_in_the_readme_has_every_state() -> None:
    definition = flow_definition()["States"]
    (picture,) = [content for name, content in blocks("mermaid") if name == "README.md"]
    inner = definition["UpdateSides"]["ItemProcessor"]["States"]
    tasks = {name for name, state in inner.items() if state["Type"] == "Task"}
    states = {name for name, state in definition.items() if state["Type"] in {"Task", "Map"}} | tasks
    assert {state for state in states if not re.search(rf"\b{state}\b", picture)} == set()


def test_every_example_of_an_item_is_a_request() -> None:
    items = [json.loads(content) for _, content in blocks("json")]
    requests = [parse_request(item) for item in items if "request_id" in item]
    assert len(requests) >= 2


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_links_lead_somewhere(path: Path) -> None:
    for link in LINK.findall(path.read_text()):
        if not link.startswith("https://"):
            file, _, anchor = link.partition("#")
            target = (path.parent / file).resolve() if file else path
            assert target.exists(), link
            assert not anchor or anchor in anchors(target), link


def test_every_command_of_make_exists() -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), flags=re.MULTILINE))
    named = {name for path in PAGES for name in re.findall(r"`make ([a-z]+)`", path.read_text())}
    assert named >= {"demo", "test", "local", "bench"}
    assert named - targets == set()


def test_every_test_that_is_named_exists() -> None:
    defined = {
        name for path in (ROOT / "tests").rglob("test_*.py") for name in re.findall(r"^def (test_\w+)", path.read_text(), re.M)
    }
    named = {name for path in PAGES for name in re.findall(r"`(test_\w+)`", path.read_text())}
    assert named - defined == set()
    assert named


@pytest.mark.parametrize(("name", "code"), list(blocks("python")))
def test_programs_compile(name: str, code: str) -> None:
    compile(code, name, "exec")


def test_test_names_say_the_rule_in_fewer_than_80_characters() -> None:
    names = [name for path in (ROOT / "tests").rglob("test_*.py") for name in re.findall(r"def (test_\w+)", path.read_text())]
    assert [name for name in names if len(name) >= 80] == []
