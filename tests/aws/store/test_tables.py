from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import msgspec
import pytest
from boto3.dynamodb.types import TypeDeserializer
from botocore.stub import Stubber
from moto.dynamodb.models import dynamodb_backends

from causeway.aws.store.ledger import Ledger
from causeway.aws.store.requests_table import Requests
from causeway.domain.lifecycle.run import Occasion, Run
from causeway.domain.lifecycle.status import State, Status
from causeway.domain.model.errors import LedgerMissing, ResourceNotFound, ServiceUnavailable
from causeway.domain.model.findings import Code, Finding
from causeway.domain.model.network import Direction, Permission
from causeway.domain.model.protocols import PortRange, Protocol
from causeway.domain.model.request import Flow, Request, Selector, VpcRef
from causeway.domain.model.values import PerSide, Side
from causeway.domain.planning.kinds import (
    AcceptPeering,
    AuthorizeRule,
    Change,
    CreatePeering,
    CreateRoute,
    OwnedRoute,
    SetDnsResolution,
)
from causeway.domain.planning.ownership import Holdings
from causeway.domain.planning.plan import Plan
from causeway.domain.planning.undo import Reversal, Undo
from causeway.domain.reachability.verdicts import Cause, Component, Endpoint, Hop, Verdict
from tests.aws.conftest import EAST, PRODUCTION, TEST

REQUESTER = VpcRef(account_id=TEST, region=EAST, vpc_id="vpc-1")
ACCEPTER = VpcRef(account_id=PRODUCTION, region=EAST, vpc_id="vpc-2")
SSH = Flow(source=Side.REQUESTER, protocol=Protocol.TCP, ports=PortRange(first=22, last=22))
EVERYTHING = PerSide(requester=Selector(every=True), accepter=Selector(every=True))
REQUEST = Request(
    request_id="one",
    requester=REQUESTER,
    accepter=ACCEPTER,
    flows=(SSH,),
    route_tables=EVERYTHING,
    security_groups=EVERYTHING,
    dns_resolution=PerSide(requester=True, accepter=False),
    tags={"Owner": "payments"},
)
ROUTE = CreateRoute(side=Side.REQUESTER, route_table_id="rtb-1", destination="192.168.0.0/16")
RULE = AuthorizeRule(
    side=Side.ACCEPTER,
    security_group_id="sg-1",
    permission=Permission(direction=Direction.INGRESS, protocol="tcp", ports=SSH.ports, peer="10.0.0.0/16"),
)
DNS_OFF = SetDnsResolution(side=Side.REQUESTER, allow=False)
CHANGES: tuple[Change, ...] = (
    CreatePeering(vpc=REQUESTER, peer=ACCEPTER, tags={"Owner": "payments"}),
    AcceptPeering(vpc=ACCEPTER, peer=REQUESTER, tags={"Owner": "payments"}),
    ROUTE,
    RULE,
    SetDnsResolution(side=Side.REQUESTER, allow=True),
)
VERDICT = Verdict(
    flow=SSH,
    source=Endpoint(address="10.0.0.4", subnet_id="subnet-1"),
    destination=Endpoint(address="192.168.0.4", subnet_id="subnet-2"),
    hops=(
        Hop(
            component=Component.ROUTE_TABLE,
            resource_id="rtb-1",
            decided_by="no route",
            cause=Cause.NO_ROUTE_TO_DESTINATION,
        ),
    ),
)
PAIR = "PAIR#vpc-1#vpc-2"
KNOWN = {"request_id", "requester", "accepter", "allow", "tags"}


@pytest.fixture
def client(cloud: None) -> Iterator[Any]:
    dynamodb: Any = boto3.client("dynamodb")
    keys = {"requests": ["request_id"], "ledger": ["request_id", "record"]}
    for table, names in keys.items():
        dynamodb.create_table(
            TableName=table,
            AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in names],
            KeySchema=[{"AttributeName": name, "KeyType": kind} for name, kind in zip(names, ("HASH", "RANGE"), strict=False)],
            BillingMode="PAY_PER_REQUEST",
        )
    yield dynamodb
    dynamodb_backends.clear()


@pytest.fixture
def requests(client: Any) -> Requests:
    return Requests("requests", client)


@pytest.fixture
def ledger(client: Any) -> Ledger:
    return Ledger("ledger", client)


