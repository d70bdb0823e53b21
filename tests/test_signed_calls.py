"""A decision comes by a function URL or by an HTTP API: it reads alike, and who signed it is what AWS says."""

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from causeway.boundary import parse_decision
from causeway.signed_calls import body, caller

type Event = dict[str, Any]

BY_URL: Event = json.loads((Path(__file__).parents[1] / "events" / "decide_approval.json").read_text())
ALICE = BY_URL["requestContext"]["authorizer"]["iam"]
BY_API: Event = {
    "version": "2.0",
    "routeKey": "POST /",
    "rawPath": "/",
    "rawQueryString": "",
    "headers": {"content-type": "application/json", "host": "a1b2c3d4e5.execute-api.us-gov-west-1.amazonaws.com"},
    "requestContext": {
        "accountId": "123456789012",
        "apiId": "a1b2c3d4e5",
        "authorizer": {"iam": {**ALICE, "userArn": "arn:aws-us-gov:sts::123456789012:assumed-role/network-approver/alice"}},
        "domainName": "a1b2c3d4e5.execute-api.us-gov-west-1.amazonaws.com",
        "domainPrefix": "a1b2c3d4e5",
        "http": {"method": "POST", "path": "/", "protocol": "HTTP/1.1", "sourceIp": "192.0.2.1", "userAgent": "causeway"},
        "requestId": "JKJaXmPLvHcESHA=",
        "routeKey": "POST /",
        "stage": "$default",
        "time": "12/Mar/2026:19:03:58 +0000",
        "timeEpoch": 1773342238000,
    },
    "body": BY_URL["body"],
    "isBase64Encoded": False,
}


@pytest.mark.parametrize(("event", "partition"), [(BY_URL, "aws"), (BY_API, "aws-us-gov")], ids=["URL", "API"])
def test_who_signed_and_what_is_decided_are_read_alike(event: Event, partition: str) -> None:
    decision = parse_decision(body(event))
    assert caller(event) == f"arn:{partition}:sts::123456789012:assumed-role/network-approver/alice"
    assert (decision.request_id, decision.checksum) == ("test-to-production", "0123456789abcdef")


@pytest.mark.parametrize("event", [BY_URL, BY_API], ids=["URL", "API"])
def test_a_body_may_come_in_base64(event: Event) -> None:
    encoded = base64.b64encode(event["body"].encode()).decode()
    assert body({**event, "body": encoded, "isBase64Encoded": True}) == body(event)


@pytest.mark.parametrize("event", [BY_URL, BY_API], ids=["URL", "API"])
def test_a_call_that_nobody_signed_has_no_caller(event: Event) -> None:
    unsigned = {**event, "requestContext": {**event["requestContext"], "authorizer": {}}}
    with pytest.raises(KeyError):
        caller(unsigned)
