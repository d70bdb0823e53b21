"""Networks by name about which the check and real packets have to agree: each disagreement ever found, and what is delicate."""

from collections.abc import Callable

import pytest

from causeway.domain.model.network import AclEntry, Direction, PeeringStatus, Permission, Route, Snapshot
from causeway.domain.model.protocols import PortRange, Protocol
from causeway.domain.model.request import Flow
from causeway.domain.model.values import SIDES, PerSide
from tests.domain.networks import (
    BEHIND_A_PEER,
    CONNECTION_ID,
    behind,
    change,
    change_side,
    connection,
    everything_out,
    flow,
    ping,
    prefix_list,
    snapshot,
    snapshots,
    ssh,
    with_entries,
    with_permissions,
    with_routes,
)
from tests.packets.agreement import compare
from tests.packets.worlds import World

REQUESTER, ACCEPTER = SIDES
EVERYWHERE = ("0.0.0.0/0", "::/0")
FROM_0 = flow(REQUESTER, Protocol.TCP, PortRange(first=0, last=22))
FLOWS = (ssh(), ping(), flow(REQUESTER, Protocol.UDP, 53), flow(REQUESTER, Protocol.ALL))

pytestmark = pytest.mark.usefixtures("real_packets")


def open_networks() -> PerSide[Snapshot]:
    """Two peered VPCs of both families that let everything through."""
    networks = snapshots(ipv6=True, interfaces=2)
    for side in SIDES:
        routes = [Route(destination=block, target=CONNECTION_ID) for block in networks[side.other].vpc.all_cidr_blocks]
        everything = [Permission(direction=Direction.INGRESS, protocol="-1", peer=block) for block in EVERYWHERE]
        networks = change_side(networks, side, with_permissions(with_routes(networks[side], *routes), *everything))
    return networks


def world(networks: PerSide[Snapshot], *flows: Flow, status: PeeringStatus = PeeringStatus.ACTIVE) -> World:
    return World(
        snapshots=(networks.requester, networks.accepter),
        connections=(connection(networks, status),),
        flows=flows or FLOWS,
    )


def two_peers_of_one() -> World:
    """The walkthrough's accepter is peered with a third VPC as well; all routes lead as if it carried on."""
    block, other = "172.16.0.0/16", "pcx-2"
    networks = open_networks()
    third = snapshot(REQUESTER, cidr=block)
    third = change(
        third,
        vpc=change(third.vpc, ref=change(third.vpc.ref, vpc_id="vpc-c1")),
        network_interfaces=tuple(change(each, network_interface_id="eni-c1") for each in third.network_interfaces),
    )
    third = with_permissions(third, ingress("-1", "0.0.0.0/0"))
    for side in SIDES:
        third = with_routes(third, Route(destination=networks[side].vpc.cidr_blocks[0], target=other))
    return World(
        snapshots=(
            with_routes(networks.requester, Route(destination=block, target=CONNECTION_ID)),
            with_routes(networks.accepter, Route(destination=block, target=other)),
            third,
        ),
        connections=(
            connection(networks),
            connection(PerSide(requester=networks.accepter, accepter=third), connection_id=other),
        ),
        flows=FLOWS,
    )


def at_accepter(alter: Callable[[Snapshot], Snapshot], *flows: Flow) -> World:
    networks = open_networks()
    return world(change_side(networks, ACCEPTER, alter(networks.accepter)), *flows)


def deny(
    direction: Direction, protocol: str = "-1", block: str = "0.0.0.0/0", ports: PortRange | None = None
) -> Callable[[Snapshot], Snapshot]:
    entry = AclEntry(number=1, direction=direction, allow=False, protocol=protocol, cidr_block=block, ports=ports)
    return lambda network: with_entries(network, entry)


def only(*permissions: Permission) -> Callable[[Snapshot], Snapshot]:
    return lambda network: change(
        network, security_groups=tuple(change(group, permissions=permissions) for group in network.security_groups)
    )


