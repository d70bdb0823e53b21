"""The filters of each describe call, out of botocore's model."""

from datetime import UTC, datetime

import pytest

from localcloud.ec2.describes import DESCRIBES
from localcloud.ec2.documented import BY_TAG, filters_of
from localcloud.ec2.documented_filters import path_of, select

OPERATIONS = {operation for _, _, operation, _ in DESCRIBES} | {
    "DescribeManagedPrefixLists",
    "DescribeNetworkInsightsAnalyses",
    "DescribeNetworkInsightsPaths",
    "DescribeSecurityGroupRules",
    "DescribeVpcPeeringConnections",
}


@pytest.mark.parametrize("operation", sorted(OPERATIONS))
def test_every_documented_filter_looks_at_a_member(operation: str) -> None:
    assert filters_of(operation)
    for name in filters_of(operation) - {BY_TAG, "tag-key"}:
        assert path_of(operation, name)


def test_a_filter_reads_lists_numbers_truths_and_times() -> None:
    entry = {"RuleNumber": 100, "Egress": True, "CidrBlock": "10.0.0.0/8"}
    acl = {"NetworkAclId": "acl-1", "Entries": [entry, {**entry, "RuleNumber": 110}], "Tags": [{"Key": "Owner", "Value": "a"}]}
    for filters in (
        {"entry.rule-number": ["110"]},
        {"entry.egress": ["true"], "entry.cidr": ["10.*"]},
        {"tag:Owner": ["a", "b"]},
        {"tag-key": ["Own?r"]},
    ):
        assert select("DescribeNetworkAcls", [acl], filters) == [acl]
    assert select("DescribeNetworkAcls", [acl], {"entry.egress": ["false"]}) == []
    pending = {"ExpirationTime": datetime(2026, 1, 8, 12, tzinfo=UTC)}
    at_noon = {"expiration-time": ["2026-01-08T12:00:00.000Z"]}
    assert select("DescribeVpcPeeringConnections", [pending, {}], at_noon) == [pending]
