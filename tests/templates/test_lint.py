"""The linters' word on every template and on the state machine."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from samcli.yamlhelper import yaml_parse

from tests.witnesses.programs import ask

type Document = dict[str, Any]

ROOT = Path(__file__).parents[2]
TOOLS = Path(sys.executable).parent
CHECKOV = ROOT / ".venv-checkov" / "bin" / "checkov"
"""In an environment of its own: what it needs does not go together with what the SAM CLI needs."""
BASELINE = Path(__file__).parent / "checkov_baseline.yaml"


def run(tool: str | Path, *arguments: str | Path, **environment: str) -> str:
    done = subprocess.run(
        [TOOLS / tool, *arguments], cwd=ROOT, env=os.environ | environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_hub_passes_sam_validate(tmp_path: Path) -> None:
    environment = {"SAM_CLI_TELEMETRY": "0", "__SAM_CLI_APP_DIR": str(tmp_path)}
    run("sam", "validate", "--lint", "--region", "us-east-1", **environment)


@pytest.mark.parametrize("region", ["us-east-1", "eu-central-2", "us-gov-west-1", "cn-northwest-1"])
def test_every_template_passes_cfn_lint_also_where_functions_have_no_urls(region: str) -> None:
    templates = ("template.yaml", "member/template.yaml", "lab/template.yaml")
    run("cfn-lint", "--regions", region, "--template", *templates)


def test_what_fails_checkov_has_a_reason(hub_as_deployed: str, hub: Document, member: Document, tmp_path: Path) -> None:
    lab: Document = yaml_parse((ROOT / "lab/template.yaml").read_text())["Resources"]
    baseline = yaml.safe_load(BASELINE.read_text())
    assert all(entry["why"] for entry in baseline)
    (tmp_path / "hub.yaml").write_text(hub_as_deployed)
    for name in ("member", "lab"):
        (tmp_path / f"{name}.yaml").write_text((ROOT / name / "template.yaml").read_text())

    assert failed_checks(tmp_path) == {
        (entry["check"], f"{entry['type']}.{name}")
        for entry in baseline
        for name in of_type(hub | member | lab, entry["type"]) - set(entry.get("except", ()))
    }


@pytest.mark.usefixtures("node_programs")
def test_the_state_machine_passes_asl_validator(flow: Document) -> None:
    assert objections(flow) == []


@pytest.mark.usefixtures("node_programs")
@pytest.mark.parametrize(
    ("changed", "objection"),
    [
        ({"Next": "Nowhere"}, "Missing 'StartAt'|'Next'|'Default' target: Nowhere"),
        ({"Arguments": "{% $merge([ %}"}, "/States/RequestPeering/Arguments is invalid"),
        ({"Assign": {"plan": "{% ( %}"}}, "/States/RequestPeering/Assign/plan is invalid"),
        ({"InputPath": "$.request_id"}, "/States/RequestPeering is invalid"),
    ],
    ids=["next", "arguments", "assign", "JSONPath"],
)
def test_asl_validator_objects_to_mistakes_in_jsonata_too(flow: Document, changed: Document, objection: str) -> None:
    flow["States"]["RequestPeering"] |= changed
    assert any(told.startswith(objection) for told in objections(flow))


def objections(flow: Document) -> list[str]:
    """What asl-validator says, of the definition with ARNs of functions."""
    arn = r"arn:aws:lambda:us-east-1:123456789012:function:\1"
    told: list[str] = ask("definition", json.loads(re.sub(r"\$\{(\w+)Arn\}", arn, json.dumps(flow))))
    return told


def failed_checks(templates: Path) -> set[tuple[str, str]]:
    """Each failed check and the resource that fails it. checkov asks nobody for anything."""
    assert CHECKOV.exists(), f"{CHECKOV} is missing: `make setup` installs it"
    options = ("--framework", "cloudformation", "--output", "json", "--quiet", "--soft-fail", "--skip-download")
    told = json.loads(run(CHECKOV, "--directory", templates, *options, CKV_SKIP_PACKAGE_UPDATE_CHECK="true"))
    assert told["summary"]["parsing_errors"] == 0
    return {(failed["check_id"], failed["resource"]) for failed in told["results"]["failed_checks"]}


def of_type(resources: Mapping[str, Document], kind: str) -> set[str]:
    return {name for name, resource in resources.items() if resource["Type"] == kind}
