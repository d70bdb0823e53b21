"""Network interfaces keep the prefixes that are delegated to them.

Source: "Prefix delegation for Amazon EC2 network interfaces" in the EC2 User Guide.
"""

from collections.abc import Callable
from typing import Any

from moto.ec2.responses.elastic_network_interfaces import ElasticNetworkInterfaces

from localcloud.core.patching import replaces
from localcloud.ec2.cidr_blocks import canonical_of
from localcloud.ec2.errors import invalid_parameter, not_emulated

_LENGTHS = {4: 28, 6: 80}


@replaces(ElasticNetworkInterfaces, "create_network_interface")
def create_network_interface(original: Callable[..., Any], self: Any) -> Any:
    """CreateNetworkInterface with IPv4 prefixes of /28 and IPv6 prefixes of /80; any other: InvalidParameterValue."""
    if self._get_param("Ipv4PrefixCount") or self._get_param("Ipv6PrefixCount"):
        raise not_emulated("a number of prefixes; name them")
    prefixes = {version: _prefixes(self, version) for version in _LENGTHS}
    answer = original(self)
    interface = answer.result["NetworkInterface"]
    interface.ipv4_prefixes = [{"Ipv4Prefix": each} for each in prefixes[4]]
    interface.ipv6_prefixes = [{"Ipv6Prefix": each} for each in prefixes[6]]
    return answer


def _prefixes(response: Any, version: int) -> list[str]:
    given = [each[f"Ipv{version}Prefix"] for each in response._get_param(f"Ipv{version}Prefixes", [])]
    for prefix in given:
        if not prefix.endswith(f"/{_LENGTHS[version]}"):
            raise invalid_parameter(f"The prefix {prefix} is not a /{_LENGTHS[version]}.")
    return [canonical_of(version, each) for each in given]
