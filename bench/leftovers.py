"""What is left in the two VPCs when a route to the peer's block already points elsewhere on the last route table."""

from collections.abc import Iterator

import msgspec

from bench.cloud import Cloud
from bench.measure import PeeringMethod, timed_run
from bench.networks import Pair, Vpc, build_pair, occupy_last_route_table

_GONE = ["deleted", "rejected", "failed", "expired"]


class Leftovers(msgspec.Struct, frozen=True):
    """What one way left behind, and how it ended: connections with their status, routes to them, rules of the groups."""

    way: str
    ended: str
    connections: tuple[str, ...]
    routes: tuple[str, ...]
    rules: tuple[str, ...]


def leave(cloud: Cloud, way: PeeringMethod, route_tables: int) -> Leftovers:
    """Let a way run into the conflict, and look at what there is afterwards."""
    pair = build_pair(cloud, route_tables)
    occupy_last_route_table(cloud, pair)
    outcome = timed_run(cloud, way, pair).outcome
    return Leftovers(
        way=way.name,
        ended=outcome.ended,
        connections=tuple(_connections(cloud, pair)),
        routes=tuple(route for vpc in pair.sides for route in _routes(cloud, vpc)),
        rules=tuple(rule for vpc in pair.sides for rule in _rules(cloud, vpc)),
    )


def _connections(cloud: Cloud, pair: Pair) -> Iterator[str]:
    ec2 = cloud.member_ec2(pair.requester.account_id)
    mine = [{"Name": "requester-vpc-info.vpc-id", "Values": [pair.requester.vpc_id]}]
    for connection in ec2.describe_vpc_peering_connections(Filters=mine)["VpcPeeringConnections"]:  # type: ignore[arg-type]
        status = connection["Status"]["Code"]
        if status not in _GONE:
            yield f"{connection['VpcPeeringConnectionId']} ({status})"


def _routes(cloud: Cloud, vpc: Vpc) -> Iterator[str]:
    ec2 = cloud.member_ec2(vpc.account_id)
    for table in ec2.describe_route_tables(Filters=[{"Name": "vpc-id", "Values": [vpc.vpc_id]}])["RouteTables"]:
        for route in table["Routes"]:
            if connection_id := route.get("VpcPeeringConnectionId"):
                yield f"{table['RouteTableId']}: {route['DestinationCidrBlock']} to {connection_id}"


def _rules(cloud: Cloud, vpc: Vpc) -> Iterator[str]:
    ec2 = cloud.member_ec2(vpc.account_id)
    mine = [{"Name": "group-id", "Values": [vpc.security_group_id]}]
    for rule in ec2.describe_security_group_rules(Filters=mine)["SecurityGroupRules"]:  # type: ignore[arg-type]
        direction = "to" if rule["IsEgress"] else "from"
        yield f"{vpc.security_group_id}: {rule['IpProtocol']} {direction} {rule['CidrIpv4']}"
