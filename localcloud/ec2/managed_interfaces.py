"""The network interfaces that AWS makes itself: one in each subnet of an interface endpoint or of a load balancer.

Sources: "Access an AWS service using an interface VPC endpoint" in the AWS PrivateLink Guide, "Subnets for your load balancer"
in the guide for Application Load Balancers.
"""

from collections.abc import Callable, Sequence
from typing import Any

from moto.ec2.models.vpcs import VPCBackend
from moto.elbv2.models import ELBv2Backend

from localcloud.core.patching import replaces

_TYPES = {"network": "network_load_balancer", "gateway": "gateway_load_balancer"}
"""What an interface of a load balancer is called; that of an Application Load Balancer is an ordinary one."""


@replaces(VPCBackend, "create_vpc_endpoint")
def an_endpoints_interfaces(original: Callable[..., Any], self: Any, *args: Any, **kwargs: Any) -> Any:
    """CreateVpcEndpoint: the endpoint's groups are those of its interfaces, whose addresses are of their subnets."""
    endpoint = original(self, *args, **kwargs)
    if endpoint.network_interface_ids:
        for interface_id in endpoint.network_interface_ids:
            del self.enis[interface_id]
        made = [
            _interface(self, subnet_id, endpoint.security_group_ids, f"VPC Endpoint Interface {endpoint.id}", "vpc_endpoint")
            for subnet_id in endpoint.subnet_ids
        ]
        endpoint.network_interface_ids = [each.id for each in made]
    return endpoint


@replaces(ELBv2Backend, "create_load_balancer")
def a_load_balancers_interfaces(original: Callable[..., Any], self: Any, *args: Any, **kwargs: Any) -> Any:
    """CreateLoadBalancer makes an interface in each of its subnets."""
    balancer = original(self, *args, **kwargs)
    name = f"ELB {balancer.arn.partition(':loadbalancer/')[2]}"
    kind = _TYPES.get(balancer.type, "interface")
    for subnet in balancer.subnets:
        _interface(self.ec2_backend, subnet.id, balancer.security_groups, name, kind)
    return balancer


@replaces(ELBv2Backend, "delete_load_balancer")
def its_interfaces_go_with_it(original: Callable[..., Any], self: Any, arn: str) -> Any:
    """DeleteLoadBalancer."""
    answer = original(self, arn)
    interfaces = self.ec2_backend.enis
    name = f"ELB {arn.partition(':loadbalancer/')[2]}"
    for interface_id in [each.id for each in interfaces.values() if each.description == name]:
        del interfaces[interface_id]
    return answer


def _interface(backend: Any, subnet_id: str, group_ids: Sequence[str], description: str, kind: str) -> Any:
    made = backend.create_network_interface(backend.get_subnet(subnet_id), None, None, list(group_ids or []), description)
    made.requester_managed = True
    made.interface_type = kind
    made.status = "in-use"
    return made
