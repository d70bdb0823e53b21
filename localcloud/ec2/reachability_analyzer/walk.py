"""One packet's way from one network interface to another, and its answer's way back, over moto's EC2 resources.

Naive on purpose: a packet has one address and one port at each end, and is shown to every group, ACL and route table on its
way. The walk does not stop at the first that refuses it: everything in the way is listed, as Reachability Analyzer does.
"""

from ipaddress import IPv4Address, IPv4Network
from typing import Any

import msgspec

from localcloud.ec2.prefix_lists import lists
from localcloud.ec2.reachability_analyzer import components
from localcloud.ec2.reachability_analyzer.lookups import acl_of, in_its_vpc, listed_blocks, longest_route, peers_of, table_of
from localcloud.ec2.reachability_analyzer.records import Component
from localcloud.ec2.security_groups.references import with_peering_status

_NUMBERS = {"tcp": "6", "udp": "17"}


class Packet(msgspec.Struct, frozen=True):
    protocol: str
    source: IPv4Address
    source_port: int
    destination: IPv4Address
    destination_port: int

    @property
    def answer(self) -> "Packet":
        return Packet(self.protocol, self.destination, self.destination_port, self.source, self.source_port)

    @property
    def header(self) -> Component:
        return {
            "Protocol": _NUMBERS[self.protocol],
            "SourceAddresses": [f"{self.source}/32"],
            "SourcePortRanges": [{"From": self.source_port, "To": self.source_port}],
            "DestinationAddresses": [f"{self.destination}/32"],
            "DestinationPortRanges": [{"From": self.destination_port, "To": self.destination_port}],
        }


