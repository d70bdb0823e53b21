"""Components of paths and explanations, in the words of the EC2 API."""

from typing import Any

from localcloud.ec2.reachability_analyzer.records import Component, without_nones

_PROTOCOL_NAMES = {"-1": "all", "6": "tcp", "17": "udp"}


def named(resource: Any, kind: str, backend: Any | None = None) -> Component:
    """A resource by its id and ARN: it belongs to whoever keeps it."""
    owner = backend or resource.ec2_backend
    return {"Id": resource.id, "Arn": f"arn:aws:ec2:{owner.region_name}:{owner.account_id}:{kind}/{resource.id}"}


def interface(eni: Any) -> Component:
    described = {
        "Component": named(eni, "network-interface"),
        "Subnet": named(eni.subnet, "subnet"),
        "Vpc": vpc(eni),
    }
    return described | ({"AttachedTo": named(eni.instance, "instance", eni.ec2_backend)} if eni.instance else {})


def vpc(eni: Any) -> Component:
    return named(eni.ec2_backend.get_vpc(eni.subnet.vpc_id), "vpc")


def group_rule(rule: Any) -> Component:
    described = {
        "SecurityGroupId": rule.group_id,
        "Direction": "egress" if rule.is_egress else "ingress",
        "Protocol": "all" if rule.ip_protocol == "-1" else rule.ip_protocol,
        "Cidr": rule.cidr_ipv4,
        "PrefixListId": rule.prefix_list_id,
        "PortRange": None if rule.from_port is None else {"From": rule.from_port, "To": rule.to_port},
    }
    return without_nones(described)


def acl_rule(entry: Any) -> Component:
    described = {
        "Cidr": entry.cidr_block,
        "Egress": entry.egress,
        "PortRange": entry.port_range,
        "Protocol": _PROTOCOL_NAMES.get(entry.protocol, entry.protocol),
        "RuleAction": entry.rule_action,
        "RuleNumber": entry.rule_number,
    }
    return without_nones(described)


def table_route(route: Any) -> Component:
    described = {
        "DestinationCidr": route.destination_cidr_block,
        "DestinationPrefixListId": route.destination_prefix_list_id,
        "GatewayId": route.gateway_id,
        "NatGatewayId": route.nat_gateway_id,
        "NetworkInterfaceId": route.network_interface_id,
        "TransitGatewayId": route.transit_gateway_id,
        "VpcPeeringConnectionId": route.vpc_peering_connection_id,
        "Origin": route.origin,
        "State": route.state,
    }
    return without_nones(described)
