"""What an operator relies on: dead letters, logs, alarms, a dashboard, tables that survive."""

import json
import re
from typing import Any

import pytest

type Document = dict[str, Any]


DEAD_LETTERS = {"EventDeadLetters", "StreamDeadLetters", "WatchDeadLetters"}


def listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def of_type(resources: Document, kind: str) -> dict[str, Document]:
    return {name: each["Properties"] for name, each in resources.items() if each["Type"] == kind}


def queue(arn: Document, resources: Document) -> str:
    """The logical id of the queue that an ARN means."""
    name: str = arn["Fn::GetAtt"][0]
    assert resources[name]["Type"] == "AWS::SQS::Queue"
    return name


def test_every_target_of_a_rule_has_a_dead_letter_queue_that_takes_its_letters(hub: Document) -> None:
    rules = of_type(hub, "AWS::Events::Rule")
    writable = {
        (letters["Ref"], source["Fn::GetAtt"][0])
        for policy in of_type(hub, "AWS::SQS::QueuePolicy").values()
        for statement in policy["PolicyDocument"]["Statement"]
        for letters in policy["Queues"]
        for source in listed(statement["Condition"]["ArnEquals"]["aws:SourceArn"])
        if letters["Ref"] in DEAD_LETTERS
    }
    dead_lettered = {
        (queue(target["DeadLetterConfig"]["Arn"], hub), name) for name, rule in rules.items() for target in rule["Targets"]
    }
    assert dead_lettered == writable
    assert dead_lettered


def test_a_function_that_is_invoked_asynchronously_has_a_dead_letter_queue(hub: Document) -> None:
    functions = of_type(hub, "AWS::Lambda::Function")
    targets = {
        target["Arn"]["Fn::GetAtt"][0] for rule in of_type(hub, "AWS::Events::Rule").values() for target in rule["Targets"]
    } & set(functions)
    assert targets == {name for name, function in functions.items() if "DeadLetterConfig" in function}
    for name in targets:
        queue(functions[name]["DeadLetterConfig"]["TargetArn"], hub)


def test_a_bad_record_cannot_hold_up_the_stream(hub: Document) -> None:
    mapping = of_type(hub, "AWS::Lambda::EventSourceMapping")["DispatchRequestRequestChanged"]
    queue(mapping["DestinationConfig"]["OnFailure"]["Destination"], hub)
    assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert mapping["BisectBatchOnFunctionError"] is True
    assert 0 < mapping["MaximumRetryAttempts"] < 100
    assert 0 < mapping["MaximumRecordAgeInSeconds"] <= 86400


def test_queues_keep_letters_for_as_long_as_they_can_and_encrypted(hub: Document) -> None:
    queues = of_type(hub, "AWS::SQS::Queue")
    for name in DEAD_LETTERS:
        assert queues[name] == {"SqsManagedSseEnabled": True, "MessageRetentionPeriod": 14 * 24 * 3600}


def test_a_queue_of_work_waits_for_its_function_and_gives_up_into_dead_letters(hub: Document) -> None:
    """Six times the function's timeout, as Lambda's guide has it ("Using Lambda with Amazon SQS")."""
    queues = of_type(hub, "AWS::SQS::Queue")
    mappings = [each for each in of_type(hub, "AWS::Lambda::EventSourceMapping").values() if "ScalingConfig" in each]
    assert {queue(each["EventSourceArn"], hub) for each in mappings} == set(queues) - DEAD_LETTERS
    for mapping in mappings:
        properties = queues[queue(mapping["EventSourceArn"], hub)]
        function = of_type(hub, "AWS::Lambda::Function")[mapping["FunctionName"]["Ref"]]
        assert properties["SqsManagedSseEnabled"] is True
        assert properties["VisibilityTimeout"] >= 6 * function["Timeout"]
        assert queue(properties["RedrivePolicy"]["deadLetterTargetArn"], hub) in DEAD_LETTERS


def test_every_function_logs_json_to_the_one_group(hub: Document) -> None:
    functions = of_type(hub, "AWS::Lambda::Function")
    json_or_text = {"Fn::If": ["LogsAreJson", "JSON", "Text"]}
    assert {name: each["LoggingConfig"] for name, each in functions.items()} == {
        name: {"LogFormat": json_or_text, "LogGroup": {"Ref": "FunctionLogs"}} for name in functions
    }