def status(generation: int, state: State = State.PLANNING) -> Status:
    return Status(
        state=state,
        request_id="one",
        generation=generation,
        updated_at="2026-01-01T00:00:00Z",
        findings=(Finding(code=Code.CIDR_OVERLAP, message="They overlap.", where="10.0.0.0/16", side=Side.ACCEPTER),),
        verdicts=(VERDICT,),
        changes_made=(ROUTE.sentence,),
    )


def put_from_event(requests: Requests, desired: dict[str, Any], event_id: str) -> bool:
    return requests.put_from_event(desired, known=KNOWN, event_id=event_id, ledger_table="ledger", expires_at=1_800_000_000)


def delete_from_event(requests: Requests, event_id: str) -> bool:
    return requests.delete_from_event("one", event_id=event_id, ledger_table="ledger", expires_at=1_800_000_000)


def stored(client: Any) -> dict[str, Any]:
    """The one item of the requests."""
    (item,) = client.scan(TableName="requests")["Items"]
    return {name: TypeDeserializer().deserialize(value) for name, value in item.items()}


def test_of_an_undo_only_the_last_attempt_counts(ledger: Ledger) -> None:
    held = Holdings(request=REQUEST)
    back = Reversal(change=SetDnsResolution(side=Side.REQUESTER, allow=True), inverse=DNS_OFF)
    first = Undo(request_id="one", generation=1, made=(back.change,), reversals=(back,), connection_id="pcx-1")
    second = msgspec.structs.replace(first, round=2)
    ledger.save_request(1, REQUEST)
    ledger.save_before("one", 1, held)

    ledger.save_undo(first)
    ledger.save_undone(first, Side.REQUESTER, "ConfigureDns", (DNS_OFF,))
    once = ledger.load_run("one", 1)
    ledger.save_undo(second)
    again = ledger.load_run("one", 1)

    assert (once.before, once.undo, once.undone, once.done) == (held, first, (DNS_OFF,), ())
    assert (again.undo, again.undone, again.connection_so_far) == (second, (), "pcx-1")


def test_a_status_stands_on_the_item_beside_what_the_user_wrote(requests: Requests, client: Any) -> None:
    client.put_item(TableName="requests", Item={"request_id": {"S": "one"}, "allow": {"L": []}})

    assert requests.write_status(status(1, State.ACTIVE))

    item = stored(client)
    assert item["allow"] == []
    assert item["status"]["state"] == "ACTIVE"
    assert item["status"]["peering_connection_id"] is None
    assert item["status"]["findings"] == [
        {
            "code": "CIDR_OVERLAP",
            "message": "They overlap.",
            "where": "10.0.0.0/16",
            "side": "accepter",
            "blocking": True,
        }
    ]
    (verdict,) = item["status"]["verdicts"]
    assert (verdict["flow"], verdict["reachable"]) == ("tcp/22 from requester to accepter", False)
    assert verdict["blocked_by"]["cause"] == "NO_ROUTE_TO_DESTINATION"
    assert item["status"]["changes_made"] == ["Route 192.168.0.0/16 to the peering in rtb-1"]


def test_an_older_generation_does_not_overwrite_a_newer_ones_status(requests: Requests, client: Any) -> None:
    client.put_item(TableName="requests", Item={"request_id": {"S": "one"}})

    assert requests.write_status(status(2))
    assert not requests.write_status(status(1, State.FAILED))
    assert requests.write_status(status(2, State.ACTIVE))

    item = stored(client)
    assert (item["status"]["generation"], item["status"]["state"]) == (2, "ACTIVE")


def test_a_generation_that_has_gone_on_does_not_go_back_to_planning(requests: Requests, client: Any) -> None:
    client.put_item(TableName="requests", Item={"request_id": {"S": "one"}})
    requests.write_status(status(1, State.PLANNING))
    requests.write_status(status(1, State.APPLYING))

    assert not requests.write_status(status(1, State.PLANNING))
    assert requests.write_status(status(2, State.PLANNING))


def test_a_status_that_is_no_map_is_replaced(requests: Requests, client: Any) -> None:
    client.put_item(TableName="requests", Item={"request_id": {"S": "one"}, "status": {"S": "please"}})

    assert requests.write_status(status(1))


def test_a_deleted_item_is_not_brought_back_by_its_status(requests: Requests, client: Any) -> None:
    assert not requests.write_status(status(1))
    assert client.scan(TableName="requests")["Items"] == []


