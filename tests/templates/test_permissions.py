"""Least privilege, as far as the templates can show it."""

import re
from collections.abc import Iterator
from typing import Any

import pytest

from causeway.aws.witnesses.probes import DOCUMENT, STEPS

type Document = dict[str, Any]

PREVIEW = {"PreviewPlan", "TakeSnapshot"}
WATCH = {"DetectDrift"}
READERS = {"PlanPeering", "CheckReachability", "UndoChanges"} | PREVIEW | WATCH
WITNESSES = {"CallWitnesses", "HearWitnesses"}
WRITERS = {
    "RequestPeering",
    "AcceptPeering",
    "UpdateRouteTables",
    "UpdateSecurityGroups",
    "UpdateNetworkAcls",
    "ConfigureDns",
    "UpdateTags",
    "DeletePeering",
}


def listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def of_type(resources: Document, kind: str) -> dict[str, Document]:
    return {name: each["Properties"] for name, each in resources.items() if each["Type"] == kind}


def statements(role: Document) -> Iterator[Document]:
    for policy in role.get("Policies", ()):
        yield from listed(policy["PolicyDocument"]["Statement"])


def actions(role: Document) -> set[str]:
    return {action for statement in statements(role) for action in listed(statement["Action"])}


@pytest.fixture(params=["hub", "member"])
def role_statements(request: pytest.FixtureRequest) -> list[Document]:
    roles = of_type(request.getfixturevalue(request.param), "AWS::IAM::Role")
    found = [statement for role in roles.values() for statement in statements(role)]
    assert found
    return found


def test_no_action_is_a_wildcard(role_statements: list[Document]) -> None:
    named = [action for statement in role_statements for action in listed(statement["Action"])]
    assert [action for action in named if "*" in action] == []


def test_statements_name_what_they_allow(role_statements: list[Document]) -> None:
    assert [each for each in role_statements if "NotAction" in each or "NotResource" in each] == []


def test_only_what_knows_no_resource_is_allowed_on_all(role_statements: list[Document]) -> None:
    everywhere = {
        action for statement in role_statements if statement["Resource"] == "*" for action in listed(statement["Action"])
    }
    read_only = (
        "dynamodb:List",
        "logs:",
        "ec2:Describe",
        "ec2:Get",
        "ec2:Search",
        "elasticloadbalancing:Describe",
        "network-firewall:Describe",
        "network-firewall:List",
        "organizations:Describe",
        "organizations:List",
        "servicequotas:List",
        "ssm:GetCommandInvocation",
        "tiros:",
    )
    assert {action for action in everywhere if not action.startswith(read_only)} == set()


def test_every_function_has_its_own_role(hub: Document) -> None:
    functions = of_type(hub, "AWS::Lambda::Function")
    assert {name: each["Role"] for name, each in functions.items()} == {
        name: {"Fn::GetAtt": [f"{name}Role", "Arn"]} for name in functions
    }


def test_a_function_reads_its_own_source_and_no_other(hub: Document) -> None:
    reads = {
        "StreamArn": {f"dynamodb:{name}" for name in ("DescribeStream", "GetRecords", "GetShardIterator")},
        "Arn": {f"sqs:{name}" for name in ("ReceiveMessage", "DeleteMessage", "GetQueueAttributes")},
    }
    mappings = of_type(hub, "AWS::Lambda::EventSourceMapping").values()
    sources = {each["FunctionName"]["Ref"]: each["EventSourceArn"]["Fn::GetAtt"] for each in mappings}
    allowed = [
        (name.removesuffix("Role"), each["Resource"]["Fn::GetAtt"], set(listed(each["Action"])))
        for name, role in of_type(hub, "AWS::IAM::Role").items()
        for each in statements(role)
        if set.union(*reads.values()).intersection(listed(each["Action"]))
    ]
    assert set(sources) == {"DispatchRequest", "WatchRequests", "DetectDrift"}
    assert sorted(allowed) == sorted((name, source, reads[source[1]]) for name, source in sources.items())


