"""Reachability Analyzer and Causeway's check were written apart, and have to agree about any network.

AWS's answer is about one packet that works, Causeway's about every one of a flow. So every packet is asked for that a rule can
tell from the others: the flow works if all of them are found.
"""

import random
import sys
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from causeway.aws.ec2.reader import Reader
from causeway.aws.sessions import Access, MemberSessions
from causeway.domain.model.network import NetworkInterface, Snapshot
from causeway.domain.model.protocols import PortRange, Protocol
from causeway.domain.model.request import Flow, VpcRef
from causeway.domain.model.values import Side
from localcloud.ec2.reachability_analyzer.endpoints import Endpoint
from localcloud.ec2.reachability_analyzer.evaluation import evaluate
from localcloud.ec2.reachability_analyzer.records import Filter, PathRequest
from tests.domain.networks import change
from tests.localcloud.ec2.reachability_analyzer.test_analyses import EAST, OURS, PRODUCTION, TEST, THEIRS, Pair
from tests.packets.judging import judge

NETWORKS = 25
PORTS = (0, 22, 443, 1024, 32768, 60999, 65535)
BLOCKS = ("0.0.0.0/0", "10.0.0.0/15", OURS, THEIRS, "10.0.0.0/24", "10.1.0.7/32", "10.0.0.7/32", "192.168.0.0/16")
CAREFUL = ((0, 1023), (1024, 65535), (32768, 60999))


class OperatorSessions(MemberSessions):
    """The operator's clients in place of the members' roles."""

    def __init__(self, pair: Pair) -> None:
        self._clients = dict(zip((TEST, PRODUCTION), pair.ec2s, strict=True))

    def ec2(self, vpc: VpcRef, access: Access) -> Any:  # noqa: ARG002 - it may do both
        return self._clients[vpc.account_id]


class Odd:
    """Makes a pair's network odd, in a way that lets much through."""

    def __init__(self, pair: Pair, seed: int) -> None:
        self._pair, self._random = pair, random.Random(seed)

    def __call__(self) -> None:
        for side in (0, 1):
            self._groups(side)
            self._acl(side)
            self._routes(side)

    def _sometimes(self, chance: float) -> bool:
        return self._random.random() < chance

    def _ports(self) -> tuple[int, int]:
        if self._sometimes(0.6):
            return self._random.choice(CAREFUL)
        low, high = sorted(self._random.choices(PORTS, k=2))
        return low, high

    def _groups(self, side: int) -> None:
        ec2, other = self._pair.ec2s[side], 1 - side
        for direction in ("ingress", "egress"):
            if self._sometimes(0.3):
                self._pair.without_group_rules(side, direction)
                for _ in range(self._random.randint(1, 3)):
                    low, high = self._ports()
                    rule: dict[str, Any] = {"IpProtocol": self._random.choice(["tcp", "tcp", "udp"])}
                    rule |= {"FromPort": low, "ToPort": high}
                    if self._sometimes(0.3):
                        rule["UserIdGroupPairs"] = [{"GroupId": self._pair.group(other), "UserId": (TEST, PRODUCTION)[other]}]
                    else:
                        rule["IpRanges"] = [{"CidrIp": self._random.choice(BLOCKS)}]
                    self._authorize(ec2, direction, self._pair.group(side), rule)

    def _authorize(self, ec2: Any, direction: str, group_id: str, rule: dict[str, Any]) -> None:
        described = ec2.describe_security_groups(GroupIds=[group_id])["SecurityGroups"][0]
        there = described["IpPermissions" if direction == "ingress" else "IpPermissionsEgress"]
        same = [each for each in there if all(each.get(name) == rule[name] for name in ("IpProtocol", "FromPort", "ToPort"))]
        if not same:
            getattr(ec2, f"authorize_security_group_{direction}")(GroupId=group_id, IpPermissions=[rule])

    def _acl(self, side: int) -> None:
        for egress in (True, False):
            for number in range(1, self._random.randint(0, 2) + 1):
                low, high = self._ports()
                self._pair.ec2s[side].create_network_acl_entry(
                    NetworkAclId=self._pair.acl(side),
                    RuleNumber=number,
                    Protocol=self._random.choice(["6", "17", "-1"]),
                    RuleAction=self._random.choice(["allow", "allow", "allow", "deny"]),
                    Egress=egress,
                    CidrBlock=self._random.choice(BLOCKS),
                    PortRange={"From": low, "To": high},
                )

    def _routes(self, side: int) -> None:
        ec2, block = self._pair.ec2s[side], (THEIRS, OURS)[side]
        table = {"RouteTableId": self._pair.table(side)}
        if self._sometimes(0.15):
            ec2.delete_route(**table, DestinationCidrBlock=block)
        if self._sometimes(0.2):
            narrow = block.replace("/16", self._random.choice(["/24", "/30"]))
            ec2.create_route(**table, DestinationCidrBlock=narrow, VpcPeeringConnectionId=self._pair.connection)
        if self._sometimes(0.1):
            gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
            ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=self._pair.vpcs[side])
            ec2.create_route(**table, DestinationCidrBlock=block.replace("0.0/16", "0.4/30"), GatewayId=gateway)


