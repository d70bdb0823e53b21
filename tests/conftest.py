"""One embedded AWS for each test process: moto's accounts belong to the process.

Real packets need root, iproute2 and nftables, and programs for Node need Node. Tests that need them say where they are missing;
`.ci/run` lets none be skipped.
"""

import os
from collections.abc import Iterator

import pytest

from localcloud.core import moto_caches
from localcloud.packets import available
from localcloud.server import EmbeddedAws
from tests.witnesses import programs

DEPLOYMENTS = (
    {"test_command", "test_drift", "test_repetition", "test_trouble"},
    {"test_approval", "test_killed", "test_random_life", "test_sharing", "test_undo"},
)
"""Which modules share a deployment of the product; all others share a third one. Each takes about as long."""

moto_caches.read_models_once()


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Marks what runs on the embedded AWS, and keeps on one worker what shares a deployment.

    `mock_aws` forgets a process's accounts, so `make test` runs these tests and the others apart. A run waits now and then,
    so it gives two cores three workers.
    """
    for item in items:
        if isinstance(item, pytest.Function) and "embedded_aws" in item.fixturenames:
            item.add_marker(pytest.mark.embedded)
            item.add_marker(pytest.mark.xdist_group(_group(item)))


def _group(item: pytest.Function) -> str:
    if item.path.stem == "test_upgrade":
        return "upgrade"  # of the last release: a deployment of its own
    if "deployed" not in item.fixturenames:
        return "embedded-app"
    numbers = (number for number, modules in enumerate(DEPLOYMENTS) if item.path.stem in modules)
    return f"deployment-{next(numbers, len(DEPLOYMENTS))}"


@pytest.fixture(scope="session")
def real_packets() -> None:
    """Skips where there are no real packets, with the reason; fails where the environment says that there have to be."""
    _skip_where("no real packets here", available(), "CAUSEWAY_PACKETS")


@pytest.fixture(scope="session")
def node_programs() -> None:
    """Skips where programs for Node cannot be asked, with the reason; fails where the environment says that they have to be."""
    _skip_where("nothing for Node here", programs.missing(), "CAUSEWAY_NODE")


def _skip_where(missing: str, reason: str | None, variable: str) -> None:
    if reason and os.environ.get(variable) == "required":
        pytest.fail(f"{variable}=required, but {missing}: {reason}")
    if reason:
        pytest.skip(f"{missing}: {reason}")


@pytest.fixture(scope="session")
def embedded_aws() -> Iterator[EmbeddedAws]:
    with EmbeddedAws(packets=available() is None) as embedded:
        yield embedded