def test_of_the_managed_policies_only_those_for_logs_and_traces_are_attached(hub: Document) -> None:
    attached = {
        arn.rpartition("/")[2] for role in of_type(hub, "AWS::IAM::Role").values() for arn in role.get("ManagedPolicyArns", [])
    }
    assert attached == {"AWSLambdaBasicExecutionRole", "AWSXrayWriteOnlyAccess"}


def test_the_path_of_a_role_says_what_it_may_do_in_members(hub: Document) -> None:
    roles = of_type(hub, "AWS::IAM::Role")
    paths = {name.removesuffix("Role"): role["Path"] for name, role in roles.items()}
    assert {name for name, path in paths.items() if path == "/causeway/read/"} == READERS
    assert {name for name, path in paths.items() if path == "/causeway/write/"} == WRITERS
    assert {name for name, path in paths.items() if path == "/causeway/witness/"} == WITNESSES
    assert set(paths.values()) == {"/causeway/", "/causeway/read/", "/causeway/write/", "/causeway/witness/"}


@pytest.mark.parametrize(
    ("names", "role_name"),
    [(READERS, "ReadRoleName"), (WRITERS, "WriteRoleName"), (WITNESSES, "WitnessRoleName")],
)
def test_a_function_assumes_the_one_role_of_its_path(hub: Document, names: set[str], role_name: str) -> None:
    roles = of_type(hub, "AWS::IAM::Role")
    for name in names:
        (assumes,) = [each for each in statements(roles[f"{name}Role"]) if each["Action"] == "sts:AssumeRole"]
        assert assumes["Resource"] == {"Fn::Sub": f"arn:${{AWS::Partition}}:iam::*:role/${{{role_name}}}"}


def test_nothing_else_reaches_into_members(hub: Document) -> None:
    roles = of_type(hub, "AWS::IAM::Role")
    reaching = {name.removesuffix("Role") for name, role in roles.items() if "sts:AssumeRole" in actions(role)}
    assert reaching == READERS | WRITERS | WITNESSES


def test_the_state_machine_may_invoke_the_steps_and_nothing_else(hub: Document) -> None:
    role = of_type(hub, "AWS::IAM::Role")["StateMachineRole"]
    (invokes,) = [each for each in statements(role) if each["Action"] == "lambda:InvokeFunction"]
    steps = {resource["Fn::GetAtt"][0] for resource in invokes["Resource"]}
    assert steps == (READERS | WRITERS | WITNESSES | {"AskApproval", "RecordOutcome"}) - PREVIEW - WATCH


def test_only_a_person_lets_a_waiting_run_go_on_and_only_a_newer_plan_withdraws_it(hub: Document) -> None:
    answering = {
        name.removesuffix("Role"): {
            action for statement in statements(role) for action in listed(statement["Action"]) if "SendTask" in action
        }
        for name, role in of_type(hub, "AWS::IAM::Role").items()
    }
    assert {name: allowed for name, allowed in answering.items() if allowed} == {
        "PlanPeering": {"states:SendTaskFailure"},
        "DecideApproval": {"states:SendTaskSuccess", "states:SendTaskFailure"},
    }


def test_only_who_is_known_to_iam_reaches_the_url(hub: Document) -> None:
    (url,) = of_type(hub, "AWS::Lambda::Url").values()
    assert url["AuthType"] == "AWS_IAM"
    (route,) = of_type(hub, "AWS::ApiGatewayV2::Route").values()
    assert route["AuthorizationType"] == "AWS_IAM"
    permissions = of_type(hub, "AWS::Lambda::Permission")
    assert permissions.keys() == {
        "DecideApprovalApiAccess",
        "ReceiveEventRequestSentPermission",
        "WatchRequestsSweepPermission",
    }
    of_the_route = "arn:${AWS::Partition}:execute-api:${AWS::Region}:${AWS::AccountId}:${DecideApprovalApi}/*/POST/"
    assert permissions["DecideApprovalApiAccess"] == {
        "FunctionName": {"Ref": "DecideApproval"},
        "Action": "lambda:InvokeFunction",
        "Principal": "apigateway.amazonaws.com",
        "SourceArn": {"Fn::Sub": of_the_route},
    }


