"""One embedded AWS for each test process: moto's accounts belong to the process."""

from collections.abc import Iterator

import pytest

from localcloud.server import EmbeddedAws


@pytest.fixture(scope="session")
def aws() -> Iterator[EmbeddedAws]:
    with EmbeddedAws() as embedded:
        yield embedded
