"""What there is in a lab's network, as EC2 describes it to its owner: values that can be compared."""

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from proof.accounts import Account

PATIENCE = 60.0
"""Seconds until EC2, which is eventually consistent, has to describe what was made."""
_PAUSE = 2.0
_LIVE = ["initiating-request", "pending-acceptance", "provisioning", "active", "deleting"]
_TARGETS = ("GatewayId", "VpcPeeringConnectionId")


@dataclass(frozen=True)
class Network:
    """Routes, security-group rules and peering connections, each as a text."""

    routes: frozenset[str]
    rules: frozenset[str]
    connections: frozenset[str]

    def differences(self, observed: "Network") -> Iterator[str]:
        """What is missing in what was observed, and what should not be there."""
        for kind in ("routes", "rules", "connections"):
            expected, there = getattr(self, kind), getattr(observed, kind)
            yield from (f"missing: {each}" for each in sorted(expected - there))
            yield from (f"not expected: {each}" for each in sorted(there - expected))


class Flow(NamedTuple):
    """What both sides may open to each other, as an item asks for it."""

    protocol: str
    port: int | None = None

    @property
    def allowed(self) -> dict[str, str]:
        ports = {} if self.port is None else {"ports": str(self.port)}
        return {"from": "both", "protocol": self.protocol, **ports}


SSH, HTTPS, PING = Flow("tcp", 22), Flow("tcp", 443), Flow("icmp")


class Side:
    """One side of the peering: its account, and the lab's network there."""

    def __init__(self, account: Account, lab: Mapping[str, str]) -> None:
        self.account = account
        self.vpc, self.table, self.group = lab["VpcId"], lab["RouteTableId"], lab["SecurityGroupId"]
        self._ec2 = account.client("ec2")
        (vpc,) = self._ec2.describe_vpcs(VpcIds=[self.vpc])["Vpcs"]
        self.block: str = vpc["CidrBlock"]
        self.unpeered = self.observed()

    @property
    def named(self) -> dict[str, str]:
        """The VPC as an item names it."""
        return {"account_id": self.account.id, "region": self.account.region, "vpc_id": self.vpc}

    def peered(self, peer: "Side", connection: str, *flows: Flow) -> Network:
        """What a request for these flows makes of the unpeered network."""
        return replace(
            self.unpeered,
            routes=self.unpeered.routes | {_route(self.table, peer.block, connection, "active")},
            rules=self.unpeered.rules | {self._rule(peer, flow) for flow in flows},
            connections=frozenset({_connection(connection, "active")}),
        )

    def differences(self, expected: Network) -> Iterator[str]:
        """How the network differs from what is expected, once it no longer does or patience is over."""
        deadline = time.monotonic() + PATIENCE
        while (observed := self.observed()) != expected and time.monotonic() < deadline:
            time.sleep(_PAUSE)
        yield from (f"account {self.account.id}: {each}" for each in expected.differences(observed))

    def observed(self) -> Network:
        return Network(frozenset(self._routes()), frozenset(self._rules()), frozenset(self._connections()))

    def delete_route(self, peer: "Side") -> None:
        """As somebody does who does not know of Causeway."""
        self._ec2.delete_route(RouteTableId=self.table, DestinationCidrBlock=peer.block)

    def _routes(self) -> Iterator[str]:
        here = [{"Name": "vpc-id", "Values": [self.vpc]}]
        for table in self._ec2.describe_route_tables(Filters=here)["RouteTables"]:
            for route in table["Routes"]:
                target = next(route[name] for name in _TARGETS if name in route)
                yield _route(table["RouteTableId"], route["DestinationCidrBlock"], target, route["State"])

    def _rules(self) -> Iterator[str]:
        of_it = [{"Name": "group-id", "Values": [self.group]}]
        for rule in self._ec2.describe_security_group_rules(Filters=of_it)["SecurityGroupRules"]:
            yield _rule(self.group, rule)

    def _rule(self, peer: "Side", flow: Flow) -> str:
        port = -1 if flow.port is None else flow.port
        described = {"IpProtocol": flow.protocol, "FromPort": port, "ToPort": port, "CidrIpv4": peer.block}
        return _rule(self.group, {"IsEgress": False, **described})

    def _connections(self) -> Iterator[str]:
        live = {"Name": "status-code", "Values": _LIVE}
        for side in ("requester", "accepter"):
            of_it = {"Name": f"{side}-vpc-info.vpc-id", "Values": [self.vpc]}
            for each in self._ec2.describe_vpc_peering_connections(Filters=[of_it, live])["VpcPeeringConnections"]:
                yield _connection(each["VpcPeeringConnectionId"], each["Status"]["Code"])


def _route(table: str, destination: str, target: str, state: str) -> str:
    return f"route {destination} to {target} in {table}, {state}"


def _rule(group: str, rule: Mapping[str, Any]) -> str:
    direction = "egress" if rule["IsEgress"] else "ingress"
    peer = rule.get("CidrIpv4") or rule.get("CidrIpv6") or "another group"
    return f"{direction} rule {rule['IpProtocol']} {rule['FromPort']} to {rule['ToPort']}, {peer}, in {group}"


def _connection(connection_id: str, status: str) -> str:
    return f"connection {connection_id}, {status}"
