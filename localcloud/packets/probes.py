"""Real packets: is there an answer?"""

import errno
import selectors
import socket
import struct
from collections.abc import Iterable
from contextlib import ExitStack, suppress
from itertools import batched
from typing import cast

from causeway.domain.model.values import Value
from localcloud.packets.network import Network

AT_ONCE = 256
"""Probes under way together: well below the usual limit of 1024 descriptors, with a socket at each end."""

PATIENCE = 0.25
"""Seconds without any packet, after which no answer is expected any more."""

TCP, UDP, ICMP, ICMPV6 = socket.IPPROTO_TCP, socket.IPPROTO_UDP, socket.IPPROTO_ICMP, socket.IPPROTO_ICMPV6
_ECHO_REQUEST = {ICMP: 8, ICMPV6: 128}
_KINDS = {TCP: socket.SOCK_STREAM, UDP: socket.SOCK_DGRAM, ICMP: socket.SOCK_DGRAM, ICMPV6: socket.SOCK_DGRAM}
_ASK, _ANSWER = b"causeway asks", b"causeway answers"
_LARGEST = 2048


class InterfaceAddress(Value):
    """An address of an interface."""

    network_interface_id: str
    address: str


class Probe(Value):
    """One packet, which hopes for an answer.

    Attributes:
        protocol: The IP protocol's number: a ping for ICMP and ICMPv6, a connect for TCP, a datagram for UDP and all others.
        port: The destination's, for TCP and UDP. Nobody has to listen there: a refused connection was answered too.
        source_port: The source's, for TCP and UDP.
    """

    source: InterfaceAddress
    destination: InterfaceAddress
    protocol: int
    port: int = 0
    source_port: int = 0


def answered(network: Network, probes: Iterable[Probe], patience: float = PATIENCE) -> set[Probe]:
    """Sends all probes, and answers which came back.

    A connection's state outlives its probe: one in the other direction with the ports exchanged would pass as its answer, so
    would any other datagram in the other direction.

    Args:
        network: Where the probes' interfaces are.
        probes: As many as one likes, none of them twice.
        patience: Seconds without any packet, after which no answer is expected any more.
    """
    return {probe for some in batched(probes, AT_ONCE, strict=False) for probe in _answered_of(network, some, patience)}


def _answered_of(network: Network, probes: tuple[Probe, ...], patience: float) -> set[Probe]:
    """Those of some probes, sent at once, that were answered."""
    found: set[Probe] = set()
    with ExitStack() as stack, selectors.DefaultSelector() as waiting:
        for end, protocol, port in {_destination(probe) for probe in probes if probe.protocol not in _ANSWERED_BY_KERNEL}:
            listener = stack.enter_context(bound(network, end, protocol, port))
            waiting.register(listener, selectors.EVENT_READ)
        for probe in probes:
            connection = stack.enter_context(bound(network, probe.source, probe.protocol, probe.source_port))
            waiting.register(connection, selectors.EVENT_WRITE if probe.protocol == TCP else selectors.EVENT_READ, probe)
            _ask(connection, probe)
        while len(found) < len(probes) and (ready := waiting.select(patience)):
            for key, _ in ready:
                connection = cast("socket.socket", key.fileobj)
                if key.data is None:
                    _answer(connection)
                    continue
                if _is_answered(connection, key.data):
                    found.add(key.data)
                waiting.unregister(connection)
    return found


_ANSWERED_BY_KERNEL = frozenset({TCP, *_ECHO_REQUEST})


def _destination(probe: Probe) -> tuple[InterfaceAddress, int, int]:
    return probe.destination, probe.protocol, probe.port


def bound(network: Network, end: InterfaceAddress, protocol: int, port: int) -> socket.socket:
    """A socket at an interface's address, which does not block."""
    family = socket.AF_INET6 if ":" in end.address else socket.AF_INET
    with network[end.network_interface_id].entered():
        made = socket.socket(family, _KINDS.get(protocol, socket.SOCK_RAW), protocol)
    made.settimeout(0)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    made.bind((end.address, port))
    return made


def _ask(connection: socket.socket, probe: Probe) -> None:
    connection.connect_ex((probe.destination.address, probe.port))
    if probe.protocol == TCP:
        return
    kind = _ECHO_REQUEST.get(probe.protocol)
    head = b"" if kind is None else struct.pack("!BBHHH", kind, 0, 0, 0, 1)  # the kernel adds checksum and identifier
    with suppress(PermissionError):  # the interface's own security groups let nothing out
        connection.send(head + _ASK)


def _answer(listener: socket.socket) -> None:
    asked, sender = listener.recvfrom(_LARGEST)
    if asked.endswith(_ASK):  # a raw socket gets answers to its own interface too
        listener.sendto(_ANSWER, sender)


def _is_answered(connection: socket.socket, probe: Probe) -> bool:
    if probe.protocol == TCP:
        return connection.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) in {0, errno.ECONNREFUSED}
    expected = _ASK if probe.protocol in _ECHO_REQUEST else _ANSWER
    return connection.recv(_LARGEST).endswith(expected)
