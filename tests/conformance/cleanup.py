"""Whatever a test makes is taken away again: each client is watched, and each creation it made is undone."""

import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
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
    # CloudFormation
    "CreateStack": ("delete_stack", {"StackName": "StackId"}),
}
"""Each operation that makes something → the client's method that undoes it, and its parameters out of request and answer."""

_GONE = re.compile(r"NotFound|NoSuchEntity|DoesNotExist|NonExistent|InvalidStateTransition")
_IN_USE = re.compile(r"DependencyViolation|InUse|DeleteConflict|Conflict|IncorrectState|AnalysisExists")
_PAUSE = 0.05

type Undo = Callable[[], object]


class Cleanup:
    """What clients have made, by the scope (session, module, test) in which they made it."""

    def __init__(self) -> None:
        self._scopes: list[list[Undo]] = [[]]

    def watch(self, client: Any) -> None:
        """From now on undo what this client makes."""
        client.meta.events.register("provide-client-params", _keep_parameters)
        client.meta.events.register("after-call", partial(self._note, client))

    @contextmanager
    def scope(self) -> Iterator[None]:
        """Undo at its end what was made inside, the newest first.

        Raises:
            LeftBehindError: something could not be taken away.
        """
        self._scopes.append([])
        try:
            yield
        finally:
            _undo(list(reversed(self._scopes.pop())))

    def _note(self, client: Any, http_response: Any, parsed: dict[str, Any], model: Any, context: Any, **_: Any) -> None:
        if http_response.status_code < 300 and model.name in UNDOING:
            method, wanted = UNDOING[model.name]
            known = {**context["parameters"], **parsed}
            found = ((name, _at(path, known)) for name, path in wanted.items())
            given = {name: value for name, value in found if value is not None}
            self._scopes[-1].append(partial(getattr(client, method), **given))


class LeftBehindError(Exception):
    """Something that a test made is still there."""


def _keep_parameters(params: dict[str, Any], context: dict[str, Any], **_: Any) -> None:
    context["parameters"] = params


def _at(path: str, value: Any) -> Any:
    """What stands at a dotted path, of each item where there is a list; None where nothing does."""
    for name in path.split("."):
        value = [each[name] for each in value] if isinstance(value, list) else value.get(name)
    return value


def _undo(undos: list[Undo]) -> None:
    """Undo all. What is in use is undone after the others, until the suite's patience is over."""
    deadline = time.monotonic() + SETTINGS.patience
    while undos:
        outcomes = [(undo, _refusal(undo)) for undo in undos]
        undos = [undo for undo, code in outcomes if code and _IN_USE.search(code)]
        lost = [f"{undo}: {code}" for undo, code in outcomes if code and not _IN_USE.search(code)]
        if lost or (undos and time.monotonic() > deadline):
            raise LeftBehindError("; ".join(lost or map(str, undos)))
        if undos:
            time.sleep(_PAUSE)


def _refusal(undo: Undo) -> str | None:
    """The error code with which it was refused; None where it is undone, or has been already."""
    try:
        undo()
    except ClientError as error:
        code: str = error.response["Error"]["Code"]
        return None if _GONE.search(code) else code
    return None
