from pathlib import Path
from typing import TYPE_CHECKING, cast

import pytest

from bench.competitors import find_competitors
from bench.measure import Calls, Case, Measurement, Outcome, Run, middle
from bench.report import Ratio, ratios
from localcloud.endpoint.calls import ApiCall

if TYPE_CHECKING:
    from bench.cloud import Cloud


def call(service: str, operation: str, *, mutating: bool = False) -> ApiCall:
    return ApiCall(
        number=1,
        service=service,
        operation=operation,
        account_id="111111111111",
        region="us-east-1",
        principal="operator",
        function=None,
        mutating=mutating,
        started=0,
        duration=0,
        status=200,
        error=None,
        internal=False,
    )


def run(seconds: float, reads: int = 0, other: int = 0) -> Run:
    calls = [call("ec2", "DescribeVpcs")] * reads + [call("dynamodb", "PutItem", mutating=True)] * other
    return Run(Outcome(seconds, "exit 0", succeeded=True), Calls.of(calls))


def test_calls_are_counted_by_service_and_kind() -> None:
    calls = Calls.of(
        [
            call("ec2", "DescribeVpcs"),
            call("ec2", "DescribeVpcs"),
            call("ec2", "CreateRoute", mutating=True),
            call("sts", "AssumeRole"),
            call("dynamodb", "PutItem", mutating=True),
        ]
    )
    assert (calls.ec2_reads, calls.ec2_mutating, calls.sts, calls.other) == (2, 1, 1, 1)
    assert (calls.network, calls.total) == (4, 5)
    assert calls.kinds == {"dynamodb:PutItem": 1, "ec2:CreateRoute": 1, "ec2:DescribeVpcs": 2, "sts:AssumeRole": 1}


def test_the_middle_run_is_a_run_that_was_measured() -> None:
    fast, medium, slow = run(1), run(2), run(9)
    assert middle([slow, fast, medium]) is medium
    assert middle([slow, fast]) is fast


def test_ratios_are_to_causeway_warm_in_the_same_case() -> None:
    case, other_case = Case(4, 0), Case(64, 0)
    measurements = [
        Measurement("Causeway, warm", case, (run(2, reads=10, other=10),), ()),
        Measurement("Terraform", case, (run(8, reads=40),), ()),
        Measurement("Causeway, warm", other_case, (run(4, reads=10, other=10),), ()),
        Measurement("Terraform", other_case, (run(8, reads=100),), ()),
    ]
    assert ratios(measurements) == (
        Ratio("Terraform", case, time=4, network_calls=4, all_calls=2),
        Ratio("Terraform", other_case, time=2, network_calls=10, all_calls=5),
    )


def test_what_is_not_installed_is_named_with_the_reason(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    found, absent = find_competitors(cast("Cloud", object()), tmp_path)
    assert [way.name for way in found] == ["boto3 script"]
    assert [(each.name, each.reason) for each in absent] == [
        ("AWS CLI script", "`aws` is not on the PATH"),
        ("Terraform", "`terraform` is not on the PATH"),
    ]
