"""Real packets need root, iproute2 and nftables. Where they are missing these tests say so; `.ci/run` lets none be skipped."""

import os

import pytest

from localcloud import packets


@pytest.fixture(scope="session")
def real_packets() -> None:
    """Skips without them, with the reason; fails where the environment says that they have to be there."""
    reason = packets.available()
    if reason and os.environ.get("CAUSEWAY_PACKETS") == "required":
        pytest.fail(f"CAUSEWAY_PACKETS=required, but there are no real packets here: {reason}")
    if reason:
        pytest.skip(f"no real packets here: {reason}")