class Walk:
    """What a packet passes, and what is in its way."""

    def __init__(self, packet: Packet, source: Any, destination: Any, *, asked_for: bool = False) -> None:
        """Walk at once. What was asked for is let through by every security group, because they are stateful."""
        self.packet = packet
        self.explanations: list[Component] = []
        self._components: list[Component] = [components.interface(source) | {"OutboundHeader": packet.header}]
        self._groups(source, destination, egress=True, asked_for=asked_for)
        if source.subnet.id != destination.subnet.id:
            self._acl(source, packet.destination, egress=True)
            self._route(source, destination)
            self._acl(destination, packet.source, egress=False)
        self._groups(destination, source, egress=False, asked_for=asked_for)
        self._components.append(components.interface(destination) | {"InboundHeader": packet.header})

    @property
    def components(self) -> list[Component]:
        return [{"SequenceNumber": number, **each} for number, each in enumerate(self._components, 1)]

    def _blocked(self, code: str, **details: Any) -> None:
        self.explanations.append({"ExplanationCode": code, **details})

    def _groups(self, eni: Any, other: Any, *, egress: bool, asked_for: bool) -> None:
        groups = list(eni.group_set)
        if asked_for:
            self._components.append({"Component": components.named(groups[0], "security-group")})
            return
        remote = self.packet.destination if egress else self.packet.source
        for group in groups:
            for rule in group.egress_rules if egress else group.ingress_rules:
                if _fits(rule, self.packet) and _means(rule, remote, eni, other):
                    described = {"Component": components.named(group, "security-group")}
                    self._components.append(described | {"SecurityGroupRule": components.group_rule(rule)})
                    return
        self._blocked(
            "ENI_SG_RULES_MISMATCH",
            Direction="egress" if egress else "ingress",
            NetworkInterface=components.named(eni, "network-interface"),
            SecurityGroups=[components.named(group, "security-group") for group in groups],
            Vpc=components.vpc(eni),
        )

    def _acl(self, eni: Any, remote: IPv4Address, *, egress: bool) -> None:
        acl = acl_of(eni)
        entries = (entry for entry in acl.network_acl_entries if entry.egress == egress and entry.cidr_block)
        deciding = next(entry for entry in sorted(entries, key=_number) if _decides(entry, self.packet, remote))
        described = {"Component": components.named(acl, "network-acl"), "AclRule": components.acl_rule(deciding)}
        if deciding.rule_action == "allow":
            self._components.append(described)
            return
        self._blocked(
            "SUBNET_ACL_RESTRICTION",
            Direction="egress" if egress else "ingress",
            Acl=described["Component"],
            AclRule=described["AclRule"],
            Subnet=components.named(eni.subnet, "subnet"),
            Vpc=components.vpc(eni),
        )

    def _route(self, source: Any, destination: Any) -> None:
        table = table_of(source.subnet)
        route = longest_route(table, self.packet.destination)
        here, there = components.vpc(source), components.vpc(destination)
        local = source.subnet.vpc_id == destination.subnet.vpc_id
        if not local and not _connected(source, destination):
            self._blocked("DISCONNECTED_VPCS", SourceVpc=here, DestinationVpc=there)
        elif route is None or not (route.local if local else route.vpc_pcx):
            described = {"RouteTableRoute": components.table_route(route)} if route else {}
            listed = components.named(table, "route-table")
            goal = components.named(destination, "network-interface")
            self._blocked("NO_ROUTE_TO_DESTINATION", RouteTable=listed, Destination=goal, Vpc=here, **described)
        else:
            self._take(table, route, source, destination)

    def _take(self, table: Any, route: Any, source: Any, destination: Any) -> None:
        described = {
            "Component": components.named(table, "route-table"),
            "RouteTableRoute": components.table_route(route),
        }
        if route.state != "active":
            self._blocked("BAD_STATE_ROUTE", RouteTable=described["Component"], RouteTableRoute=described["RouteTableRoute"])
            return
        self._components.append(described)
        if route.vpc_pcx is None:
            return
        connection = components.named(route.vpc_pcx, "vpc-peering-connection", source.ec2_backend)
        here, there = components.vpc(source), components.vpc(destination)
        ends = {route.vpc_pcx.vpc.id, route.vpc_pcx.peer_vpc.id}
        inside = in_its_vpc(source, self.packet.source) and in_its_vpc(destination, self.packet.destination)
        if ends == {source.subnet.vpc_id, destination.subnet.vpc_id} and inside:
            self._components.append({"Component": connection, "SourceVpc": here, "DestinationVpc": there})
        else:
            self._blocked("PCX_REQUIRES_ADDRESS_IN_VPC_CIDR", VpcPeeringConnection=connection, Vpc=here)


def _connected(source: Any, destination: Any) -> bool:
    return destination.subnet.vpc_id in {vpc.id for vpc in peers_of(source.subnet.vpc_id, source.ec2_backend)}


def _fits(rule: Any, packet: Packet) -> bool:
    if rule.ip_protocol == "-1":
        return True
    return bool(rule.ip_protocol == packet.protocol and rule.from_port <= packet.destination_port <= rule.to_port)


def _means(rule: Any, remote: IPv4Address, eni: Any, other: Any) -> bool:
    """Whether the rule covers that address, or names a group of the interface that has it."""
    if rule.cidr_ipv4:
        return remote in IPv4Network(rule.cidr_ipv4)
    if rule.prefix_list_id:
        return any(remote in block for block in listed_blocks(lists.find(eni.ec2_backend, rule.prefix_list_id)))
    pair = with_peering_status(rule.source_group)
    return pair.get("GroupId") in {group.id for group in other.group_set} and pair.get("PeeringStatus", "active") == "active"


def _decides(entry: Any, packet: Packet, remote: IPv4Address) -> bool:
    if entry.protocol not in {"-1", _NUMBERS[packet.protocol]} or remote not in IPv4Network(entry.cidr_block):
        return False
    if entry.protocol == "-1" or entry.port_range is None:
        return True
    return bool(int(entry.port_range["From"]) <= packet.destination_port <= int(entry.port_range["To"]))


def _number(entry: Any) -> int:
    return int(entry.rule_number)