def test_an_event_sets_what_it_says_removes_what_it_leaves_out_and_keeps_the_status(requests: Requests, client: Any) -> None:
    before = {"request_id": "one", "requester": {"vpc_id": "vpc-1"}, "allow": [{"ports": 22}], "tags": {"Owner": "me"}}
    assert put_from_event(requests, before, "event-1")
    requests.write_status(status(1))

    assert put_from_event(requests, {"request_id": "one", "requester": {"vpc_id": "vpc-9"}}, "event-2")

    item = stored(client)
    assert item.pop("status")["generation"] == 1
    assert item == {"request_id": "one", "requester": {"vpc_id": "vpc-9"}}


def test_an_event_that_was_seen_before_writes_nothing(requests: Requests, client: Any) -> None:
    first = {"request_id": "one", "tags": {"Owner": "first"}}
    assert put_from_event(requests, first, "event-1")
    assert put_from_event(requests, {"request_id": "one", "tags": {"Owner": "second"}}, "event-2")

    assert not put_from_event(requests, first, "event-1")

    item = stored(client)
    assert item["tags"] == {"Owner": "second"}
    marker = client.get_item(TableName="ledger", Key={"request_id": {"S": "one"}, "record": {"S": "EVENT#event-1"}})["Item"]
    assert marker["expires_at"] == {"N": "1800000000"}


def test_an_event_deletes_an_item_once_also_where_it_is_gone_already(requests: Requests, client: Any) -> None:
    put_from_event(requests, {"request_id": "one", "tags": {}}, "event-1")

    assert delete_from_event(requests, "event-2")
    assert client.scan(TableName="requests")["Items"] == []

    assert not delete_from_event(requests, "event-2")
    assert delete_from_event(requests, "event-3")
    for event in ("event-2", "event-3"):
        key = {"request_id": {"S": "one"}, "record": {"S": f"EVENT#{event}"}}
        assert client.get_item(TableName="ledger", Key=key)["Item"]["expires_at"] == {"N": "1800000000"}


def test_a_removal_that_is_delivered_again_leaves_an_item_that_was_put_since(requests: Requests, client: Any) -> None:
    delete_from_event(requests, "event-1")
    put_from_event(requests, {"request_id": "one", "tags": {"Owner": "new"}}, "event-2")

    assert not delete_from_event(requests, "event-1")

    assert stored(client)["tags"] == {"Owner": "new"}


@pytest.mark.parametrize(
    "write",
    [
        lambda requests: put_from_event(requests, {"request_id": "one", "tags": {}}, "event-1"),
        lambda requests: delete_from_event(requests, "event-1"),
    ],
    ids=["put", "delete"],
)
def test_an_event_that_meets_another_write_is_tried_again(client: Any, write: Callable[[Requests], bool]) -> None:
    reasons = {"CancellationReasons": [{"Code": "None"}, {"Code": "TransactionConflict"}]}
    with Stubber(client) as stubber:
        stubber.add_client_error("transact_write_items", "TransactionCanceledException", modeled_fields=reasons)

        with pytest.raises(ServiceUnavailable):
            write(Requests("requests", client))


def test_a_table_that_is_not_there_is_named(client: Any) -> None:
    with pytest.raises(ResourceNotFound, match="UpdateItem on table nowhere, request one"):
        Requests("nowhere", client).write_status(status(1))


def test_each_change_of_an_item_has_its_own_generation_and_a_redelivery_the_same(ledger: Ledger) -> None:
    assert ledger.next_generation("one", "111100000000000000001") == 1
    assert ledger.next_generation("one", "111100000000000000001") == 1
    assert ledger.next_generation("one", "111100000000000000002") == 2
    assert ledger.next_generation("two", "111100000000000000003") == 1


def test_a_change_older_than_the_last_one_has_no_generation(ledger: Ledger) -> None:
    ledger.next_generation("one", "1000000000000000000000")

    assert ledger.next_generation("one", "999999999999999999999") is None
    assert ledger.next_generation("one", "1000000000000000000001") == 2


def test_the_newest_generation_is_that_of_the_newest_change(ledger: Ledger) -> None:
    assert ledger.newest_generation("one") == 0

    ledger.next_generation("one", "111100000000000000001")
    ledger.next_generation("one", "111100000000000000002")
    ledger.next_generation("two", "111100000000000000003")

    assert ledger.newest_generation("one") == 2


