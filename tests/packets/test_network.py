"""What real packets do that the check is never asked about: within a VPC, and past a peer."""

import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import pytest

from causeway.domain.model.network import (
    AclEntry,
    Direction,
    PeeringConnection,
    PeeringStatus,
    Permission,
    Route,
    Snapshot,
    Vpc,
)
from causeway.domain.model.request import VpcRef
from causeway.domain.model.values import Side
from localcloud.packets import InterfaceAddress, Network, Probe, answered, available, lay_out
from localcloud.packets.namespaces import Namespace
from localcloud.packets.probes import ICMP, TCP
from tests.domain.networks import change, prefix_list, snapshot, with_entries, with_permissions, with_routes

ALL_IN = Permission(direction=Direction.INGRESS, protocol="-1", peer="0.0.0.0/0")
NOTHING_IN = AclEntry(number=1, direction=Direction.INGRESS, allow=False, protocol="-1", cidr_block="0.0.0.0/0")

HOLDER = """
import time
from causeway.domain.model.values import Side
from localcloud.packets import lay_out
from tests.domain.networks import snapshot

with lay_out([snapshot(Side.REQUESTER)], []) as network:
    print(network["eni-a1"].path, flush=True)
    time.sleep(60)
"""
"""Lays a VPC out, tells where, and stays."""

pytestmark = pytest.mark.usefixtures("real_packets")


def pinged(network: Network, source: Snapshot, destination: Snapshot, *, last: int = -1) -> bool:
    """Whether the first interface of one VPC reaches the last one of another, or the one named."""
    probe = partial(Probe, source=place(source, 0), destination=place(destination, last))
    probes = {probe(protocol=ICMP), probe(protocol=TCP, port=22, source_port=50000)}
    came = answered(network, probes)
    assert came in (set(), probes)
    return came == probes


def place(network: Snapshot, number: int) -> InterfaceAddress:
    interface = network.network_interfaces[number]
    return InterfaceAddress(network_interface_id=interface.network_interface_id, address=interface.addresses[0])


def test_no_network_acl_stands_between_interfaces_of_one_subnet() -> None:
    vpc = with_entries(with_permissions(snapshot(Side.REQUESTER, subnets=2, interfaces=2), ALL_IN), NOTHING_IN)

    with lay_out([vpc], []) as network:
        assert pinged(network, vpc, vpc, last=1)
        assert not pinged(network, vpc, vpc, last=2)


def test_a_group_lets_in_its_own_members() -> None:
    own = change(ALL_IN, peer="sg-a1")
    vpc = with_permissions(snapshot(Side.REQUESTER, interfaces=2), own, groups=["sg-a1"])

    with lay_out([vpc], []) as network:
        assert pinged(network, vpc, vpc)


def test_what_a_prefix_list_says_of_the_vpcs_own_blocks_is_ignored() -> None:
    vpc = with_permissions(snapshot(Side.REQUESTER, subnets=2), ALL_IN)
    vpc = with_routes(change(vpc, prefix_lists=(prefix_list("10.0.1.0/24"),)), Route(destination="pl-1", target="tgw-1"))

    with lay_out([vpc], []) as network:
        assert pinged(network, vpc, vpc)


def in_line() -> tuple[list[Snapshot], list[PeeringConnection]]:
    """Three VPCs, of which the second is peered with both others, and all routes that transit through it would need."""
    blocks = {"a": "10.0.0.0/16", "b": "192.0.0.0/16", "c": "172.16.0.0/16"}
    routes = {"a": {"b": "pcx-ab", "c": "pcx-ab"}, "b": {"a": "pcx-ab", "c": "pcx-bc"}, "c": {"a": "pcx-bc", "b": "pcx-bc"}}
    vpcs = []
    for letter, block in blocks.items():
        ref = VpcRef(account_id="111111111111", region="us-east-1", vpc_id=f"vpc-{letter}")
        vpc = change(snapshot(Side.REQUESTER, cidr=block), vpc=Vpc(ref=ref, cidr_blocks=(block,)))
        (interface,) = vpc.network_interfaces
        vpc = change(vpc, network_interfaces=(change(interface, network_interface_id=f"eni-{letter}"),))
        leads = (Route(destination=blocks[other], target=target) for other, target in routes[letter].items())
        vpcs.append(with_routes(with_permissions(vpc, ALL_IN), *leads))
    connections = [
        PeeringConnection(
            connection_id=f"pcx-{names}",
            status=PeeringStatus.ACTIVE,
            requester=vpcs[one].vpc.ref,
            accepter=vpcs[one + 1].vpc.ref,
        )
        for one, names in enumerate(("ab", "bc"))
    ]
    return vpcs, connections


def test_a_peer_carries_nothing_on_to_its_other_peers() -> None:
    (one, middle, other), connections = in_line()

    with lay_out([one, middle, other], connections) as network:
        assert pinged(network, one, middle)
        assert pinged(network, middle, other)
        assert not pinged(network, one, other)
        assert not pinged(network, other, one)


def test_nothing_is_left_and_nothing_leads_out() -> None:
    vpc = snapshot(Side.REQUESTER)
    before = descriptors()

    with lay_out([vpc], []) as network:
        assert devices_in(network["eni-a1"]) == {"lo", "eth0"}
        assert descriptors() > before

    assert descriptors() == before


def test_a_failure_inside_leaves_nothing() -> None:
    before = descriptors()

    with pytest.raises(ZeroDivisionError), lay_out([snapshot(Side.REQUESTER)], []):
        _ = 1 / 0

    assert descriptors() == before


def test_what_a_killed_process_has_made_goes_with_it() -> None:
    command, here = [sys.executable, "-c", HOLDER], Path(__file__).parents[2]
    with Namespace() as watch, subprocess.Popen(command, cwd=here, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout
        its_namespace = holder.stdout.readline().strip()
        watch.run("ip", "-batch", "-", lines=f"link add w0 type veth peer name w1 netns {its_namespace}\n")
        assert devices_in(watch) == {"lo", "w0"}

        holder.kill()

        deadline = time.monotonic() + 20
        while devices_in(watch) != {"lo"}:  # w0 goes when the other end's namespace does
            assert time.monotonic() < deadline
            time.sleep(0.02)


def devices_in(namespace: Namespace) -> set[str]:
    with namespace.entered():
        return {line.split(":")[0].strip() for line in Path("/proc/thread-self/net/dev").read_text().splitlines()[2:]}


def descriptors() -> int:
    """How many namespaces this process holds: it is what keeps them alive."""
    held = (str(each.readlink()) for each in Path("/proc/self/fd").iterdir() if each.is_symlink())
    return sum(each.startswith("net:") for each in held)


def test_a_missing_command_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))

    assert available() == "the command ip is missing: install iproute2"
