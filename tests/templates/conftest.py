"""The templates as values: the hub's as CloudFormation gets it, after the SAM transform."""

from pathlib import Path
from typing import Any

import pytest
from samcli.lib.translate.sam_template_validator import SamTemplateValidator
from samcli.yamlhelper import yaml_parse

from tests.templates.flow_definition import flow_definition

type Document = dict[str, Any]

ROOT = Path(__file__).parents[2]


class NoManagedPolicies:
    """What the transform asks for the names of managed policies; the hub uses none by name."""

    def load(self) -> dict[str, str]:
        return {}


@pytest.fixture(scope="session")
def hub_source() -> Document:
    source: Document = yaml_parse((ROOT / "template.yaml").read_text())
    return source


@pytest.fixture(scope="session")
def hub_as_deployed() -> str:
    """The hub's template as CloudFormation gets it."""
    source = yaml_parse((ROOT / "template.yaml").read_text())
    return str(SamTemplateValidator(source, NoManagedPolicies(), region="us-east-1").get_translated_template_if_valid())


@pytest.fixture(scope="session")
def hub(hub_as_deployed: str) -> Document:
    """The hub's resources by logical id, those that the transform adds included."""
    resources: Document = yaml_parse(hub_as_deployed)["Resources"]
    return resources


@pytest.fixture(scope="session")
def member() -> Document:
    resources: Document = yaml_parse((ROOT / "member/template.yaml").read_text())["Resources"]
    return resources


@pytest.fixture
def flow() -> Document:
    return flow_definition()