def found(pair: Pair, flow: Flow) -> bool:
    """Whether every packet of the flow is found that a rule can tell from the others."""
    ends = (Endpoint(pair.source, TEST, EAST), Endpoint(pair.destination, PRODUCTION, EAST))
    assert flow.ports
    return all(
        evaluate(
            PathRequest(
                source=ends[0],
                destination=ends[1],
                protocol="tcp" if flow.protocol is Protocol.TCP else "udp",
                source_ip=None,
                destination_ip=None,
                destination_port=None,
                at_source=Filter(source_ports=(source_port, source_port), destination_ports=(port, port)),
                at_destination=None,
                tags=(),
            )
        ).found
        for port in stretches(flow.ports.first, flow.ports.last)
        for source_port in stretches(1024, 65535)
    )


def stretches(first: int, last: int) -> list[int]:
    told_apart = {
        first,
        *PORTS,
        *(port + 1 for port in PORTS),
        *(low for low, _ in CAREFUL),
        *(high + 1 for _, high in CAREFUL),
    }
    return sorted(port for port in told_apart if first <= port <= last)


def flows() -> Iterator[Flow]:
    for protocol in (Protocol.TCP, Protocol.UDP):
        for ports in (PortRange(first=22, last=22), PortRange(first=443, last=443), PortRange(first=1024, last=2000)):
            yield Flow(source=Side.REQUESTER, protocol=protocol, ports=ports)


def side_of(pair: Pair, number: int) -> Snapshot:
    """A side as Causeway sees it, with that one interface only."""
    account, interface_id = ((TEST, pair.source), (PRODUCTION, pair.destination))[number]
    vpc = VpcRef(account_id=account, region=EAST, vpc_id=pair.vpcs[number])
    snapshot = Reader(OperatorSessions(pair)).observe((Side.REQUESTER, Side.ACCEPTER)[number], vpc, dns=False)
    (interface,) = (each for each in snapshot.network_interfaces if each.network_interface_id == interface_id)
    only: tuple[NetworkInterface, ...] = (interface,)
    return change(snapshot, network_interfaces=only)


def test_it_agrees_with_causeways_own_check(world: Any, capsys: pytest.CaptureFixture[str]) -> None:
    judged: Counter[bool] = Counter()
    for seed in range(NETWORKS):
        pair = Pair(world)
        Odd(pair, seed)()
        source, destination = side_of(pair, 0), side_of(pair, 1)
        (connection,) = (each for each in source.peering_connections if each.connection_id == pair.connection)
        for verdict in judge(source, destination, connection, flows()):
            judged[verdict.reachable] += 1
            said = [f"{hop.component} {hop.resource_id}: {hop.decided_by} {hop.cause or ''}" for hop in verdict.hops]
            assert found(pair, verdict.flow) == verdict.reachable, f"{seed}: {verdict.flow}: {said}"
    with capsys.disabled():
        sys.stdout.write(f"\n{judged[True]} reachable flows and {judged[False]} blocked ones: both analysers agree\n")
    assert min(judged[True], judged[False]) > NETWORKS
