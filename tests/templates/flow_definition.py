"""The state machine's definition, as CloudFormation makes it of the file and the template."""

from pathlib import Path
from typing import Any

from samcli.yamlhelper import yaml_parse

from localcloud.cloudformation.definitions import definition_from_s3

type Document = dict[str, Any]

ROOT = Path(__file__).parents[2]


def flow_definition() -> Document:
    """With the texts that the template puts in, of the partition `aws`; the functions' ARNs are known by a deployment only."""
    substitutions = yaml_parse((ROOT / "template.yaml").read_text())["Resources"]["StateMachine"]["Properties"][
        "DefinitionSubstitutions"
    ]
    texts = {name: value for name, value in substitutions.items() if isinstance(value, str)} | {"Partition": "aws"}
    return definition_from_s3((ROOT / "statemachine" / "peering.asl.yaml").read_text(), texts)