def ingress(protocol: str, peer: str, ports: PortRange | None = None) -> Permission:
    return Permission(direction=Direction.INGRESS, protocol=protocol, peer=peer, ports=ports)


def port(number: int) -> PortRange:
    return PortRange(first=number, last=number)


def listing(
    *blocks: str, only: Permission | None = None, routes: tuple[Route, ...] | None = None
) -> Callable[[Snapshot], Snapshot]:
    """With `pl-1`, which holds the blocks; where given, with only one rule in each group, or other IPv4 routes to the peer."""

    def alter(network: Snapshot) -> Snapshot:
        altered = change(network, prefix_lists=(prefix_list(*blocks),))
        if only is not None:
            groups = (change(group, permissions=(*everything_out(ipv6=True), only)) for group in network.security_groups)
            altered = change(altered, security_groups=tuple(groups))
        if routes is not None:
            tables = (
                change(table, routes=tuple(each for each in table.routes if each.destination != "10.0.0.0/16"))
                for table in network.route_tables
            )
            altered = with_routes(change(altered, route_tables=tuple(tables)), *routes)
        return altered

    return alter


BY_LIST = Route(destination="pl-1", target=CONNECTION_ID)
ELSEWHERE_BY_LIST = Route(destination="pl-1", target="tgw-1")