def test_only_the_stacks_own_executions_are_described(hub: Document) -> None:
    looking = {
        name.removesuffix("Role"): statement["Resource"]
        for name, role in of_type(hub, "AWS::IAM::Role").items()
        for statement in statements(role)
        if "states:DescribeExecution" in listed(statement["Action"])
    }
    pattern = "arn:${AWS::Partition}:states:${AWS::Region}:${AWS::AccountId}:execution:${AWS::StackName}:*"
    assert looking == {"PlanPeering": {"Fn::Sub": pattern}, "DetectDrift": {"Fn::Sub": pattern}}
    (machine,) = of_type(hub, "AWS::StepFunctions::StateMachine").values()
    assert machine["StateMachineName"] == {"Ref": "AWS::StackName"}


def test_a_function_has_the_variables_that_its_permissions_are_about(hub: Document) -> None:
    roles = of_type(hub, "AWS::IAM::Role")
    needed_by = {
        "STATE_MACHINE_ARN": "states:StartExecution",
        "EVENT_BUS_NAME": "events:PutEvents",
        "EXTERNAL_ID": "sts:AssumeRole",
        "APPROVAL_TOPIC_ARN": "sns:Publish",
    }
    for name, function in of_type(hub, "AWS::Lambda::Function").items():
        variables = function["Environment"]["Variables"]
        allowed = actions(roles[f"{name}Role"])
        assert {variable: variable in variables for variable in needed_by} == {
            variable: action in allowed for variable, action in needed_by.items()
        }, name


@pytest.mark.parametrize(("role", "path"), [("ReadRole", "read"), ("WriteRole", "write"), ("WitnessRole", "witness")])
def test_a_member_trusts_the_hubs_functions_of_that_path_only(member: Document, role: str, path: str) -> None:
    (trust,) = member[role]["Properties"]["AssumeRolePolicyDocument"]["Statement"]
    assert trust["Condition"] == {
        "StringEquals": {"sts:ExternalId": {"Ref": "ExternalId"}, "aws:PrincipalOrgID": {"Ref": "OrganizationId"}},
        "ArnLike": {"aws:PrincipalArn": {"Fn::Sub": f"arn:${{AWS::Partition}}:iam::${{HubAccountId}}:role/causeway/{path}/*"}},
    }


def test_the_read_role_only_describes_and_reads_prefix_lists_and_quotas(member: Document) -> None:
    others = {action for action in actions(member["ReadRole"]["Properties"]) if not action.startswith("ec2:Describe")}
    assert others == {"ec2:GetManagedPrefixListEntries", "servicequotas:ListServiceQuotas"}


def test_prefix_lists_are_read_whoever_owns_them(member: Document) -> None:
    """AWS's own are of the account `aws`, and a list can be shared."""
    (reading,) = [
        each for each in statements(member["ReadRole"]["Properties"]) if each["Action"] == "ec2:GetManagedPrefixListEntries"
    ]
    assert reading["Resource"] == {"Fn::Sub": "arn:${AWS::Partition}:ec2:*:*:prefix-list/*"}


def test_a_changed_prefix_list_is_an_occasion_to_look(member: Document) -> None:
    heard = member["NetworkChanged"]["Properties"]["EventPattern"]["detail"]["eventName"]
    assert {"ModifyManagedPrefixList", "RestoreManagedPrefixListVersion"} <= set(heard)


def test_groups_of_other_vpcs_are_looked_for_also_as_they_come_and_go(member: Document) -> None:
    heard = member["NetworkChanged"]["Properties"]["EventPattern"]["detail"]["eventName"]
    assert {"AssociateSecurityGroupVpc", "DisassociateSecurityGroupVpc"} <= set(heard)
    assert "ec2:DescribeSecurityGroupVpcAssociations" in actions(member["ReadRole"]["Properties"])


