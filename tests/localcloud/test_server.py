"""The embedded AWS starts on the loopback interface and leaves nothing behind."""

import os
import socket
import threading
from pathlib import Path

import boto3
import pytest

from localcloud.server import EmbeddedAws


def test_it_answers_on_localhost_and_only_there() -> None:
    with EmbeddedAws() as aws:
        sts = boto3.client(
            "sts",
            endpoint_url=aws.endpoint_url,
            region_name="us-east-1",
            aws_access_key_id="test",
            aws_secret_access_key="test",
        )
        assert sts.get_caller_identity()["Account"] == "123456789012"
        assert _listening_addresses(aws.port) == {"0100007F"}


def _listening_addresses(port: int) -> set[str]:
    lines = Path("/proc/net/tcp").read_text().splitlines()[1:]
    sockets = [line.split() for line in lines]
    return {local.split(":")[0] for _, local, _, state, *_ in sockets if state == "0A" and int(local.split(":")[1], 16) == port}


def test_a_taken_port_is_an_error() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(OSError, match="in use"), EmbeddedAws(taken.getsockname()[1]):
            pass


def test_its_threads_end_with_it() -> None:
    before = set(threading.enumerate())
    with EmbeddedAws():
        pass
    assert {thread for thread in threading.enumerate() if thread.is_alive()} <= before


def test_moto_is_told_the_port() -> None:
    with EmbeddedAws() as aws:
        assert os.environ["MOTO_PORT"] == str(aws.port)
