"""The embedded AWS as a process of its own: a suite without an endpoint runs on it.

The suite's one use of `localcloud`. As a program it serves until its input ends, and its first line is its URL.
"""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def embedded_aws() -> Iterator[str]:
    """Serve as long as the block lasts; its value is the URL."""
    command = [sys.executable, "-m", __name__]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdin
        assert server.stdout
        try:
            yield server.stdout.readline().strip()
        finally:
            server.stdin.close()


if __name__ == "__main__":
    from localcloud.core.timing import Timing, configure
    from localcloud.server import EmbeddedAws

    configure(Timing(visibility=0.05, provisioning=0.05, deleting=0.02, analysis=0.05))
    with EmbeddedAws() as aws:
        sys.stdout.write(f"{aws.endpoint_url}\n")
        sys.stdout.flush()
        sys.stdin.read()
