"""The hub in every partition and region: its ARNs, and what takes the place of what is not there."""

import json
from importlib.resources import files
from pathlib import Path
from typing import Any

type Document = dict[str, Any]

ROOT = Path(__file__).parents[2]
DEPLOYED = ("template.yaml", "member", "lab", "statemachine", "functions", "layers/causeway/python/causeway", "cli")
PROVIDERS = files("cfnlint") / "data" / "schemas" / "providers"
"""Which types of resources each region has, as CloudFormation's schemas were when cfn-lint was released."""
NOT_KNOWN_OF = ("cn-", "us-iso", "eu-isoe-", "eusc-")
"""cfn-lint has URLs for a region in China, where the guide has none, and us-east-1's types for the isolated partitions."""


def sources() -> list[Path]:
    found = [path for name in DEPLOYED for path in [ROOT / name, *(ROOT / name).rglob("*")]]
    return [path for path in found if path.suffix in {".py", ".yaml", ".js", ".html"}]


def test_no_arn_names_a_partition() -> None:
    assert [str(path) for path in sources() if "arn:aws:" in path.read_text()] == []


def test_functions_have_urls_where_cloudformation_has_the_type(hub_source: Document) -> None:
    known = {each.name.removesuffix(".json"): json.loads(each.read_text()) for each in PROVIDERS.iterdir() if "-" in each.name}
    with_urls = {region for region, types in known.items() if "AWS::Lambda::Url" in types}
    listed = {
        each["Fn::Equals"][1] for some in hub_source["Conditions"]["FunctionUrlsAreThere"]["Fn::Or"] for each in some["Fn::Or"]
    }
    assert listed == {region for region in with_urls if not region.startswith(NOT_KNOWN_OF)}
    assert hub_source["Conditions"]["FunctionUrlsAreMissing"] == {"Fn::Not": [{"Condition": "FunctionUrlsAreThere"}]}


def test_there_is_a_url_or_an_api_and_the_output_is_the_one_that_is_there(hub: Document, hub_source: Document) -> None:
    conditions = {name: each["Condition"] for name, each in hub.items() if "FunctionUrls" in each.get("Condition", "")}
    api = ("Api", "ApiAccess", "Integration", "Route", "Stage")
    assert conditions == {"DecideApprovalUrl": "FunctionUrlsAreThere"} | {
        f"DecideApproval{name}": "FunctionUrlsAreMissing" for name in api
    }
    assert hub_source["Outputs"]["ApprovalUrl"]["Value"] == {
        "Fn::If": [
            "FunctionUrlsAreThere",
            {"Fn::GetAtt": ["DecideApprovalUrl", "FunctionUrl"]},
            {"Fn::Sub": "https://${DecideApprovalApi}.execute-api.${AWS::Region}.${AWS::URLSuffix}/"},
        ]
    }


def test_the_api_hands_a_call_on_as_a_url_does(hub: Document) -> None:
    integration = hub["DecideApprovalIntegration"]["Properties"]
    assert (integration["IntegrationType"], integration["PayloadFormatVersion"]) == ("AWS_PROXY", "2.0")
    assert integration["IntegrationUri"] == {"Fn::GetAtt": ["DecideApproval", "Arn"]}
    assert hub["DecideApprovalRoute"]["Properties"]["RouteKey"] == "POST /"
    assert hub["DecideApprovalStage"]["Properties"]["StageName"] == "$default"


def test_what_a_partition_lacks_is_left_out_there(hub_source: Document) -> None:
    def elsewhere(partition: str) -> Document:
        return {"Fn::Not": [{"Fn::Equals": [{"Ref": "AWS::Partition"}, partition]}]}

    conditions = hub_source["Conditions"]
    assert (conditions["LogsAreJson"], conditions["FunctionsAreTraced"]) == (elsewhere("aws-us-gov"), elsewhere("aws-cn"))