CASES = {
    "everything open": world(open_networks()),
    "not accepted yet": world(open_networks(), status=PeeringStatus.PENDING_ACCEPTANCE),
    # Found by random networks: "all" was blocked in IPv6 by a rule about IPv4's ICMP, which no IPv6 packet can match.
    "denied ICMP of the other family": at_accepter(deny(Direction.INGRESS, "icmp", "::/0")),
    "denied ICMPv6 of the other family": at_accepter(deny(Direction.INGRESS, "icmpv6", "0.0.0.0/0")),
    "the first ephemeral port denied on the way back": at_accepter(deny(Direction.EGRESS, "tcp", ports=port(1024))),
    "the last ephemeral port denied on the way back": at_accepter(deny(Direction.EGRESS, "udp", ports=port(65535))),
    "a service port denied on the way back": at_accepter(deny(Direction.EGRESS, "tcp", ports=port(22))),
    "no echo reply on the way back": at_accepter(deny(Direction.EGRESS, "icmp", ports=PortRange(first=0, last=-1)), ping()),
    # Found by random networks: tcp 0-22 was blocked by an entry about port 0, which no packet can have.
    "a range from port 0 on, of which port 0 is denied": at_accepter(deny(Direction.INGRESS, "tcp", ports=port(0)), FROM_0),
    "a range from port 0 on, of which port 1 is denied": at_accepter(deny(Direction.INGRESS, "tcp", ports=port(1)), FROM_0),
    "everything but port 0": at_accepter(deny(Direction.INGRESS, "tcp", ports=port(0)), flow(REQUESTER, Protocol.ALL)),
    "a range from port 0 on by a rule from port 1 on": at_accepter(
        only(ingress("tcp", "0.0.0.0/0", PortRange(first=1, last=22))), FROM_0
    ),
    "a range from port 0 on by a rule for port 0": at_accepter(only(ingress("tcp", "0.0.0.0/0", port(0))), FROM_0),
    "no ICMP of type 0 and code 0 on the way back": at_accepter(
        deny(Direction.EGRESS, "icmp", ports=PortRange(first=0, last=0)), ping()
    ),
    "one port of a range denied": at_accepter(
        deny(Direction.INGRESS, "tcp", ports=port(85)), flow(REQUESTER, Protocol.TCP, PortRange(first=80, last=90))
    ),
    "a range from two rules": at_accepter(
        only(
            ingress("tcp", "0.0.0.0/0", PortRange(first=80, last=84)),
            ingress("tcp", "0.0.0.0/0", PortRange(first=85, last=90)),
        ),
        flow(REQUESTER, Protocol.TCP, PortRange(first=80, last=90)),
    ),
    "let in by the peer's group": at_accepter(only(ingress("tcp", "sg-a1", port(22)), ingress("icmp", "sg-a1"))),
    "let in by the own group, which the peer has not": at_accepter(only(ingress("-1", "sg-b1"))),
    "an echo request by its code": at_accepter(only(ingress("icmp", "0.0.0.0/0", PortRange(first=8, last=0))), ping()),
    "an echo request by another code": at_accepter(only(ingress("icmp", "0.0.0.0/0", PortRange(first=8, last=1))), ping()),
    "a black hole for one subnet": at_accepter(
        lambda network: with_routes(network, Route(destination="10.0.0.0/24", target="pcx-gone", blackhole=True))
    ),
    "a more specific route elsewhere": at_accepter(
        lambda network: with_routes(network, Route(destination="10.0.0.10/32", target="tgw-1"))
    ),
    "a static route before a propagated one": at_accepter(
        lambda network: with_routes(network, Route(destination="10.0.0.0/16", target="vgw-1", propagated=True))
    ),
    "let in by a prefix list": at_accepter(listing("172.16.0.0/12", "10.0.0.0/24", only=ingress("tcp", "pl-1", port(22)))),
    "let in by a prefix list with one block in another": at_accepter(
        listing("10.0.0.10/32", "10.0.0.0/8", "10.0.0.0/16", only=ingress("-1", "pl-1"))
    ),
    "let in by a prefix list that holds a part": at_accepter(listing("10.0.0.10/32", only=ingress("-1", "pl-1"))),
    "let in by a prefix list that holds nothing": at_accepter(listing(only=ingress("-1", "pl-1"))),
    "let in by a prefix list that may not be read": at_accepter(listing("0.0.0.0/0", only=ingress("-1", "pl-unread"))),
    "a route by a prefix list": at_accepter(listing("172.16.0.0/12", "10.0.0.0/16", routes=(BY_LIST,))),
    "a route by a prefix list that holds a part": at_accepter(listing("10.0.0.10/32", routes=(BY_LIST,))),
    "a longer prefix in a prefix list": at_accepter(
        listing("10.0.0.10/32", routes=(Route(destination="10.0.0.0/16", target=CONNECTION_ID), ELSEWHERE_BY_LIST))
    ),
    "a static route before one by a prefix list": at_accepter(
        listing("10.0.0.0/16", routes=(ELSEWHERE_BY_LIST, Route(destination="10.0.0.0/16", target=CONNECTION_ID)))
    ),
    "a route by a prefix list before a propagated one": at_accepter(
        listing("10.0.0.0/16", routes=(Route(destination="10.0.0.0/16", target="vgw-1", propagated=True), BY_LIST))
    ),
    "a longer propagated route before one by a prefix list": at_accepter(
        listing("10.0.0.0/16", routes=(Route(destination="10.0.0.0/24", target="vgw-1", propagated=True), BY_LIST))
    ),
    "prefix lists with one target that hold the same block": at_accepter(
        lambda network: change(
            listing("10.0.0.0/16", routes=(BY_LIST, change(BY_LIST, destination="pl-2")))(network),
            prefix_lists=(prefix_list("10.0.0.0/16"), prefix_list("10.0.0.0/16", number=2)),
        )
    ),
    "a route by a prefix list that may not be read": at_accepter(
        listing("10.0.0.0/16", routes=(change(BY_LIST, destination="pl-unread"),))
    ),
    **{
        f"behind a peer: {what}": world(behind(open_networks(), ACCEPTER, address, target))
        for what, (address, target) in BEHIND_A_PEER.items()
    },
    "two peers of one VPC, which routes between them": two_peers_of_one(),
}


@pytest.mark.parametrize("name", CASES)
def test_the_check_agrees_with_real_packets(name: str) -> None:
    assert compare(CASES[name]).disagreements == ()