def test_a_run_comes_back_as_it_was_saved(ledger: Ledger) -> None:
    plan = Plan(request_id="one", generation=3, changes=CHANGES)
    ledger.save_request(3, REQUEST)
    ledger.save_plan(plan)
    ledger.save_connection("one", 3, "pcx-1")
    ledger.save_done("one", 3, Side.REQUESTER, "UpdateRouteTables", (ROUTE,))
    ledger.save_done("one", 3, Side.ACCEPTER, "UpdateSecurityGroups", (RULE,))
    ledger.save_verdicts("one", 3, (VERDICT,))

    run = ledger.load_run("one", 3)

    assert set(run.done) == {ROUTE, RULE}
    assert run == Run(request=REQUEST, generation=3, plan=plan, connection_id="pcx-1", done=run.done, verdicts=(VERDICT,))


def test_a_run_that_has_only_begun_has_only_its_request(ledger: Ledger) -> None:
    ledger.save_request(1, REQUEST)

    assert ledger.load_run("one", 1) == Run(request=REQUEST, generation=1)


def test_a_run_that_removes_says_so(ledger: Ledger) -> None:
    ledger.save_request(1, REQUEST, Occasion.REMOVAL)

    assert ledger.load_run("one", 1) == Run(request=REQUEST, generation=1, occasion=Occasion.REMOVAL)


def test_a_request_that_was_saved_before_there_were_removals_is_none(ledger: Ledger, client: Any) -> None:
    ledger.save_request(1, REQUEST)
    key = {"request_id": {"S": "one"}, "record": {"S": "0000000001#REQUEST"}}
    client.update_item(TableName="ledger", Key=key, UpdateExpression="REMOVE removal")

    assert not ledger.load_run("one", 1).removal


def test_a_step_that_is_repeated_replaces_what_it_had_recorded(ledger: Ledger) -> None:
    ledger.save_request(1, REQUEST)
    ledger.save_done("one", 1, Side.REQUESTER, "UpdateRouteTables", ())
    ledger.save_done("one", 1, Side.REQUESTER, "UpdateRouteTables", (ROUTE,))

    assert ledger.load_run("one", 1).done == (ROUTE,)


def test_generations_do_not_mix(ledger: Ledger) -> None:
    ledger.next_generation("one", "1")
    ledger.save_request(1, REQUEST)
    ledger.save_request(10, REQUEST)
    ledger.save_connection("one", 10, "pcx-10")

    assert ledger.load_run("one", 1).connection_id is None
    with pytest.raises(LedgerMissing, match="Generation 2 of request one"):
        ledger.load_run("one", 2)


def test_a_plan_of_thousands_of_changes_fits_an_item(ledger: Ledger, client: Any) -> None:
    routes = tuple(
        CreateRoute(side=side, route_table_id=f"rtb-{table:017x}", destination=f"10.{block}.0.0/16")
        for side in Side
        for table in range(500)
        for block in range(5)
    )
    ledger.save_request(1, REQUEST)
    ledger.save_plan(Plan(request_id="one", generation=1, changes=routes))

    run = ledger.load_run("one", 1)

    assert run.plan is not None
    assert run.plan.changes == routes
    item = client.get_item(TableName="ledger", Key={"request_id": {"S": "one"}, "record": {"S": "0000000001#PLAN"}})["Item"]
    assert len(item["payload"]["B"]) < 100_000


def test_holdings_are_the_requests_whatever_the_generation(ledger: Ledger) -> None:
    route = OwnedRoute(side=Side.ACCEPTER, route_table_id="rtb-1", destination="10.0.0.0/16")
    held = Holdings(request=REQUEST, routes=(route,))
    ledger.save_holdings("one", Holdings(request=REQUEST))
    ledger.save_holdings("one", held)

    assert ledger.load_holdings("one") == held
    assert ledger.load_holdings("two") == Holdings()
    ledger.save_holdings("one", Holdings())
    assert ledger.load_holdings("one") == Holdings()


def test_holdings_of_thousands_of_routes_fit_an_item(ledger: Ledger) -> None:
    routes = tuple(
        OwnedRoute(side=side, route_table_id=f"rtb-{table:017x}", destination=f"10.{block}.0.0/16")
        for side in Side
        for table in range(500)
        for block in range(5)
    )

    ledger.save_holdings("one", Holdings(request=REQUEST, routes=routes))

    assert ledger.load_holdings("one").routes == routes


