"""The whole product, deployed once by the real `sam build` and `sam deploy`; each test brings networks of its own.

The modules are of three xdist groups, so that each of three workers has a deployment of its own and about as much to do.
"""

import os
from collections.abc import Callable, Iterator
from typing import NamedTuple

import pytest

from causeway.aws.store.history import RunHistory
from causeway.domain.lifecycle.history import render_history
from localcloud.core.time_limits import TimeLimits
from localcloud.deploy.stacks import Member, deploy_everything
from localcloud.endpoint.calls import CallGate
from localcloud.endpoint.faults import Faults
from localcloud.iam.role_permissions import used_permissions
from localcloud.server import EmbeddedAws
from tests.templates.used import record
from tests.witnesses import programs
from tests.witnesses.jsonata import Evaluations, recorded

from .network import Network, Networks
from .requests import Hub


class Deployed(NamedTuple):
    hub: Hub
    members: tuple[Member, ...]
    networks: Networks


@pytest.fixture(scope="session")
def deployed(embedded_aws: EmbeddedAws) -> Deployed:
    outputs, members = deploy_everything(embedded_aws, ApprovalTags="Approval=needed")
    hub = Hub(embedded_aws, outputs)
    # The watch sleeps until a test wakes it: it would look at every test's network whenever another test changes one.
    events = hub.client("events")
    for place in map(hub.place_of_rule, ("NetworkChanged", "WatchRequestsSweep")):
        assert events.describe_rule(**place)["State"] == "ENABLED", "it is on wherever else it is deployed"
        events.disable_rule(**place)
    return Deployed(hub, members, Networks(embedded_aws))


@pytest.fixture(scope="session")
def evaluations(embedded_aws: EmbeddedAws) -> Iterator[Evaluations]:
    """All JSONata that executions evaluate. When all tests are done, its reference implementation must say the same."""
    with recorded() as evaluations:
        yield evaluations
    if programs.missing() is None:
        assert evaluations.disagreements() == []


@pytest.fixture(scope="session")
def hub(deployed: Deployed, evaluations: Evaluations) -> Iterator[Hub]:
    """The deployed product. When all tests are done, the history must be able to tell every record that they led to.

    What the product's roles were used for is kept then, for `tests/templates/test_used_permissions.py`.
    """
    yield deployed.hub
    record(used_permissions(), os.environ.get("PYTEST_XDIST_WORKER", "alone"))
    history = RunHistory(deployed.hub.outputs["LedgerTableName"], deployed.hub.client("dynamodb"))
    for request_id in _in_the_ledger(deployed.hub):
        render_history(history.records(request_id))


def _in_the_ledger(hub: Hub) -> set[str]:
    """Every request, and every pair of VPCs, that has a record."""
    pages = hub.client("dynamodb").get_paginator("scan").paginate(TableName=hub.outputs["LedgerTableName"])
    return {item["request_id"]["S"] for page in pages for item in page["Items"]}


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


@pytest.fixture
def awake(hub: Hub) -> Iterator[Callable[[str], None]]:
    """Wakes a rule of the watch until the end of the test: the other tests' networks are not its business. No batch waits."""
    events, woken = hub.client("events"), list[dict[str, str]]()
    hub.aws.time_limits.limits = TimeLimits(batch_window=0)

    def wake(logical_id: str) -> None:
        woken.append(hub.place_of_rule(logical_id))
        events.enable_rule(**woken[-1])

    yield wake
    hub.aws.time_limits.limits = TimeLimits()
    for rule in woken:
        events.disable_rule(**rule)
