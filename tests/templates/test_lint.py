"""The linters' word on every template."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TOOLS = Path(sys.executable).parent


def run(tool: str, *arguments: str, **environment: str) -> None:
    done = subprocess.run(
        [TOOLS / tool, *arguments], cwd=ROOT, env=os.environ | environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_hub_passes_sam_validate(tmp_path: Path) -> None:
    environment = {"SAM_CLI_TELEMETRY": "0", "__SAM_CLI_APP_DIR": str(tmp_path)}
    run("sam", "validate", "--lint", "--region", "us-east-1", **environment)


@pytest.mark.parametrize("region", ["us-east-1", "eu-central-2", "us-gov-west-1", "cn-northwest-1"])
def test_every_template_passes_cfn_lint_also_where_functions_have_no_urls(region: str) -> None:
    templates = ("template.yaml", "member/template.yaml", "lab/template.yaml")
    run("cfn-lint", "--regions", region, "--template", *templates)
