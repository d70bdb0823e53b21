"""A gate in front of moto, served."""

from collections.abc import Iterator

import pytest
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app

from localcloud.endpoint.calls import CallGate
from localcloud.endpoint.faults import Faults
from tests.localcloud.http_endpoint import Endpoint, serving


@pytest.fixture(scope="module")
def gate() -> CallGate:
    return CallGate(DomainDispatcherApplication(create_backend_app))


@pytest.fixture(scope="module")
def endpoint(gate: CallGate) -> Iterator[Endpoint]:
    with serving(gate) as endpoint:
        yield endpoint


@pytest.fixture(autouse=True)
def no_faults_are_left(gate: CallGate) -> Iterator[None]:
    yield
    gate.faults = Faults()
