"""Whatever a test makes is taken away again: each client is watched, and each creation it made is undone."""

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

from botocore.exceptions import ClientError

from tests.conformance.settings import SETTINGS

UNDOING: dict[str, tuple[str, dict[str, str]]] = {
    # EC2
    "CreateVpc": ("delete_vpc", {"VpcId": "Vpc.VpcId"}),
    "CreateSubnet": ("delete_subnet", {"SubnetId": "Subnet.SubnetId"}),
    "CreateRouteTable": ("delete_route_table", {"RouteTableId": "RouteTable.RouteTableId"}),
    "CreateRoute": (
        "delete_route",
        {
            "RouteTableId": "RouteTableId",
            "DestinationCidrBlock": "DestinationCidrBlock",
            "DestinationIpv6CidrBlock": "DestinationIpv6CidrBlock",
            "DestinationPrefixListId": "DestinationPrefixListId",
        },
    ),
    "AssociateRouteTable": ("disassociate_route_table", {"AssociationId": "AssociationId"}),
    "CreateNetworkAcl": ("delete_network_acl", {"NetworkAclId": "NetworkAcl.NetworkAclId"}),
    "CreateNetworkInterface": (
        "delete_network_interface",
        {"NetworkInterfaceId": "NetworkInterface.NetworkInterfaceId"},
    ),
    "CreateInternetGateway": ("delete_internet_gateway", {"InternetGatewayId": "InternetGateway.InternetGatewayId"}),
    "AttachInternetGateway": (
        "detach_internet_gateway",
        {"InternetGatewayId": "InternetGatewayId", "VpcId": "VpcId"},
    ),
    "CreateSecurityGroup": ("delete_security_group", {"GroupId": "GroupId"}),
    "AuthorizeSecurityGroupIngress": (
        "revoke_security_group_ingress",
        {"GroupId": "GroupId", "SecurityGroupRuleIds": "SecurityGroupRules.SecurityGroupRuleId"},
    ),
    "AuthorizeSecurityGroupEgress": (
        "revoke_security_group_egress",
        {"GroupId": "GroupId", "SecurityGroupRuleIds": "SecurityGroupRules.SecurityGroupRuleId"},
    ),
    "CreateVpcEndpoint": ("delete_vpc_endpoints", {"VpcEndpointIds": "VpcEndpoint.VpcEndpointId"}),
    "CreateLoadBalancer": ("delete_load_balancer", {"LoadBalancerArn": "LoadBalancers.0.LoadBalancerArn"}),
    "AssociateSecurityGroupVpc": ("disassociate_security_group_vpc", {"GroupId": "GroupId", "VpcId": "VpcId"}),
    "CreateManagedPrefixList": ("delete_managed_prefix_list", {"PrefixListId": "PrefixList.PrefixListId"}),
    "CreateVpcPeeringConnection": (
        "delete_vpc_peering_connection",
        {"VpcPeeringConnectionId": "VpcPeeringConnection.VpcPeeringConnectionId"},
    ),
    "CreateNetworkInsightsPath": (
        "delete_network_insights_path",
        {"NetworkInsightsPathId": "NetworkInsightsPath.NetworkInsightsPathId"},
    ),
    "StartNetworkInsightsAnalysis": (
        "delete_network_insights_analysis",
        {"NetworkInsightsAnalysisId": "NetworkInsightsAnalysis.NetworkInsightsAnalysisId"},
    ),
    # IAM
    "CreateRole": ("delete_role", {"RoleName": "Role.RoleName"}),
    "PutRolePolicy": ("delete_role_policy", {"RoleName": "RoleName", "PolicyName": "PolicyName"}),
    "AttachRolePolicy": ("detach_role_policy", {"RoleName": "RoleName", "PolicyArn": "PolicyArn"}),
    # SQS, SNS, EventBridge
    "CreateQueue": ("delete_queue", {"QueueUrl": "QueueUrl"}),
    "CreateTopic": ("delete_topic", {"TopicArn": "TopicArn"}),
    "Subscribe": ("unsubscribe", {"SubscriptionArn": "SubscriptionArn"}),
    "CreateEventBus": ("delete_event_bus", {"Name": "Name"}),
    "PutRule": ("delete_rule", {"Name": "Name", "EventBusName": "EventBusName"}),
    "PutTargets": ("remove_targets", {"Rule": "Rule", "EventBusName": "EventBusName", "Ids": "Targets.Id"}),
    # Lambda, Step Functions, Systems Manager
    "CreateFunction": ("delete_function", {"FunctionName": "FunctionName"}),
    "CreateEventSourceMapping": ("delete_event_source_mapping", {"UUID": "UUID"}),
    "CreateStateMachine": ("delete_state_machine", {"stateMachineArn": "stateMachineArn"}),
    "CreateFunctionUrlConfig": ("delete_function_url_config", {"FunctionName": "FunctionName"}),
    "CreateDocument": ("delete_document", {"Name": "Name"}),
    # DynamoDB, CloudWatch Logs, CloudFormation
    "CreateTable": ("delete_table", {"TableName": "TableName"}),
    "CreateLogGroup": ("delete_log_group", {"logGroupName": "logGroupName"}),
    "CreateStack": ("delete_stack", {"StackName": "StackId"}),
}
"""Each operation that makes something → the client's method that undoes it, and its parameters out of request and answer."""