def test_the_write_role_changes_only_its_own_account(member: Document) -> None:
    changing = [each for each in statements(member["WriteRole"]["Properties"]) if each["Resource"] != "*"]
    for statement in changing:
        for resource in listed(statement["Resource"]):
            assert resource["Fn::Sub"].startswith("arn:${AWS::Partition}:ec2:*:${AWS::AccountId}:")


def test_the_write_role_takes_away_no_more_than_it_can_make_and_replaces_nothing(member: Document) -> None:
    verbs = ("ec2:Delete", "ec2:Replace", "ec2:Revoke")
    assert {action for action in actions(member["WriteRole"]["Properties"]) if action.startswith(verbs)} == {
        "ec2:DeleteNetworkAclEntry",
        "ec2:DeleteRoute",
        "ec2:DeleteTags",
        "ec2:DeleteVpcPeeringConnection",
        "ec2:RevokeSecurityGroupEgress",
        "ec2:RevokeSecurityGroupIngress",
    }


def test_only_a_connection_with_causeways_tag_is_deleted(member: Document) -> None:
    (deleting,) = [
        each
        for each in statements(member["WriteRole"]["Properties"])
        if "ec2:DeleteVpcPeeringConnection" in listed(each["Action"])
    ]
    assert deleting["Action"] == "ec2:DeleteVpcPeeringConnection"
    assert deleting["Condition"] == {"Null": {"ec2:ResourceTag/causeway:request-id": "false"}}


def test_a_tag_is_made_only_together_with_causeways_own(member: Document) -> None:
    (tagging,) = [each for each in statements(member["WriteRole"]["Properties"]) if each["Action"] == "ec2:CreateTags"]
    assert tagging["Condition"] == {"Null": {"aws:RequestTag/causeway:request-id": "false"}}


def test_nobody_else_is_asked_where_the_member_does_not_allow_it(member: Document) -> None:
    conditional = {name for name, each in member.items() if each.get("Condition") == "WitnessesAreAllowed"}
    assert conditional == {"WitnessRole", "ProbeDocument"}


def test_the_witness_role_changes_nothing_but_its_own_questions(member: Document) -> None:
    made, there = ({"Null": {f"{key}/causeway:request-id": "false"}} for key in ("aws:RequestTag", "ec2:ResourceTag"))
    creating = {"ec2:CreateAction": ["CreateNetworkInsightsPath", "StartNetworkInsightsAnalysis"]}
    path, analysis = "network-insights-path/*", "network-insights-analysis/*"
    allowed = [
        (action, resource["Fn::Sub"].rpartition(":")[2], each.get("Condition"))
        for each in statements(member["WitnessRole"]["Properties"])
        if each["Resource"] != "*"
        for action in listed(each["Action"])
        for resource in listed(each["Resource"])
    ]
    assert sorted(allowed, key=str) == sorted(
        [
            ("ec2:CreateNetworkInsightsPath", path, made),
            ("ec2:CreateNetworkInsightsPath", "network-interface/*", None),
            ("ec2:StartNetworkInsightsAnalysis", analysis, made),
            ("ec2:StartNetworkInsightsAnalysis", path, there),
            *(("ec2:CreateTags", kind, {"StringEquals": creating}) for kind in (path, analysis)),
            ("ec2:DeleteNetworkInsightsPath", path, there),
            ("ec2:DeleteNetworkInsightsAnalysis", analysis, there),
            ("organizations:ListDelegatedServicesForAccount", "account/o-*/*", None),
            ("ssm:SendCommand", "document/causeway-probe", None),
            ("ssm:SendCommand", "instance/*", None),
        ],
        key=str,
    )


