"""A fleet: many requests put at once, over VPCs that they share, while EC2 limits their rates."""

import time
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import msgspec

from bench.cloud import MEMBERS, REGION, Cloud
from bench.measure import Calls
from bench.networks import Vpc, build_vpc
from causeway.aws.store.codec import attributes, plain
from localcloud.endpoint.faults import Throttle

ACCOUNTS = (*MEMBERS, "333333333333")
REGIONS = (REGION, "us-west-2")
_BATCH = 25
"""Items of one BatchWriteItem."""
_POLL_SECONDS = 0.2
_HUNG = 1800.0
_FINAL = {"ACTIVE", "REJECTED", "FAILED"}
_THROTTLED = "RequestLimitExceeded"

RATES = (
    Throttle(service="ec2", operation="Describe*", burst=5, rate=1),
    Throttle(service="ec2", operation="*VpcPeeringConnection", burst=2.5, rate=0.25),
    Throttle(service="ec2", operation="CreateRoute", burst=2.5, rate=0.25),
    Throttle(service="ec2", operation="AuthorizeSecurityGroup*", burst=2.5, rate=0.25),
    Throttle(service="ec2", operation="CreateTags", burst=5, rate=0.5),
)
"""A twentieth of AWS's, for each account, region and operation: one machine that runs everything would never meet AWS's own.

See "Request throttling for the Amazon EC2 API".
"""


class Size(NamedTuple):
    """How many requests over how many VPCs."""

    requests: int
    vpcs: int


class Fleet(msgspec.Struct, frozen=True):
    """What came of it.

    Attributes:
        seconds: From the first item put until the last one has a final state.
        ended: How many requests ended in each state.
        throttled: How many calls AWS refused for their rate. Each of them was tried again.
    """

    requests: int
    vpcs: int
    accounts: int
    regions: int
    seconds: float
    ended: dict[str, int]
    calls: Calls
    throttled: int


def measure_fleet(cloud: Cloud, size: Size) -> Fleet:
    """Put the requests at once and wait for the last one's end. Each VPC takes part in as many requests as the others."""
    items = list(_items(_build_vpcs(cloud, size.vpcs), size.requests))
    with cloud.limited(*RATES), cloud.recorded() as recorded:
        started = time.perf_counter()
        _put(cloud, items)
        ended = _wait_for_all(cloud, [item["request_id"] for item in items])
        seconds = time.perf_counter() - started
    return Fleet(
        requests=size.requests,
        vpcs=size.vpcs,
        accounts=len(ACCOUNTS),
        regions=len(REGIONS),
        seconds=seconds,
        ended=dict(Counter(ended.values())),
        calls=Calls.of(recorded),
        throttled=sum(call.error == _THROTTLED for call in recorded),
    )


def _build_vpcs(cloud: Cloud, count: int) -> list[tuple[str, Vpc]]:
    """The VPCs, each with its region, spread over accounts and regions."""
    places = [(ACCOUNTS[number % len(ACCOUNTS)], REGIONS[number % len(REGIONS)]) for number in range(count)]
    return [
        (region, build_vpc(cloud.member_ec2(account_id, region), account_id, f"10.{number}.0.0/16", route_tables=1))
        for number, (account_id, region) in enumerate(places)
    ]


def _items(vpcs: list[tuple[str, Vpc]], requests: int) -> Iterator[dict[str, Any]]:
    """Every VPC with its next neighbours in a ring: no pair twice, as long as there are less than half as many neighbours."""
    for number in range(requests):
        distance, first = divmod(number, len(vpcs))
        ends = (vpcs[first], vpcs[(first + distance + 1) % len(vpcs)])
        requester, accepter = ({"account_id": vpc.account_id, "region": region, "vpc_id": vpc.vpc_id} for region, vpc in ends)
        yield {
            "request_id": f"fleet-{number}",
            "requester": requester,
            "accepter": accepter,
            "allow": [{"from": "requester", "protocol": "tcp", "ports": "443"}],
            "security_groups": {"requester": [ends[0][1].security_group_id], "accepter": [ends[1][1].security_group_id]},
        }


def _put(cloud: Cloud, items: list[dict[str, Any]]) -> None:
    client = cloud.client("dynamodb")
    written = [attributes(**item) for item in items]
    for start in range(0, len(written), _BATCH):
        batch = [{"PutRequest": {"Item": item}} for item in written[start : start + _BATCH]]
        client.batch_write_item(RequestItems={cloud.requests_table: batch})


def _wait_for_all(cloud: Cloud, request_ids: list[str]) -> Mapping[str, str]:
    """The state of each request, once it is final."""
    client = cloud.unseen_client("dynamodb")
    deadline = time.monotonic() + _HUNG
    while True:
        states = _states(client, cloud.requests_table)
        ended = {each: states[each] for each in request_ids if states.get(each) in _FINAL}
        if len(ended) == len(request_ids):
            return ended
        if time.monotonic() > deadline:
            raise TimeoutError(f"{len(ended)} of {len(request_ids)} requests ended within {_HUNG:.0f} s")
        time.sleep(_POLL_SECONDS)


def _states(client: Any, table: str) -> dict[str, str]:
    pages = client.get_paginator("scan").paginate(
        TableName=table,
        ProjectionExpression="request_id, #status.#state",
        ExpressionAttributeNames={"#status": "status", "#state": "state"},
    )
    items = (plain(item) for page in pages for item in page["Items"])
    return {item["request_id"]: item.get("status", {}).get("state", "") for item in items}
