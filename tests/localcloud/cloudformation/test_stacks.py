"""Templates deploy as they do on AWS, and what cannot be deployed fails."""

from collections.abc import Callable
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from localcloud.deploy.sam import sam_build, sam_deploy
from localcloud.deploy.stacks import create_stack
from tests.localcloud.conftest import APP, App

MEMBER = "444444444444"


def test_the_stack_has_outputs_and_exports(app: App) -> None:
    stacks = app.client("cloudformation")
    exports = {export["Name"]: export["Value"] for export in stacks.list_exports()["Exports"]}
    assert exports["tiny-machine"] == app.outputs["MachineArn"]
    assert app.outputs["LayerArn"].endswith(":1")


def test_the_table_is_as_the_template_says(app: App) -> None:
    dynamodb, name = app.client("dynamodb"), app.outputs["TableName"]
    table = dynamodb.describe_table(TableName=name)["Table"]
    assert table["StreamSpecification"] == {"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"}
    assert table["DeletionProtectionEnabled"]
    backups = dynamodb.describe_continuous_backups(TableName=name)["ContinuousBackupsDescription"]
    assert backups["PointInTimeRecoveryDescription"]["PointInTimeRecoveryStatus"] == "ENABLED"
    expiry = dynamodb.describe_time_to_live(TableName=name)["TimeToLiveDescription"]
    assert (expiry["AttributeName"], expiry["TimeToLiveStatus"]) == ("expires", "ENABLED")


def test_the_mapping_the_logs_and_the_alarm_are_as_the_template_says(app: App) -> None:
    mapping = app.mapping("StreamFunctionName")
    assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert (mapping["MaximumRetryAttempts"], mapping["BisectBatchOnFunctionError"]) == (2, True)
    groups = app.client("logs").describe_log_groups(logGroupNamePrefix=app.outputs["EchoLogGroup"])["logGroups"]
    assert groups[0]["retentionInDays"] == 7
    assert app.client("cloudwatch").describe_alarms()["MetricAlarms"][0]["Namespace"] == "AWS/SQS"


def test_a_second_deployment_without_changes_changes_nothing(app: App) -> None:
    built = sam_build(APP / "template.yaml", (APP,), {})
    sam_deploy(app.aws.endpoint_url, built, "tiny", {"Greeting": "hi"}, "us-east-1")
    stack = app.client("cloudformation").describe_stacks(StackName="tiny")["Stacks"][0]
    assert stack["StackStatus"] == "CREATE_COMPLETE"


def test_a_changed_parameter_reaches_the_function(app: App) -> None:
    stacks = app.client("cloudformation")

    def greet(word: str) -> None:
        parameter = {"ParameterKey": "Greeting", "ParameterValue": word}
        stacks.update_stack(StackName="tiny", UsePreviousTemplate=True, Parameters=[parameter])

    greet("bye")
    assert app.invoke()[1]["greeting"] == "bye"
    greet("hi")
    assert app.invoke()[1]["greeting"] == "hi"


def test_a_log_group_outlives_a_change_of_its_retention(app: App) -> None:
    stacks, logs = app.client("cloudformation"), app.client("logs")
    template = """
      Parameters: {Days: {Type: Number}}
      Resources: {Logs: {Type: AWS::Logs::LogGroup, Properties: {LogGroupName: /kept, RetentionInDays: !Ref Days}}}
      Outputs: {Name: {Value: !Ref Logs}}
    """

    def deploy(how: Callable[..., object], days: str) -> tuple[str, int]:
        how(StackName="kept", TemplateBody=template, Parameters=[{"ParameterKey": "Days", "ParameterValue": days}])
        (output,) = stacks.describe_stacks(StackName="kept")["Stacks"][0]["Outputs"]
        (group,) = logs.describe_log_groups(logGroupNamePrefix="/kept")["logGroups"]
        return output["OutputValue"], int(group["retentionInDays"])

    assert deploy(stacks.create_stack, "7") == ("/kept", 7)
    logs.create_log_stream(logGroupName="/kept", logStreamName="said")
    assert deploy(stacks.update_stack, "30") == ("/kept", 30)
    assert [stream["logStreamName"] for stream in logs.describe_log_streams(logGroupName="/kept")["logStreams"]] == ["said"]


def test_what_its_condition_leaves_out_is_no_resource_of_the_stack(app: App) -> None:
    stacks = app.client("cloudformation")
    template = """
      Conditions: {Elsewhere: !Equals [!Ref AWS::Region, eu-central-2]}
      Resources:
        There: {Type: AWS::SQS::Queue, Condition: Elsewhere}
        Here: {Type: AWS::SQS::Queue}
    """
    stacks.create_stack(StackName="conditional", TemplateBody=template)
    listed = stacks.list_stack_resources(StackName="conditional")["StackResourceSummaries"]
    assert [each["LogicalResourceId"] for each in listed] == ["Here"]
    found = stacks.describe_stack_resource(StackName="conditional", LogicalResourceId="Here")["StackResourceDetail"]
    assert found["ResourceType"] == "AWS::SQS::Queue"


def test_an_unknown_resource_type_is_refused(app: App, tmp_path: Path) -> None:
    template = tmp_path / "template.yaml"
    template.write_text("Resources: {Odd: {Type: AWS::Nothing::Known}}\n")
    with pytest.raises(ClientError, match=r"Unrecognized resource types: \[AWS::Nothing::Known\]"):
        create_stack(app.aws, MEMBER, template, "odd", {})


def test_a_template_with_aliases_is_refused(app: App, tmp_path: Path) -> None:
    template = tmp_path / "template.yaml"
    template.write_text("Resources: {One: &queue {Type: AWS::SQS::Queue}, Other: *queue}\n")
    with pytest.raises(ClientError, match="YAML aliases are not allowed in CloudFormation templates"):
        create_stack(app.aws, MEMBER, template, "alike", {})


def test_a_failed_change_set_is_a_failed_stack_with_the_reason(app: App) -> None:
    stacks = app.client("cloudformation")
    created = stacks.create_change_set(
        StackName="odd",
        ChangeSetName="first",
        ChangeSetType="CREATE",
        TemplateBody="Resources: {Odd: {Type: AWS::Nothing::Known}}",
    )
    stacks.execute_change_set(ChangeSetName=created["Id"])
    assert stacks.describe_stacks(StackName="odd")["Stacks"][0]["StackStatus"] == "ROLLBACK_FAILED"
    events = stacks.describe_stack_events(StackName="odd")["StackEvents"]
    assert any("AWS::Nothing::Known" in event.get("ResourceStatusReason", "") for event in events)
