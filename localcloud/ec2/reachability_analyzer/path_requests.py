"""What CreateNetworkInsightsPath is asked for: checked, as a value."""

from collections.abc import Mapping
from ipaddress import AddressValueError, IPv4Address
from typing import Any, Literal

from moto.ec2.exceptions import EC2ClientError, MissingParameter

from localcloud.ec2.errors import invalid_combination, invalid_parameter
from localcloud.ec2.reachability_analyzer.endpoints import Endpoint, endpoint
from localcloud.ec2.reachability_analyzer.records import ANY_PORT, PATH_TYPE, Filter, PathRequest
from localcloud.ec2.reachability_analyzer.requests import tags_of


def path_request(response: Any) -> PathRequest:
    asked = PathRequest(
        source=_end(response, "Source"),
        destination=_end(response, "Destination") if response._get_param("Destination") else None,
        protocol=response._get_param("Protocol"),
        source_ip=_address(response._get_param("SourceIp")),
        destination_ip=_address(response._get_param("DestinationIp")),
        destination_port=_port(response._get_param("DestinationPort")),
        at_source=_filter(response._get_param("FilterAtSource")),
        at_destination=_filter(response._get_param("FilterAtDestination")),
        tags=tags_of(response, PATH_TYPE),
    )
    if asked.at_source and (asked.source_ip or asked.destination_port is not None):
        raise invalid_combination("FilterAtSource cannot be specified with SourceIp or DestinationPort.")
    if asked.at_destination and asked.destination_ip:
        raise invalid_combination("FilterAtDestination cannot be specified with DestinationIp.")
    if asked.destination is None and not any(each.destination_address for each in asked.filters):
        raise MissingParameter("The request must contain the parameter Destination, or the destination's address")
    return asked


def _end(response: Any, name: Literal["Source", "Destination"]) -> Endpoint:
    """An end in another account is looked for when the path is analysed, not before."""
    backend = response.ec2_backend
    end = endpoint(response._get_param(name), backend)
    if end.account_id == backend.account_id and not end.exists:
        raise EC2ClientError(f"NetworkInsights{name}.NotFound", f"The {name.lower()} '{end.id}' does not exist")
    return end


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
        raise invalid_parameter(f"Value ({given}) is no IPv4 address; only IPv4 can be analyzed.") from error


def _ports(given: Mapping[str, Any] | None) -> tuple[int, int] | None:
    if not given:
        return None
    low, high = _port(given.get("FromPort")), _port(given.get("ToPort"))
    if low is None or high is None or low > high:
        raise invalid_parameter(f"The port range from {low} to {high} is invalid.")
    return low, high


def _port(given: Any) -> int | None:
    if given is None:
        return None
    first, last = ANY_PORT
    if not first <= int(given) <= last:
        raise invalid_parameter(f"The port {given} is not between {first} and {last}.")
    return int(given)
