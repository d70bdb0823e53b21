"""DryRun: a call that would change something changes nothing and ends in DryRunOperation."""

from collections.abc import Callable
from typing import Any

from moto.ec2.responses.network_acls import NetworkACLs
from moto.ec2.responses.route_tables import RouteTables
from moto.ec2.responses.security_groups import SecurityGroups
from moto.ec2.responses.tags import TagResponse
from moto.ec2.responses.vpc_peering_connections import VPCPeeringConnections
from moto.ec2.responses.vpcs import VPCs

from localcloud.core.patching import replaces

_MUTATING: dict[Any, tuple[str, ...]] = {
    VPCPeeringConnections: (
        "create_vpc_peering_connection",
        "accept_vpc_peering_connection",
        "reject_vpc_peering_connection",
        "delete_vpc_peering_connection",
        "modify_vpc_peering_connection_options",
    ),
    RouteTables: (
        "create_route",
        "replace_route",
        "delete_route",
        "create_route_table",
        "delete_route_table",
        "associate_route_table",
        "disassociate_route_table",
        "replace_route_table_association",
    ),
    SecurityGroups: (
        "authorize_security_group_ingress",
        "authorize_security_group_egress",
        "revoke_security_group_ingress",
        "revoke_security_group_egress",
        "modify_security_group_rules",
    ),
    NetworkACLs: (
        "create_network_acl",
        "delete_network_acl",
        "create_network_acl_entry",
        "replace_network_acl_entry",
        "delete_network_acl_entry",
        "replace_network_acl_association",
    ),
    TagResponse: ("create_tags", "delete_tags"),
    VPCs: (
        "create_vpc",
        "delete_vpc",
        "modify_vpc_attribute",
        "associate_vpc_cidr_block",
        "create_network_insights_path",
        "delete_network_insights_path",
        "start_network_insights_analysis",
        "delete_network_insights_analysis",
    ),
}


def _check_first(owner: Any, method: str) -> None:
    """EC2 checks only the caller's permission, so this comes before every rule about the request itself."""

    @replaces(owner, method, outermost=True)
    def nothing_happens_in_a_dry_run(original: Callable[..., Any], self: Any) -> Any:
        self.error_on_dryrun()
        return original(self)


for _owner, _methods in _MUTATING.items():
    for _method in _methods:
        _check_first(_owner, _method)
