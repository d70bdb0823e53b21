"""AWS in a bad mood: what passes is survived without a trace, what does not is told so that a person can act."""

from collections.abc import Callable

import pytest

from localcloud.endpoint.calls import CallGate
from localcloud.endpoint.faults import Failure, Throttle

from .network import PRODUCTION, Network, Rule
from .requests import SSH, Hub, Run, an_item

TABLES = 4
HUB_CALLS = (
    ("dynamodb", "Query"),
    ("dynamodb", "PutItem"),
    ("dynamodb", "UpdateItem"),
    ("events", "PutEvents"),
)


def assert_the_same_network_as_ever(run: Run, requester: Network, accepter: Network) -> None:
    """One connection, one route a table, each rule once."""
    assert run.status["state"] == "ACTIVE", run.status
    for here, there in ((requester, accepter), (accepter, requester)):
        connection_id = here.connection()["VpcPeeringConnectionId"]
        assert connection_id == run.status["peering_connection_id"]
        assert here.routes(here.main_table)[there.block] == connection_id
        assert set(here.added_rules(here.default_group)) == {Rule("ingress", "tcp", "22", there.block)}


def test_a_throttled_connection(hub: Hub, pair: tuple[Network, Network], gate: CallGate) -> None:
    gate.fail(Failure(service="ec2", operation="CreateVpcPeeringConnection", code="RequestLimitExceeded", status=503, count=2))

    run = hub.run(an_item(*pair, allow=[SSH]))

    assert run.writes.count("CreateVpcPeeringConnection") == 3
    assert_the_same_network_as_ever(run, *pair)


def test_throttled_routes(hub: Hub, pair: tuple[Network, Network], gate: CallGate) -> None:
    """More routes at once than the account may make."""
    requester, accepter = pair
    tables = [requester.add_route_table() for _ in range(TABLES)]
    gate.throttle(Throttle(service="ec2", operation="CreateRoute", rate=4, burst=1))

    run = hub.run(an_item(requester, accepter, allow=[SSH]))

    assert "RequestLimitExceeded" in {call.error for call in run.calls if call.operation == "CreateRoute"}
    assert_the_same_network_as_ever(run, requester, accepter)
    for table in tables:
        assert requester.routes(table)[accepter.block] == run.status["peering_connection_id"]


@pytest.mark.parametrize(
    "operation",
    [
        "CreateVpcPeeringConnection",
        "AcceptVpcPeeringConnection",
        "CreateTags",
        "CreateRoute",
        "AuthorizeSecurityGroupIngress",
        "DescribeRouteTables",
    ],
)
def test_an_answer_that_is_lost(hub: Hub, pair: tuple[Network, Network], gate: CallGate, operation: str) -> None:
    """The effect is there, the caller does not know."""
    gate.fail(Failure(service="ec2", operation=operation, code="InternalError", when="after"))

    run = hub.run(an_item(*pair, allow=[SSH]))

    assert gate.faults.failures == (), "the fault has hit"
    assert_the_same_network_as_ever(run, *pair)


@pytest.mark.parametrize(("service", "operation"), HUB_CALLS)
def test_a_service_of_the_hub_that_stumbles(
    hub: Hub, pair: tuple[Network, Network], gate: CallGate, service: str, operation: str
) -> None:
    item = an_item(*pair, allow=[SSH])
    hub.put(item)
    gate.fail(Failure(service=service, operation=operation, code="InternalServerError", when="after"))

    status = hub.wait(item["request_id"])

    hub.execution(status)
    assert gate.faults.failures == (), "the fault has hit"
    assert_the_same_network_as_ever(Run(status, []), *pair)


def test_a_step_that_gives_up_and_is_healed(hub: Hub, pair: tuple[Network, Network], gate: CallGate) -> None:
    requester, accepter = pair
    item = an_item(requester, accepter, allow=[SSH])
    refusal = "You are not authorized to perform this operation."
    gate.fail(
        Failure(
            service="ec2",
            operation="CreateRoute",
            account_id=PRODUCTION,
            code="UnauthorizedOperation",
            message=refusal,
            status=403,
        )
    )

    failed = hub.run(item).status

    assert failed["state"] == "FAILED"
    (finding,) = failed["findings"]
    assert (finding["code"], finding["where"], finding["blocking"]) == ("STEP_FAILED", "UpdateRouteTables", True)
    for part in ("AccessDenied", refusal, accepter.main_table, accepter.vpc_id, "member/template.yaml"):
        assert part in finding["message"]
    assert failed["changes_undone"] == [
        f"Request a peering from {_named(requester)} to {_named(accepter)}",
        f"Accept the peering of {_named(accepter)} with {_named(requester)}",
        f"Route {accepter.block} to the peering in {requester.main_table}",
        f"Allow tcp/22 from {accepter.block} in {requester.default_group}",
        f"Allow tcp/22 from {requester.block} in {accepter.default_group}",
    ]
    assert failed["changes_made"] == []
    assert requester.connections() == []
    execution = hub.execution(failed)
    assert (execution["status"], execution["error"]) == ("FAILED", "AccessDenied")

    healed = hub.run(item)

    assert_the_same_network_as_ever(healed, requester, accepter)


def _named(network: Network) -> str:
    return f"{network.vpc_id} ({network.account_id}, {network.region})"


def taken_route(requester: Network, accepter: Network) -> None:
    requester.route_to_a_gateway(accepter.block)


def denied_port(_requester: Network, accepter: Network) -> None:
    accepter.deny("6", 22)


@pytest.mark.parametrize(
    ("interfere", "code"), [(taken_route, "ROUTE_CONFLICT"), (denied_port, "FLOW_BLOCKED")], ids=["route", "acl"]
)
def test_somebody_who_interferes_after_an_active_run(
    hub: Hub, pair: tuple[Network, Network], interfere: Callable[[Network, Network], None], code: str
) -> None:
    requester, accepter = pair
    item = an_item(requester, accepter, allow=[SSH])
    hub.run(item)
    requester.ec2.delete_route(RouteTableId=requester.main_table, DestinationCidrBlock=accepter.block)
    interfere(requester, accepter)

    run = hub.run(item)

    assert (run.status["state"], run.codes, run.writes) == ("REJECTED", {code}, [])
