"""One embedded AWS for each test process: moto's accounts belong to the process."""

from collections.abc import Iterator

import pytest

from localcloud.server import EmbeddedAws


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Marks what runs on the embedded AWS, and keeps on one worker what shares a deployment.

    `mock_aws` forgets a process's accounts, so `make test` runs these tests and the others apart.
    """
    for item in items:
        if isinstance(item, pytest.Function) and "embedded_aws" in item.fixturenames:
            item.add_marker(pytest.mark.embedded)
            group = "deployed" if "deployed" in item.fixturenames else "embedded-app"
            item.add_marker(pytest.mark.xdist_group(group))


@pytest.fixture(scope="session")
def embedded_aws() -> Iterator[EmbeddedAws]:
    with EmbeddedAws() as embedded:
        yield embedded