def test_every_log_group_forgets(hub: Document) -> None:
    groups = of_type(hub, "AWS::Logs::LogGroup")
    assert set(groups) == {"FunctionLogs", "StateMachineLogs"}
    assert all(group["RetentionInDays"] == {"Ref": "LogRetentionDays"} for group in groups.values())


def test_executions_are_logged_without_their_data(hub: Document) -> None:
    (machine,) = of_type(hub, "AWS::StepFunctions::StateMachine").values()
    assert machine["LoggingConfiguration"]["Level"] == "ALL"
    assert machine["LoggingConfiguration"]["IncludeExecutionData"] is False


def test_every_step_of_the_way_is_traced(hub: Document) -> None:
    (machine,) = of_type(hub, "AWS::StepFunctions::StateMachine").values()
    assert machine["TracingConfiguration"] == {"Enabled": True}
    traced = {"Fn::If": ["FunctionsAreTraced", "Active", "PassThrough"]}
    assert all(each["TracingConfig"]["Mode"] == traced for each in of_type(hub, "AWS::Lambda::Function").values())


def test_every_dead_letter_raises_an_alarm(hub: Document) -> None:
    alarms = of_type(hub, "AWS::CloudWatch::Alarm").values()
    watched = {
        alarm["Dimensions"][0]["Value"]["Fn::GetAtt"][0]
        for alarm in alarms
        if alarm["MetricName"] == "ApproximateNumberOfMessagesVisible" and alarm["Threshold"] == 0
    }
    assert watched == DEAD_LETTERS


@pytest.mark.parametrize(
    ("metric", "resources"),
    [
        ("Errors", {"ReceiveEvent", "DispatchRequest"}),
        ("IteratorAge", {"DispatchRequest"}),
        ("ExecutionsFailed", {"StateMachine"}),
        ("ExecutionsTimedOut", {"StateMachine"}),
        ("ExecutionThrottled", {"StateMachine"}),
    ],
)
def test_what_nobody_else_would_tell_raises_an_alarm(hub: Document, metric: str, resources: set[str]) -> None:
    alarms = [alarm for alarm in of_type(hub, "AWS::CloudWatch::Alarm").values() if alarm["MetricName"] == metric]
    assert {alarm["Dimensions"][0]["Value"]["Ref"] for alarm in alarms} == resources


def test_every_alarm_can_call_a_person(hub: Document) -> None:
    action = {"Fn::If": ["AlarmTopicIsGiven", [{"Ref": "AlarmTopicArn"}], {"Ref": "AWS::NoValue"}]}
    assert all(alarm["AlarmActions"] == action for alarm in of_type(hub, "AWS::CloudWatch::Alarm").values())


def test_the_dashboard_shows_every_function_queue_and_outcome(hub: Document) -> None:
    (dashboard,) = of_type(hub, "AWS::CloudWatch::Dashboard").values()
    body = dashboard["DashboardBody"]["Fn::Sub"]
    metrics = [metric for widget in json.loads(body)["widgets"] for metric in widget["properties"]["metrics"]]
    shown = set(re.findall(r"\$\{(\w+)(?:\.\w+)?\}", body))
    assert shown >= {*of_type(hub, "AWS::Lambda::Function"), *of_type(hub, "AWS::SQS::Queue"), "StateMachine"}
    assert {metric[1] for metric in metrics if metric[0] == "Causeway"} == {
        "PeeringActive",
        "PeeringDrifted",
        "PeeringRejected",
        "PeeringFailed",
        "PeeringRemoved",
    }


def test_tables_survive_mistakes(hub: Document) -> None:
    tables = {name: each for name, each in hub.items() if each["Type"] == "AWS::DynamoDB::Table"}
    assert set(tables) == {"RequestsTable", "LedgerTable"}
    for table in tables.values():
        assert table["DeletionPolicy"] == table["UpdateReplacePolicy"] == "Retain"
        assert table["Properties"]["DeletionProtectionEnabled"] is True
        assert table["Properties"]["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}
        assert table["Properties"]["SSESpecification"] == {"SSEEnabled": True}
