"""What an instance runs, with real packets: the words of `ping`, `nc` and `bash`, and their exit codes."""

import re

import pytest

from causeway.domain.model.network import Snapshot
from causeway.domain.model.values import PerSide
from localcloud.packets import lay_out
from localcloud.packets.commands import Output, run_line
from tests.domain.networks import connection
from tests.packets.test_cases import open_networks

pytestmark = pytest.mark.usefixtures("real_packets")

ANSWERED = r"""PING 192\.0\.0\.10 \(192\.0\.0\.10\) 56\(84\) bytes of data\.
64 bytes from 192\.0\.0\.10: icmp_seq=1 ttl=62 time=\d+\.\d{3} ms
64 bytes from 192\.0\.0\.10: icmp_seq=2 ttl=62 time=\d+\.\d{3} ms

--- 192\.0\.0\.10 ping statistics ---
2 packets transmitted, 2 received, 0% packet loss, time \d+ms
rtt min/avg/max/mdev = \d+\.\d{3}/\d+\.\d{3}/\d+\.\d{3}/\d+\.\d{3} ms
"""


def run(line: str, networks: PerSide[Snapshot] | None = None) -> Output:
    """Runs it at the requester's first interface, at 10.0.0.10; the accepter's first is at 192.0.0.10."""
    networks = networks or open_networks()
    with lay_out([networks.requester, networks.accepter], [connection(networks)]) as network:
        return run_line(network, networks.requester.network_interfaces[0], line)


def test_ping_shows_each_answer_with_its_time() -> None:
    output = run("ping -c 2 192.0.0.10")

    assert (output.code, output.error) == (0, "")
    assert re.fullmatch(ANSWERED, output.out)


def test_ping_works_in_ipv6() -> None:
    output = run("ping -c 1 2600:1f00:b::a")

    assert output.code == 0
    assert "64 bytes from 2600:1f00:b::a: icmp_seq=1 ttl=62 time=" in output.out


def test_ping_without_answers_fails() -> None:
    output = run("ping -c 2 -W 0.1 192.0.0.99")

    assert output.code == 1
    assert "2 packets transmitted, 0 received, 100% packet loss" in output.out
    assert "rtt" not in output.out


@pytest.mark.parametrize(
    ("line", "code", "said"),
    [
        ("nc -z -w 0.2 192.0.0.10 22", 1, "nc: Connection refused\n"),
        ("nc -z -w 0.2 192.0.0.99 22", 1, "nc: Connection timed out\n"),
        ("timeout 0.2 bash -c '</dev/tcp/192.0.0.99/22'", 124, ""),
        ("nc -z -w 0.2 192.0.0.10 0", 1, "nc: port number too small: 0\n"),
        ("ping -c 0 192.0.0.10", 2, "ping: argument -c: "),
        ("ping -c 1 somewhere", 2, "ping: argument address: "),
        ("rm -rf /", 127, "sh: rm: command not found\n"),
    ],
)
def test_what_goes_wrong_is_said_as_the_programs_do(line: str, code: int, said: str) -> None:
    output = run(line)

    assert output.code == code
    assert output.error.startswith(said)


def test_a_refused_connection_was_answered_in_bash_too() -> None:
    output = run("timeout 1 bash -c '</dev/tcp/192.0.0.10/22'")

    assert output.code == 1
    assert "bash: connect: Connection refused" in output.error
