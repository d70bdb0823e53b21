"""Equivalence classes: the worked example of the module. `test_check` and `test_queries` compare classes with single paths."""

from causeway.domain.model.network import Direction, Permission
from causeway.domain.model.protocols import PortRange
from causeway.domain.model.values import Side
from causeway.domain.reachability.equivalence import ends_of
from tests.domain.networks import change_side, request, snapshots, ssh, with_permissions


def rule(port: int, peer: str) -> Permission:
    return Permission(direction=Direction.INGRESS, protocol="tcp", ports=PortRange(first=port, last=port), peer=peer)


def test_only_blocks_of_rules_about_the_flow_divide_a_side_into_classes() -> None:
    networks = snapshots(subnets=2, interfaces=2)
    accepter = with_permissions(networks.accepter, rule(22, "10.0.0.0/24"), rule(443, "10.0.0.10/32"))

    ends = ends_of(ssh(), request(), change_side(networks, Side.ACCEPTER, accepter))

    assert [(end.endpoint.address, end.endpoint.stands_for) for end in ends.requester] == [("10.0.0.10", 2), ("10.0.1.10", 2)]
    assert [(end.endpoint.address, end.endpoint.stands_for) for end in ends.accepter] == [("192.0.0.10", 4)]
