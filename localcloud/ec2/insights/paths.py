"""Paths: CreateNetworkInsightsPath, DescribeNetworkInsightsPaths, DeleteNetworkInsightsPath."""

from collections.abc import Callable, Mapping
from ipaddress import AddressValueError, IPv4Address
from typing import Any, Literal

from moto.core.responses import ActionResult
from moto.ec2.exceptions import EC2ClientError, MissingParameter
from moto.ec2.models import EC2Backend
from moto.ec2.responses.vpcs import VPCs
from moto.ec2.utils import random_id

from localcloud.core import timing
from localcloud.core.patching import replaces
from localcloud.ec2.insights.endpoints import Endpoint, endpoint
from localcloud.ec2.insights.records import ANY_PORT, Asked, Component, Filter, Path, insights_of, without_nones
from localcloud.ec2.selecting import Reader, paged_result, select

PREFIX = "nip"
TYPE = "network-insights-path"
MOST_PATHS = 1000
"""In an account and region ("Quotas for Reachability Analyzer")."""


@replaces(VPCs, "create_network_insights_path")
def create_network_insights_path(_: None, self: Any) -> Any:
    """CreateNetworkInsightsPath answers the path that the same token made before.

    Raises:
        EC2ClientError: MissingParameter, InvalidParameterValue, InvalidParameterCombination, NetworkInsightsSource.NotFound,
            NetworkInsightsDestination.NotFound, IdempotentParameterMismatch, NetworkInsightsPath.LimitExceeded.
    """
    backend, token = self.ec2_backend, required(self, "ClientToken")
    asked = _asked(self)
    paths = insights_of(backend).paths
    for path in paths.values():
        if path.token == token:
            refuse_another(token, differs=path.asked != asked)
            return ActionResult({"NetworkInsightsPath": _described(backend, path)})
    if len(paths) >= MOST_PATHS:
        raise EC2ClientError("NetworkInsightsPath.LimitExceeded", f"The maximum number of paths ({MOST_PATHS}) is reached.")
    path = Path(random_id(PREFIX), asked, token, timing.now())
    paths[path.id] = path
    backend.create_tags([path.id], dict(asked.tags))
    return ActionResult({"NetworkInsightsPath": _described(backend, path)})


@replaces(VPCs, "describe_network_insights_paths")
def describe_network_insights_paths(_: None, self: Any) -> Any:
    """DescribeNetworkInsightsPaths with filters and pages. Unknown: InvalidNetworkInsightsPathId.NotFound."""
    backend = self.ec2_backend
    insights = insights_of(backend)
    chosen = [insights.path(each) for each in self._get_param("NetworkInsightsPathIds", []) or list(insights.paths)]
    found = select(chosen, self._filters_from_querystring(), _READERS, lambda path: backend.tags.get(path.id, {}))
    return paged_result(self, "NetworkInsightsPaths", [_described(backend, path) for path in found])


@replaces(VPCs, "delete_network_insights_path")
def delete_network_insights_path(_: None, self: Any) -> Any:
    """DeleteNetworkInsightsPath, once its analyses are deleted: AnalysisExistsForNetworkInsightsPath before."""
    insights = insights_of(self.ec2_backend)
    path = insights.path(required(self, "NetworkInsightsPathId"))
    if any(analysis.started.path_id == path.id for analysis in insights.analyses.values()):
        message = f"The path {path.id} cannot be deleted: it has analyses."
        raise EC2ClientError("AnalysisExistsForNetworkInsightsPath", message)
    del insights.paths[path.id]
    self.ec2_backend.tags.pop(path.id, None)
    return ActionResult({"NetworkInsightsPathId": path.id})


@replaces(EC2Backend, "do_resources_exist")
def what_is_tagged_exists(original: Callable[..., bool], self: Any, resource_ids: list[str]) -> bool:
    """CreateTags and DeleteTags on an unknown path or analysis: as a describe of it."""
    insights, others = insights_of(self), []
    for resource_id in resource_ids:
        match resource_id.partition("-")[0]:
            case "nip":
                insights.path(resource_id)
            case "nia":
                insights.analysis(resource_id)
            case _:
                others.append(resource_id)
    return original(self, others)


def required(response: Any, name: str) -> str:
    """A parameter. Not given: MissingParameter."""
    value = response._get_param(name)
    if not value:
        raise MissingParameter(f"The request must contain the parameter {name}")
    return str(value)


def refuse_another(token: str, *, differs: bool) -> None:
    """The same token for another request: IdempotentParameterMismatch."""
    if differs:
        message = f"The client token {token} was used before, with other parameters."
        raise EC2ClientError("IdempotentParameterMismatch", message)


def tags_of(response: Any, kind: str) -> tuple[tuple[str, str], ...]:
    """What the request tags the new resource with."""
    return tuple(sorted(response._parse_tag_specification(kind).get(kind, {}).items()))


# What a path is asked for with