def test_every_record_says_when_it_was_written(requests: Requests, ledger: Ledger, client: Any) -> None:
    put_from_event(requests, {"request_id": "one", "tags": {}}, "event-1")
    ledger.next_generation("one", "1")
    ledger.save_request(1, REQUEST)
    ledger.save_holdings("one", Holdings())
    ledger.lock("one", "first")
    ledger.take_over("one", "second", "first")

    items = client.scan(TableName="ledger")["Items"]
    assert {item["record"]["S"] for item in items} == {"EVENT#event-1", "HEAD", "0000000001#REQUEST", "HOLDINGS", "LOCK"}
    for item in items:
        assert datetime.now(UTC) - datetime.fromisoformat(item["at"]["S"]) < timedelta(minutes=1)


def test_an_outcome_is_kept_for_its_generation(ledger: Ledger) -> None:
    ended = status(2, State.FAILED)
    ledger.save_outcome(ended)

    assert ledger.load_outcome("one", 2) == ended
    assert ledger.load_outcome("one", 1) is None


def test_the_history_has_the_records_of_all_generations_and_no_others(ledger: Ledger) -> None:
    ledger.next_generation("one", "1")
    ledger.lock("one", "first")
    ledger.save_holdings("one", Holdings(request=REQUEST))
    ledger.save_request(1, REQUEST)
    ledger.save_superseded("one", 1)
    ledger.save_request(12, REQUEST, Occasion.REMOVAL)
    ledger.save_done("one", 12, Side.REQUESTER, "UpdateRouteTables", (ROUTE,))

    records = ledger.history("one")

    assert [(record.generation, record.name) for record in records] == [
        (1, "REQUEST"),
        (1, "SUPERSEDED"),
        (12, "DONE#requester#UpdateRouteTables"),
        (12, "REQUEST"),
    ]
    assert records[2].payload(tuple[Change, ...]) == (ROUTE,)
    assert (records[3].payload(Request), records[3].fields["occasion"]) == (REQUEST, "removal")
    assert ledger.history("two") == ()


def test_a_pair_knows_who_uses_it_and_neither_lock_nor_others(ledger: Ledger) -> None:
    ledger.lock("vpc-a#vpc-b", "execution")
    for request_id in ("two", "one", "two"):
        ledger.save_user("vpc-a#vpc-b", request_id)
    ledger.save_user("vpc-a#vpc-c", "three")
    assert ledger.users("vpc-a#vpc-b") == ("one", "two")

    ledger.forget_user("vpc-a#vpc-b", "one")
    ledger.forget_user("vpc-a#vpc-b", "never")
    assert ledger.users("vpc-a#vpc-b") == ("two",)


def test_a_lock_has_one_holder_who_may_take_it_again(ledger: Ledger) -> None:
    assert ledger.lock(PAIR, "first") is None
    assert ledger.lock(PAIR, "first") is None
    assert ledger.lock(PAIR, "second") == "first"
    assert ledger.lock("PAIR#vpc-1#vpc-3", "second") is None


def test_only_the_holder_releases_a_lock(ledger: Ledger) -> None:
    ledger.lock(PAIR, "first")

    ledger.release(PAIR, "second")
    assert ledger.lock(PAIR, "second") == "first"

    ledger.release(PAIR, "first")
    ledger.release(PAIR, "first")
    assert ledger.lock(PAIR, "second") is None


def test_a_lock_is_taken_over_from_the_holder_that_was_seen_and_no_other(ledger: Ledger) -> None:
    ledger.lock(PAIR, "dead")

    assert ledger.take_over(PAIR, "second", "dead")
    assert ledger.take_over(PAIR, "second", "dead"), "the first answer may have been lost"
    assert not ledger.take_over(PAIR, "third", "dead")
    assert ledger.lock(PAIR, "third") == "second"


def test_a_lock_that_was_released_meanwhile_is_not_taken_over_but_locked(ledger: Ledger) -> None:
    assert not ledger.take_over(PAIR, "second", "dead")
    assert ledger.lock(PAIR, "second") is None


def test_a_lock_taken_over_is_not_released_by_the_one_who_had_it(ledger: Ledger) -> None:
    ledger.lock(PAIR, "dead")
    ledger.take_over(PAIR, "second", "dead")

    ledger.release(PAIR, "dead")

    assert ledger.lock(PAIR, "third") == "second"
