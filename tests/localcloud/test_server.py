"""The embedded AWS starts on the loopback interface and leaves nothing behind."""

import socket
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from localcloud.deploy.stacks import operator_session
from localcloud.server import HUB_ACCOUNT_ID, EmbeddedAws


def test_it_answers_on_localhost_and_only_there(embedded_aws: EmbeddedAws) -> None:
    sts = operator_session(embedded_aws, HUB_ACCOUNT_ID).client("sts", endpoint_url=embedded_aws.endpoint_url)
    assert sts.get_caller_identity()["Account"] == HUB_ACCOUNT_ID
    assert _listening_addresses(embedded_aws.port) == {"0100007F"}


def _listening_addresses(port: int) -> set[str]:
    sockets = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    listening = [local.split(":") for _, local, _, state, *_ in sockets if state == "0A"]
    return {address for address, number in listening if int(number, 16) == port}


def test_a_process_has_one(embedded_aws: EmbeddedAws) -> None:
    with pytest.raises(RuntimeError, match="already"), EmbeddedAws():
        pass


def test_its_threads_end_with_it() -> None:
    _run("""
        before = set(threading.enumerate())
        with EmbeddedAws() as aws:
            assert os.environ["MOTO_PORT"] == str(aws.port)
        assert set(threading.enumerate()) == before
    """)


def test_a_taken_port_is_an_error() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        _run(f"""
            try:
                EmbeddedAws({taken.getsockname()[1]}).__enter__()
            except OSError as error:
                assert error.errno == errno.EADDRINUSE
            else:
                raise AssertionError("it started")
            with EmbeddedAws():
                pass
        """)


def _run(body: str) -> None:
    program = "import errno, os, threading\nfrom localcloud.server import EmbeddedAws\n" + textwrap.dedent(body)
    finished = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert finished.returncode == 0, finished.stderr