def _asked(response: Any) -> Asked:
    asked = Asked(
        source=_end(response, "Source"),
        destination=_end(response, "Destination") if response._get_param("Destination") else None,
        protocol=_protocol(required(response, "Protocol")),
        source_ip=_address(response._get_param("SourceIp")),
        destination_ip=_address(response._get_param("DestinationIp")),
        destination_port=_port(response._get_param("DestinationPort")),
        at_source=_filter(response._get_param("FilterAtSource")),
        at_destination=_filter(response._get_param("FilterAtDestination")),
        tags=tags_of(response, TYPE),
    )
    if asked.at_source and (asked.source_ip or asked.destination_port is not None):
        raise _combination("FilterAtSource cannot be specified with SourceIp or DestinationPort.")
    if asked.at_destination and asked.destination_ip:
        raise _combination("FilterAtDestination cannot be specified with DestinationIp.")
    if asked.destination is None and not any(each.destination_address for each in asked.filters):
        raise MissingParameter("The request must contain the parameter Destination, or the destination's address")
    return asked


def _end(response: Any, name: Literal["Source", "Destination"]) -> Endpoint:
    """An end in another account is looked for when the path is analysed, not before."""
    backend = response.ec2_backend
    end = endpoint(required(response, name), backend)
    if end.account_id == backend.account_id and not end.exists:
        raise EC2ClientError(f"NetworkInsights{name}.NotFound", f"The {name.lower()} '{end.id}' does not exist")
    return end


def _protocol(given: str) -> Literal["tcp", "udp"]:
    match given.lower():
        case "tcp":
            return "tcp"
        case "udp":
            return "udp"
    raise _invalid(f"Value ({given}) for parameter protocol is invalid: TCP and UDP can be analyzed.")


def _filter(given: Mapping[str, Any] | None) -> Filter | None:
    if not given:
        return None
    return Filter(
        _address(given.get("SourceAddress")),
        _ports(given.get("SourcePortRange")),
        _address(given.get("DestinationAddress")),
        _ports(given.get("DestinationPortRange")),
    )


def _address(given: str | None) -> str | None:
    try:
        return str(IPv4Address(given)) if given else None
    except AddressValueError as error:
        raise _invalid(f"Value ({given}) is no IPv4 address; only IPv4 can be analyzed.") from error


def _ports(given: Mapping[str, Any] | None) -> tuple[int, int] | None:
    if not given:
        return None
    low, high = _port(given.get("FromPort")), _port(given.get("ToPort"))
    if low is None or high is None or low > high:
        raise _invalid(f"The port range from {low} to {high} is invalid.")
    return low, high


def _port(given: Any) -> int | None:
    if given is None:
        return None
    first, last = ANY_PORT
    if not first <= int(given) <= last:
        raise _invalid(f"The port {given} is not between {first} and {last}.")
    return int(given)


def _invalid(message: str) -> Exception:
    error: Exception = EC2ClientError("InvalidParameterValue", message)
    return error


def _combination(message: str) -> Exception:
    error: Exception = EC2ClientError("InvalidParameterCombination", message)
    return error


# What a path is described with


def _described(backend: Any, path: Path) -> Component:
    asked = path.asked
    described = {
        "NetworkInsightsPathId": path.id,
        "NetworkInsightsPathArn": f"arn:aws:ec2:{backend.region_name}:{backend.account_id}:{TYPE}/{path.id}",
        "CreatedDate": path.created,
        "Source": asked.source.id,
        "SourceArn": asked.source.arn,
        "Destination": asked.destination and asked.destination.id,
        "DestinationArn": asked.destination and asked.destination.arn,
        "SourceIp": asked.source_ip,
        "DestinationIp": asked.destination_ip,
        "Protocol": asked.protocol,
        "DestinationPort": asked.destination_port,
        "FilterAtSource": _described_filter(asked.at_source),
        "FilterAtDestination": _described_filter(asked.at_destination),
        "Tags": described_tags(backend, path.id),
    }
    return without_nones(described)


def described_tags(backend: Any, resource_id: str) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in backend.tags.get(resource_id, {}).items()]


def _described_filter(each: Filter | None) -> Component | None:
    if each is None:
        return None
    described = {
        "SourceAddress": each.source_address,
        "SourcePortRange": _described_ports(each.source_ports),
        "DestinationAddress": each.destination_address,
        "DestinationPortRange": _described_ports(each.destination_ports),
    }
    return without_nones(described)


def _described_ports(ports: tuple[int, int] | None) -> Component | None:
    return ports and {"FromPort": ports[0], "ToPort": ports[1]}


def _end_reader(side: Literal["at_source", "at_destination"], field: str) -> Reader[Path]:
    def read(path: Path) -> list[str]:
        value = getattr(getattr(path.asked, side), field, None)
        return [f"{value[0]}-{value[1]}" if isinstance(value, tuple) else value] if value else []

    return read


_READERS: dict[str, Reader[Path]] = {
    "source": lambda path: [path.asked.source.id],
    "destination": lambda path: [path.asked.destination.id] if path.asked.destination else [],
    "protocol": lambda path: [path.asked.protocol],
    **{
        f"filter-{side.replace('_', '-')}.{name}": _end_reader(side, field)
        for side in ("at_source", "at_destination")
        for name, field in (
            ("source-address", "source_address"),
            ("source-port-range", "source_ports"),
            ("destination-address", "destination_address"),
            ("destination-port-range", "destination_ports"),
        )
    },
}
