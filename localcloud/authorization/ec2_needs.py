"""What an EC2 call needs to be allowed.

AWS checks an EC2 action against every resource that it acts on, each with its own tags, and creating something with
tags also needs ``ec2:CreateTags`` on it. Source: "Actions, resources, and condition keys for Amazon EC2" and
"Grant permission to tag Amazon EC2 resources during creation".
"""

import re
from collections.abc import Iterator, Mapping

from moto.ec2.models import EC2Backend, ec2_backends
from moto.ec2.models.vpcs import VPC

from localcloud.endpoint.api_request import ApiRequest
from localcloud.iam.evaluation import Context

type Ec2Need = tuple[str, str | None, Context]

_TYPES = {
    "acl": "network-acl",
    "eni": "network-interface",
    "i": "instance",
    "igw": "internet-gateway",
    "nat": "natgateway",
    "nia": "network-insights-analysis",
    "nip": "network-insights-path",
    "pcx": "vpc-peering-connection",
    "pl": "prefix-list",
    "rtb": "route-table",
    "sg": "security-group",
    "sgr": "security-group-rule",
    "subnet": "subnet",
    "vpc": "vpc",
}
_ID = re.compile(rf"({'|'.join(_TYPES)})-[0-9a-f]{{8,17}}")
_TAG_PART = re.compile(r"Tag\.\d+\.(Key|Value)$")
_REQUEST_TAG = re.compile(r"(?:TagSpecification\.\d+\.)?Tag\.\d+\.Key$")
_PEERING = "vpc-peering-connection"

_PARAMETERS: Mapping[str, str] = {
    "AuthorizeSecurityGroupEgress": "GroupId",
    "AuthorizeSecurityGroupIngress": "GroupId",
    "CreateNetworkAclEntry": "NetworkAclId",
    "CreateNetworkInsightsPath": "NetworkInsightsPathId",
    "CreateRoute": "RouteTableId",
    "CreateVpcPeeringConnection": "VpcId",
    "DeleteNetworkAclEntry": "NetworkAclId",
    "DeleteRoute": "RouteTableId",
    "DescribeVpcAttribute": "VpcId",
    "ReplaceNetworkAclEntry": "NetworkAclId",
    "ReplaceRoute": "RouteTableId",
    "RevokeSecurityGroupEgress": "GroupId",
    "RevokeSecurityGroupIngress": "GroupId",
    "StartNetworkInsightsAnalysis": "NetworkInsightsPathId",
}
"""The one parameter that names what these actions act on; the other ids in their requests are not checked by AWS."""

_CREATED = {
    "CreateNetworkInsightsPath": "network-insights-path",
    "CreateVpcPeeringConnection": _PEERING,
    "StartNetworkInsightsAnalysis": "network-insights-analysis",
}
"""What these actions create, as a resource that they need a permission for."""

_TIROS = ("CreateQuery", "ExtendQuery", "GetQueryAnswer", "GetQueryExplanation", "GetQueryExtensionAccounts")
"""Reachability Analyzer asks another service in its caller's name ("Required API permissions", "Tiros API calls")."""


def needs(request: ApiRequest) -> Iterator[Ec2Need]:
    """The actions, resources and EC2's own condition keys of a call."""
    action = f"ec2:{request.operation}"
    keys = {"ec2:region": (request.region,), **_request_tags(request)}
    if request.operation.startswith("Describe") and request.operation not in _PARAMETERS:
        yield action, "*", keys
        return
    backend = ec2_backends[request.account_id][request.region]
    resource_ids = _resource_ids(request, backend)
    for resource_id in resource_ids:
        yield action, _arn_of(request, backend, resource_id), {**keys, **_resource_keys(request, backend, resource_id)}
    if created := _CREATED.get(request.operation):
        yield action, _arn(request, created, "*"), {**keys, **_new_resource_keys(request)}
    elif not resource_ids:
        yield action, None, keys
    if request.operation == "CreateNetworkInsightsPath":
        for arn, of_end in _ends(request, backend):
            yield action, arn, {"ec2:region": (request.region,), **of_end}
    if request.operation == "StartNetworkInsightsAnalysis":
        for query in _TIROS:
            yield f"tiros:{query}", "*", keys
    for tagged in _tagged_types(request):
        yield "ec2:CreateTags", _arn(request, tagged, "*"), {**keys, "ec2:createaction": (request.operation,)}


