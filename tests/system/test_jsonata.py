"""The state machine's JSONata gives on the embedded AWS what its reference implementation gives, on the same variables."""

import pytest

from localcloud.endpoint.calls import CallGate
from tests.templates.flow_definition import flow_definition
from tests.witnesses.jsonata import Evaluations, expressions

from .approvals import Approver, asked
from .network import Networks
from .requests import Hub
from .test_undo import Pair, close, item_of, refuse


@pytest.mark.usefixtures("node_programs")
def test_each_expression_gives_what_the_reference_implementation_gives(
    hub: Hub, networks: Networks, gate: CallGate, evaluations: Evaluations
) -> None:
    create_and_tag(hub, close(networks.pair()))
    fail_and_undo(hub, close(networks.pair()), gate)

    assert set(expressions(flow_definition())) - evaluations.expressions == set()
    assert evaluations.disagreements() == []


def create_and_tag(hub: Hub, pair: Pair) -> None:
    """A run that waits for a person and then makes a peering with something of every kind, and one that changes its tags."""
    item = item_of(pair, approval=True)
    hub.put(item)
    checksum = asked(hub, item)["approval"]["checksum"]
    assert Approver(hub, "jsonata-approver").decide(item["request_id"], checksum, "approve").code == 200
    assert hub.wait(item["request_id"])["state"] == "ACTIVE"
    assert hub.run({**item, "tags": {"Owner": "billing"}}).status["state"] == "ACTIVE"


def fail_and_undo(hub: Hub, pair: Pair, gate: CallGate) -> None:
    refuse(gate, "CreateRoute")
    run = hub.run(item_of(pair))
    assert hub.execution(run.status)["status"] == "FAILED"
