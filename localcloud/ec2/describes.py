"""The describe calls that moto answers: with the filters that AWS documents, in pages.

The rooms that describe things themselves do the same: peering connections, security-group rules, prefix lists, Reachability
Analyzer.
"""

from collections.abc import Callable
from typing import Any

from moto.ec2.responses.elastic_network_interfaces import ElasticNetworkInterfaces
from moto.ec2.responses.internet_gateways import InternetGateways
from moto.ec2.responses.network_acls import NetworkACLs
from moto.ec2.responses.route_tables import RouteTables
from moto.ec2.responses.security_groups import SecurityGroups
from moto.ec2.responses.subnets import Subnets
from moto.ec2.responses.tags import TagResponse
from moto.ec2.responses.vpcs import VPCs

from localcloud.core.patching import replaces
from localcloud.ec2.documented_filters import select
from localcloud.ec2.pages import paged_result

DESCRIBES: tuple[tuple[Any, str, str, str], ...] = (
    (ElasticNetworkInterfaces, "describe_network_interfaces", "DescribeNetworkInterfaces", "NetworkInterfaces"),
    (InternetGateways, "describe_internet_gateways", "DescribeInternetGateways", "InternetGateways"),
    (NetworkACLs, "describe_network_acls", "DescribeNetworkAcls", "NetworkAcls"),
    (RouteTables, "describe_route_tables", "DescribeRouteTables", "RouteTables"),
    (SecurityGroups, "describe_security_groups", "DescribeSecurityGroups", "SecurityGroups"),
    (Subnets, "describe_subnets", "DescribeSubnets", "Subnets"),
    (TagResponse, "describe_tags", "DescribeTags", "Tags"),
    (VPCs, "describe_vpcs", "DescribeVpcs", "Vpcs"),
)


def _describe(owner: Any, method: str, operation: str, key: str) -> None:
    @replaces(owner, method)
    def describe_what_the_filters_leave(original: Callable[..., Any], self: Any) -> Any:
        filters = self._filters_from_querystring()
        self._filters_from_querystring = dict  # moto lists everything: its own filters differ
        return paged_result(self, key, select(operation, original(self).result[key], filters))


for _each in DESCRIBES:
    _describe(*_each)