def _ends(request: ApiRequest, backend: EC2Backend) -> Iterator[tuple[str, Context]]:
    """The ends of a path with their own keys, not the tags that the path is made with. Another account's is given as an ARN."""
    for end in (request.form[name] for name in ("Source", "Destination") if name in request.form):
        if end.startswith("arn:"):
            yield end, {}
        elif _ID.fullmatch(end):
            yield _arn_of(request, backend, end), _resource_keys(request, backend, end)


def _resource_ids(request: ApiRequest, backend: EC2Backend) -> list[str]:
    if parameter := _PARAMETERS.get(request.operation):
        return [request.form[parameter]] if parameter in request.form else []
    named = dict.fromkeys(value for name, value in request.form.items() if _ID.fullmatch(value) and not _TAG_PART.search(name))
    if request.operation == "AcceptVpcPeeringConnection":
        named.update({connection.peer_vpc.id: None for connection in map(backend.vpc_pcxs.get, named) if connection})
    return list(named)


def _request_tags(request: ApiRequest) -> Context:
    names = [name for name in request.form if _REQUEST_TAG.match(name)]
    if not names:
        return {}
    tags = {request.form[name]: request.form.get(f"{name.removesuffix('Key')}Value", "") for name in names}
    return {f"aws:requesttag/{key}".lower(): (value,) for key, value in tags.items()} | {"aws:tagkeys": tuple(tags)}


def _tagged_types(request: ApiRequest) -> list[str]:
    """The kinds of resource that the call creates with tags."""
    specifications = (value for name, value in request.form.items() if name.endswith(".ResourceType"))
    return sorted(set(specifications))


def _resource_keys(request: ApiRequest, backend: EC2Backend, resource_id: str) -> Context:
    keys = {}
    for tag, value in backend.tags.get(resource_id, {}).items():
        keys[f"ec2:resourcetag/{tag}".lower()] = keys[f"aws:resourcetag/{tag}".lower()] = (value,)
    if vpc_id := _vpc_of(backend, resource_id):
        keys["ec2:vpc"] = (_arn(request, "vpc", vpc_id),)
    if connection := backend.vpc_pcxs.get(resource_id):
        keys["ec2:requestervpc"] = (_vpc_arn(connection.vpc),)
        keys["ec2:acceptervpc"] = (_vpc_arn(connection.peer_vpc),)
    return keys


def _new_resource_keys(request: ApiRequest) -> Context:
    """A new peering connection has conditions on its two VPCs."""
    if request.operation != "CreateVpcPeeringConnection":
        return {}
    form = request.form
    accepter = f"{form.get('PeerRegion', request.region)}:{form.get('PeerOwnerId', request.account_id)}"
    return {
        "ec2:requestervpc": (_arn(request, "vpc", form.get("VpcId", "")),),
        "ec2:acceptervpc": (f"arn:aws:ec2:{accepter}:vpc/{form.get('PeerVpcId', '')}",),
    }


def _vpc_of(backend: EC2Backend, resource_id: str) -> str | None:
    holder = (
        backend.route_tables.get(resource_id)
        or backend.network_acls.get(resource_id)
        or backend.get_security_group_from_id(resource_id)
    )
    return str(holder.vpc_id) if holder else None


def _vpc_arn(vpc: VPC) -> str:
    return f"arn:aws:ec2:{vpc.region}:{vpc.owner_id}:vpc/{vpc.id}"


def _arn_of(request: ApiRequest, backend: EC2Backend, resource_id: str) -> str:
    """A prefix list may be AWS's own: then it is of the account `aws`."""
    if prefix_list := backend.managed_prefix_lists.get(resource_id):
        return str(prefix_list.prefix_list_arn)
    return _arn(request, _TYPES[resource_id.rpartition("-")[0]], resource_id)


def _arn(request: ApiRequest, kind: str, name: str) -> str:
    return f"arn:aws:ec2:{request.region}:{request.account_id}:{kind}/{name}"
