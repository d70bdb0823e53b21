"""The commands of an instance: `ping` and a TCP connect, with the words and exit codes of the real programs."""

import errno
import os
import re
import shlex
import socket
import struct
import time
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator
from ipaddress import ip_address
from statistics import fmean, pstdev
from typing import NoReturn

from causeway.domain.model.network import NetworkInterface
from causeway.domain.model.values import Value
from localcloud.packets.network import Network
from localcloud.packets.probes import ICMP, ICMPV6, TCP, InterfaceAddress, bound

_ECHO_REQUEST = {ICMP: 8, ICMPV6: 128}
_HOPS = {ICMP: (socket.IPPROTO_IP, 12), ICMPV6: (socket.IPPROTO_IPV6, socket.IPV6_RECVHOPLIMIT)}
"""The options with an answer's time to live; Linux's IP_RECVTTL, which Python does not name."""

_PAYLOAD, _HEADERS, _ICMP_HEADER = bytes(56), 28, 8
_INTERVAL = 0.2
"""Seconds between two pings, the shortest that `ping` allows everybody."""

_MOST_PINGS = 1000

_MISUSED, _NOT_FOUND, _TIMED_OUT = 2, 127, 124
_CONNECT = re.compile(r"(?:exec \d+<>|</|: *</)/?dev/tcp/(?P<address>[^/\s]+)/(?P<port>\d+)")


class Output(Value):
    """What a command leaves: its exit code, and what it wrote."""

    code: int = 0
    out: str = ""
    error: str = ""


class Misused(Exception):
    """Arguments that the command does not take; its message is what is written."""


def run_line(network: Network, interface: NetworkInterface, line: str) -> Output:
    """Runs a shell line at an interface.

    Understood are `ping -c COUNT [-W SECONDS] ADDRESS`, `nc -z [-w SECONDS] ADDRESS PORT` and
    `timeout SECONDS bash -c '</dev/tcp/ADDRESS/PORT'`; everything else is not found, as on an instance without it.
    """
    name, *arguments = shlex.split(line) or [""]
    try:
        match name:
            case "ping":
                return _ping(network, interface, arguments)
            case "nc":
                return _netcat(network, interface, arguments)
            case "timeout":
                return _bash_connect(network, interface, arguments)
    except Misused as error:
        return Output(code=_MISUSED, error=f"{name}: {error}\n")
    return Output(code=_NOT_FOUND, error=f"sh: {name}: command not found\n")


class _Parser(ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise Misused(message)


def _ping(network: Network, interface: NetworkInterface, arguments: list[str]) -> Output:
    parser = _Parser("ping", add_help=False)
    parser.add_argument("-c", type=int, required=True, dest="count", choices=range(1, _MOST_PINGS + 1))
    parser.add_argument("-W", type=float, default=1.0, dest="patience")
    parser.add_argument("address", type=ip_address)
    given = parser.parse_args(arguments)
    protocol = ICMP if given.address.version == 4 else ICMPV6  # noqa: PLR2004 - the family's name
    begun = time.monotonic()
    with bound(network, _address_of(interface, given.address.version), protocol, 0) as connection:
        connection.settimeout(given.patience)
        connection.setsockopt(*_HOPS[protocol], 1)
        connection.connect((str(given.address), 0))
        answers = list(_answers(connection, protocol, given.count))
    times = [took for _, _, took in answers]
    size = f"{len(_PAYLOAD)}({len(_PAYLOAD) + _HEADERS}) bytes" if protocol == ICMP else f"{len(_PAYLOAD)} bytes"
    lines = [f"PING {given.address} ({given.address}) {size} of data."]
    lines += [
        f"{len(_PAYLOAD) + _ICMP_HEADER} bytes from {given.address}: icmp_seq={number} ttl={ttl} time={took:.3f} ms"
        for number, ttl, took in answers
    ]
    lost = 100 * (given.count - len(times)) // given.count
    counted = f"{given.count} packets transmitted, {len(times)} received, {lost}% packet loss"
    elapsed = 1000 * (time.monotonic() - begun)
    lines += ["", f"--- {given.address} ping statistics ---", f"{counted}, time {elapsed:.0f}ms"]
    if times:
        lines.append(f"rtt min/avg/max/mdev = {min(times):.3f}/{fmean(times):.3f}/{max(times):.3f}/{pstdev(times):.3f} ms")
    return Output(code=0 if times else 1, out="\n".join(lines) + "\n")


def _answers(connection: socket.socket, protocol: int, count: int) -> Iterator[tuple[int, int, float]]:
    """Of each echo that was answered its number, the answer's time to live, and the milliseconds that it took."""
    for number in range(1, count + 1):
        if number > 1:
            time.sleep(_INTERVAL)
        sent = time.perf_counter()
        try:
            connection.send(struct.pack("!BBHHH", _ECHO_REQUEST[protocol], 0, 0, 0, number) + _PAYLOAD)
            _, [(_, _, hops)], _, _ = connection.recvmsg(1024, 64)
        except (TimeoutError, PermissionError):  # nothing came back, or the own security groups let nothing out
            continue
        yield number, int.from_bytes(hops[:4], "little"), 1000 * (time.perf_counter() - sent)


def _netcat(network: Network, interface: NetworkInterface, arguments: list[str]) -> Output:
    parser = _Parser("nc", add_help=False)
    parser.add_argument("-z", action="store_true", required=True)
    parser.add_argument("-v", action="store_true")
    parser.add_argument("-w", type=float, default=3.0, dest="patience")
    parser.add_argument("address", type=ip_address)
    parser.add_argument("port", type=int)
    given = parser.parse_args(arguments)
    went_wrong = _connect(network, interface, given) if given.port else "port number too small: 0"
    return Output(code=1 if went_wrong else 0, error=f"nc: {went_wrong}\n" if went_wrong else "")


def _bash_connect(network: Network, interface: NetworkInterface, arguments: list[str]) -> Output:
    match arguments:
        case [patience, "bash" | "sh", "-c", script] if found := _CONNECT.search(script):
            given = Namespace(patience=float(patience), address=ip_address(found["address"]), port=int(found["port"]))
        case _:
            raise Misused("only bash -c '</dev/tcp/ADDRESS/PORT' can be run")
    went_wrong = _connect(network, interface, given)
    if went_wrong == os.strerror(errno.ETIMEDOUT):
        return Output(code=_TIMED_OUT)
    said = f"bash: connect: {went_wrong}\nbash: line 1: /dev/tcp/{given.address}/{given.port}: {went_wrong}\n"
    return Output(code=1, error=said) if went_wrong else Output()


def _connect(network: Network, interface: NetworkInterface, given: Namespace) -> str | None:
    """What went wrong, in the system's words; None where the connection came about."""
    with bound(network, _address_of(interface, given.address.version), TCP, 0) as connection:
        connection.settimeout(given.patience)
        try:
            connection.connect((str(given.address), given.port))
        except TimeoutError:
            return os.strerror(errno.ETIMEDOUT)
        except OSError as error:
            return error.strerror
    return None


def _address_of(interface: NetworkInterface, version: int) -> InterfaceAddress:
    of_family = (each for each in interface.addresses if ip_address(each).version == version)
    address = next(of_family, None)
    if address is None:
        raise Misused("connect: Network is unreachable")
    return InterfaceAddress(network_interface_id=interface.network_interface_id, address=address)
