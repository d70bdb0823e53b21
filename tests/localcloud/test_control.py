"""The control paths: what is put is in force, a DELETE ends it, and what does not fit is refused with the reason."""

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import msgspec
import pytest
import urllib3
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app

from localcloud.control import Control
from localcloud.core.time_limits import TimeLimits, TimeLimitSetting
from localcloud.ec2 import lag
from localcloud.ec2.lag import Lag
from localcloud.ec2.reachability_analyzer import TrustedAccess, trusted_access
from localcloud.endpoint.calls import CallGate
from localcloud.endpoint.faults import Failure, Faults
from localcloud.events.schedules import Schedules
from localcloud.servicequotas import vpc_quotas
from tests.localcloud.http_endpoint import HUB, REGION, Endpoint, code_of, serving


@pytest.fixture(scope="module")
def gate() -> CallGate:
    return CallGate(DomainDispatcherApplication(create_backend_app))


@pytest.fixture(scope="module")
def limits() -> TimeLimitSetting:
    return TimeLimitSetting()


@pytest.fixture(scope="module")
def endpoint(gate: CallGate, limits: TimeLimitSetting) -> Iterator[Endpoint]:
    with serving(Control(gate, limits, Schedules())) as endpoint:
        yield endpoint


class Steering:
    """The control paths of an endpoint, as curl uses them."""

    def __init__(self, url: str) -> None:
        self._url = f"{url}/_localcloud"

    def __call__(self, method: str, path: str, document: object = None) -> Any:
        """The document that is answered; None where there is none."""
        status, text = self.answer(method, path, document)
        assert status in {200, 204}, text
        return json.loads(text) if text else None

    def answer(self, method: str, path: str, document: object = None) -> tuple[int, str]:
        body = None if document is None else msgspec.json.encode(document)
        answer = urllib3.request(method, f"{self._url}/{path}", body=body)
        return answer.status, answer.data.decode()


@pytest.fixture
def steer(endpoint: Endpoint) -> Steering:
    return Steering(endpoint.url)


def test_calls_are_listed_counted_and_forgotten(endpoint: Endpoint, steer: Steering) -> None:
    sts, start = endpoint.client("sts"), steer("GET", "calls?view=summary")["cursor"]
    sts.get_caller_identity()
    sts.get_caller_identity()
    listed = steer("GET", f"calls?since={start}")
    assert [(call["service"], call["operation"]) for call in listed["calls"]] == [("sts", "GetCallerIdentity")] * 2
    first, last = (call["number"] for call in listed["calls"])
    assert listed["cursor"] == last
    assert steer("GET", f"calls?since={first}&view=summary") == {"cursor": last, "kinds": {"sts:GetCallerIdentity": 1}}
    steer("DELETE", "calls")
    assert steer("GET", "calls") == {"cursor": last, "calls": []}


def test_faults_are_in_force_until_they_are_used_up_or_ended(endpoint: Endpoint, gate: CallGate, steer: Steering) -> None:
    faults = Faults(latency=0.001, failures=(Failure(operation="DescribeVpcs", count=2),))
    steer("PUT", "faults", faults)
    assert gate.faults == msgspec.convert(steer("GET", "faults"), Faults) == faults
    code_of(endpoint.client("ec2"), "describe_vpcs")
    (failure,) = msgspec.convert(steer("GET", "faults"), Faults).failures
    assert failure == Failure(operation="DescribeVpcs", count=1)
    steer("DELETE", "faults")
    assert gate.faults == msgspec.convert(steer("GET", "faults"), Faults) == Faults()


def test_quotas_add_up_until_they_are_ended(steer: Steering) -> None:
    own = {"account_id": HUB, "region": REGION, "code": vpc_quotas.ROUTES.code, "value": 3}
    other = own | {"code": vpc_quotas.ACL_RULES.code, "value": 4}
    steer("PUT", "quotas", [own])
    assert steer("PUT", "quotas", [other]) == steer("GET", "quotas") == [own, other]
    assert vpc_quotas.limit(HUB, REGION, vpc_quotas.ROUTES) == 3
    steer("DELETE", "quotas")
    assert (steer("GET", "quotas"), vpc_quotas.limit(HUB, REGION, vpc_quotas.ROUTES)) == ([], vpc_quotas.ROUTES.default)


def test_trusted_access_is_narrowed_and_widened_again(steer: Steering) -> None:
    steer("PUT", "trusted-access", {"administrators": [HUB]})
    assert steer("GET", "trusted-access") == {"administrators": [HUB]}
    assert trusted_access() == TrustedAccess(administrators=(HUB,))
    steer("DELETE", "trusted-access")
    assert trusted_access() == TrustedAccess()


def test_lag_is_set_and_ended(steer: Steering) -> None:
    steer("PUT", "lag", {"calls": 5})
    assert steer("GET", "lag") == {"calls": 5, "probability": 1.0, "principal": "*", "seed": 0}
    assert lag.current() == Lag(calls=5)
    steer("DELETE", "lag")
    assert lag.current() == Lag()


def test_time_limits_are_set_and_ended(limits: TimeLimitSetting, steer: Steering) -> None:
    steer("PUT", "time-limits", {"batch_window": 0.5})
    assert steer("GET", "time-limits") == {"batch_window": 0.5, "visibility_timeout": None}
    assert limits.limits == TimeLimits(batch_window=0.5)
    steer("DELETE", "time-limits")
    assert limits.limits == TimeLimits()


@pytest.mark.parametrize(
    ("path", "document", "reason"),
    [
        ("faults", {"latencies": 1}, "latencies"),
        ("quotas", [{"account_id": HUB, "region": REGION, "code": "L-00000000", "value": 1}], "L-00000000 is no quota"),
        ("lag", {"seconds": 1}, "seconds"),
        ("time-limits", {"window": 1}, "window"),
        ("trusted-access", {"admins": []}, "admins"),
    ],
)
def test_what_does_not_fit_is_refused_and_changes_nothing(steer: Steering, path: str, document: object, reason: str) -> None:
    before = steer("GET", path)
    status, text = steer.answer("PUT", path, document)
    assert (status, reason in text) == (400, True)
    assert steer("GET", path) == before


def test_an_unknown_schedule_is_not_found(steer: Steering) -> None:
    query = urlencode({"rule": "nightly", "account_id": HUB, "region": REGION})
    assert steer.answer("POST", f"schedules?{query}") == (
        404,
        f"{HUB} has no scheduled rule nightly in {REGION}. There are: none.",
    )