def test_the_witness_role_may_ask_about_paths_into_other_accounts(member: Document) -> None:
    """The far end is another account's; and an administrator of the organization's looks the accounts up."""
    witness = member["WitnessRole"]["Properties"]
    (ends,) = [each for each in statements(witness) if each["Sid"] == "EndsOfPaths"]
    assert ends["Resource"] == {"Fn::Sub": "arn:${AWS::Partition}:ec2:*:*:network-interface/*"}
    assert {action for action in actions(witness) if action.startswith("organizations:")} == {
        "organizations:DescribeOrganization",
        "organizations:ListAWSServiceAccessForOrganization",
        "organizations:ListAccounts",
        "organizations:ListDelegatedAdministrators",
        "organizations:ListDelegatedServicesForAccount",
    }


def test_an_instance_can_be_told_to_probe_and_nothing_else(member: Document) -> None:
    (sends,) = [each for each in statements(member["WitnessRole"]["Properties"]) if each["Action"] == "ssm:SendCommand"]
    document = member["ProbeDocument"]["Properties"]
    assert [resource["Fn::Sub"].rpartition(":")[2] for resource in sends["Resource"]] == [f"document/{DOCUMENT}", "instance/*"]
    assert document["Name"] == DOCUMENT
    parameters, steps = document["Content"]["parameters"], document["Content"]["mainSteps"]
    assert {step["precondition"]["StringEquals"][1]: step["name"] for step in steps} == STEPS
    assert set(parameters["Protocol"]["allowedValues"]) == set(STEPS)
    for name, harmless, harmful in (("Address", "2600:1f00::a", "10.0.0.1;reboot"), ("Port", "443", "1 && reboot")):
        assert re.fullmatch(parameters[name]["allowedPattern"], harmless)
        assert not re.search(parameters[name]["allowedPattern"], harmful)
    assert {step["action"] for step in steps} == {"aws:runShellScript"}
    assert {step["precondition"]["StringEquals"][0] for step in steps} == {"{{ Protocol }}"}


def test_members_of_the_organization_may_only_send_requests(hub: Document) -> None:
    statement = of_type(hub, "AWS::Events::EventBusPolicy")["EventBusAccess"]["Statement"]
    assert statement["Action"] == "events:PutEvents"
    assert statement["Condition"] == {
        "StringEquals": {
            "aws:PrincipalOrgID": {"Ref": "OrganizationId"},
            "events:detail-type": ["PeeringRequested", "PeeringRemovalRequested"],
        }
    }


def test_members_may_forward_what_cloudtrail_says_of_ec2_and_nothing_else(hub: Document, member: Document) -> None:
    statement = of_type(hub, "AWS::Events::EventBusPolicy")["EventBusAccessOfMembers"]["Statement"]
    assert statement["Action"] == "events:PutEvents"
    assert statement["Condition"] == {
        "StringEquals": {
            "aws:PrincipalOrgID": {"Ref": "OrganizationId"},
            "events:detail-type": "AWS API Call via CloudTrail",
            "events:source": "aws.ec2",
        }
    }
    (forwards,) = statements(member["ForwardRole"]["Properties"])
    assert forwards == {"Effect": "Allow", "Action": "events:PutEvents", "Resource": {"Ref": "EventBusArn"}}


def test_causeways_own_changes_are_no_occasion_to_look(hub: Document) -> None:
    pattern = hub["NetworkChanged"]["Properties"]["EventPattern"]
    issuer = pattern["detail"]["userIdentity"]["sessionContext"]["sessionIssuer"]
    assert issuer == {"userName": [{"anything-but": [{"Ref": "WriteRoleName"}]}, {"exists": False}]}


def test_the_watch_changes_nothing_of_the_network(hub: Document) -> None:
    roles = of_type(hub, "AWS::IAM::Role")
    assert roles["DetectDriftRole"]["Path"] == "/causeway/read/"
    assert actions(roles["WatchRequestsRole"]) == {
        "dynamodb:Query",
        "dynamodb:Scan",
        "dynamodb:DeleteItem",
        "sqs:SendMessage",
        "sqs:ReceiveMessage",
        "sqs:DeleteMessage",
        "sqs:GetQueueAttributes",
    }
