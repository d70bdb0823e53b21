"""The whole product, deployed once by the real `sam build` and `sam deploy`; each test brings networks of its own.

The modules are of one xdist group, so that one worker has them all and there is one deployment.
"""

from collections.abc import Iterator
from typing import NamedTuple

import pytest

from localcloud.calls import CallGate
from localcloud.deploy import Member, deploy_everything
from localcloud.faults import Faults
from localcloud.server import EmbeddedAws

from .network import Network, Networks
from .requests import Hub


class Deployed(NamedTuple):
    hub: Hub
    members: tuple[Member, ...]
    networks: Networks


@pytest.fixture(scope="session")
def deployed(embedded_aws: EmbeddedAws) -> Deployed:
    outputs, members = deploy_everything(embedded_aws)
    return Deployed(Hub(embedded_aws, outputs), members, Networks(embedded_aws))


@pytest.fixture(scope="session")
def hub(deployed: Deployed) -> Hub:
    return deployed.hub


@pytest.fixture(scope="session")
def networks(deployed: Deployed) -> Networks:
    return deployed.networks


@pytest.fixture
def pair(networks: Networks) -> tuple[Network, Network]:
    """A fresh VPC in each member account, in one region."""
    return networks.pair()


@pytest.fixture
def gate(hub: Hub) -> Iterator[CallGate]:
    """Where a test orders trouble; it ends with the test."""
    yield hub.aws.calls
    hub.aws.calls.faults = Faults()
