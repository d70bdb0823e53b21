"""Items as they stand in the table: of three VPCs, and of two hundred."""

import random
from collections.abc import Sequence
from typing import Any

type Document = dict[str, Any]

DRAWN_AT = "2026-01-15T10:00:00.000+00:00"
REGIONS = ("us-east-1", "eu-central-1", "ap-southeast-2", "eu-west-1")
STATES = (*["ACTIVE"] * 14, "DRIFTED", "FAILED", "REJECTED", "AWAITING_APPROVAL", "APPLYING", "PLANNING")


def vpc(number: int, account_id: str = "111111111111", region: str = "us-east-1") -> Document:
    return {"account_id": account_id, "region": region, "vpc_id": f"vpc-0a1b2c3d4e5f{number:05x}"}


def verdict(flow: str, *, reachable: bool = True) -> Document:
    stop = {
        "component": "route table",
        "resource_id": "rtb-0b1",
        "decided_by": "no route",
        "cause": "NO_ROUTE_TO_DESTINATION",
    }
    return {
        "flow": flow,
        "reachable": reachable,
        "source": {"address": "10.0.0.183", "subnet_id": "subnet-0a1", "instance_id": "i-0a1"},
        "destination": {"address": "192.0.0.206", "subnet_id": "subnet-0b1"},
        "blocked_by": None if reachable else stop,
        "remedies": [] if reachable else ["Route 10.0.0.0/16 to the peering in rtb-0b1."],
        "hops": [] if reachable else [stop],
    }


def item(
    request_id: str,
    requester: Document,
    accepter: Document,
    state: str = "ACTIVE",
    *,
    blocks: Sequence[Sequence[str]] = ((), ()),
    names: Sequence[str | None] = (None, None),
    **status: Any,
) -> Document:
    works = state != "FAILED"
    return {
        "request_id": request_id,
        "requester": requester,
        "accepter": accepter,
        "allow": [{"from": "both", "protocol": "tcp", "ports": "22"}, {"from": "requester", "protocol": "icmp"}],
        "tags": {"Owner": "payments"},
        "status": {
            "state": state,
            "generation": 2,
            "updated_at": "2026-01-15T09:30:00.000+00:00",
            "peering_connection_id": "pcx-0a1b2c3d4e5f60001",
            "cidr_blocks": dict(zip(("requester", "accepter"), map(list, blocks), strict=True)),
            "vpc_names": dict(zip(("requester", "accepter"), names, strict=True)),
            "findings": []
            if works
            else [{"code": "FLOW_BLOCKED", "where": "rtb-0b1", "message": "tcp/22 is stopped.", "blocking": True}],
            "verdicts": [
                verdict("tcp/22 from requester to accepter", reachable=works),
                verdict("icmp from requester to accepter"),
            ],
            **status,
        },
    }


TEST = vpc(1, "111111111111")
PRODUCTION = vpc(2, "222222222222")
ANALYTICS = vpc(3, "333333333333", "eu-central-1")


def three() -> list[Document]:
    """Three VPCs; two requests share one of the peerings, in opposite directions; one item is no request."""
    test, production = ["10.0.0.0/16"], ["192.0.0.0/16", "2600:1f00:b::/56"]
    analytics = ["10.64.0.0/20", "10.65.0.0/20", "10.66.0.0/20"]
    return [
        item("test-to-production", TEST, PRODUCTION, blocks=(test, production), names=("Test", "Production")),
        item("the-way-back", PRODUCTION, TEST, blocks=(production, test), names=("Production", "Test")),
        item(
            "production-to-analytics",
            PRODUCTION,
            ANALYTICS,
            "FAILED",
            blocks=(production, analytics),
            names=("Production", None),
        ),
        item("test-to-analytics", TEST, ANALYTICS, "AWAITING_APPROVAL", changes_planned=["Request the peering"]),
        {"request_id": "nonsense", "requester": "nobody"},
    ]


def two_hundred() -> list[Document]:
    """As a company may have them: accounts of all sizes, a few hubs that many peer with, most others near each other."""
    drawn = random.Random(7)
    accounts = [str(111111111111 + 98765432 * number) for number in range(24)]
    vpcs = [
        vpc(number, accounts[min(int(drawn.expovariate(0.13)), 23)], drawn.choice(REGIONS[: drawn.choice((2, 2, 4))]))
        for number in range(200)
    ]
    words = ("payments", "ledger", "search", "billing", "core", "edge", "shared-services", "analytics", "identity", "data-lake")
    names = [f"{drawn.choice(words)}-{drawn.choice(('prod', 'stage', 'dev'))}" if drawn.random() < 0.85 else None for _ in vpcs]
    hubs = drawn.sample(range(200), 5)
    items = []
    for number in range(200):
        near = [other for other, each in enumerate(vpcs) if each["account_id"] == vpcs[number]["account_id"]]
        peer = drawn.choice(hubs) if drawn.random() < 0.3 else drawn.choice(near)
        if peer == number:
            peer = (number + 1) % 200
        blocks = [f"10.{number}.0.0/16"], [f"10.{peer}.0.0/16"]
        state = drawn.choice(STATES)
        items.append(
            item(f"request-{number}", vpcs[number], vpcs[peer], state, blocks=blocks, names=(names[number], names[peer]))
        )
    return items