_GONE = re.compile(r"NotFound|NoSuchEntity|DoesNotExist|NonExistent|InvalidStateTransition")
_IN_USE = re.compile(r"DependencyViolation|InUse|DeleteConflict|Conflict|IncorrectState|AnalysisExists")
_PAUSE = 0.05


@dataclass(frozen=True)
class Made:
    """Something that was made: the client and its method that undo it."""

    client: Any
    method: str
    parameters: dict[str, Any]

    def undo(self) -> str | None:
        """The error code with which it was refused; None where it is undone, or has been already."""
        try:
            getattr(self.client, self.method)(**self.parameters)
        except ClientError as error:
            code: str = error.response["Error"]["Code"]
            return None if _GONE.search(code) else code
        return None


class Cleanup:
    """What clients have made, by the scope (session, module, test) in which they made it."""

    def __init__(self) -> None:
        self._scopes: list[list[Made]] = [[]]

    def watch(self, client: Any, undoing: Any) -> None:
        """From now on undo what this client makes, with one that may."""
        client.meta.events.register("provide-client-params", _keep_parameters)
        client.meta.events.register("after-call", partial(self._note, undoing))

    @contextmanager
    def scope(self) -> Iterator[None]:
        """Undo at its end what was made inside.

        Raises:
            LeftBehindError: something could not be taken away.
        """
        self._scopes.append([])
        try:
            yield
        finally:
            _undo_all(self._scopes.pop())

    def _note(self, undoing: Any, http_response: Any, parsed: dict[str, Any], model: Any, context: Any, **_: Any) -> None:
        if http_response.status_code < 300 and model.name in UNDOING:
            method, wanted = UNDOING[model.name]
            known = {**context["parameters"], **parsed}
            found = ((name, _at(path, known)) for name, path in wanted.items())
            parameters = {name: _as_asked(name, value) for name, value in found if value is not None}
            self._scopes[-1].append(Made(undoing, method, parameters))


class LeftBehindError(Exception):
    """Something that a test made is still there."""


def _keep_parameters(params: dict[str, Any], context: dict[str, Any], **_: Any) -> None:
    context["parameters"] = params


def _at(path: str, value: Any) -> Any:
    """What stands at a dotted path, of each item where there is a list, or of one by its number; None where nothing does."""
    for name in path.split("."):
        if isinstance(value, list):
            value = value[int(name)] if name.isdecimal() else [each[name] for each in value]
        else:
            value = value.get(name)
    return value


def _as_asked(name: str, value: Any) -> Any:
    """A parameter for several ids takes a list."""
    return [value] if name.endswith("Ids") and not isinstance(value, list) else value


def _undo_all(made: list[Made]) -> None:
    """Undo the newest first. What is in use is undone after the others, until the suite's patience is over."""
    deadline, left = time.monotonic() + SETTINGS.patience, made[::-1]
    lost: dict[str, str] = {}
    while left:
        refused = {f"{each.method} {each.parameters}": (each, code) for each in left if (code := each.undo())}
        in_use = {name for name, (_, code) in refused.items() if _IN_USE.search(code) and time.monotonic() < deadline}
        lost |= {name: code for name, (_, code) in refused.items() if name not in in_use}
        left = [refused[name][0] for name in in_use]
        if left:
            time.sleep(_PAUSE)
    if lost:
        raise LeftBehindError(str(lost))
