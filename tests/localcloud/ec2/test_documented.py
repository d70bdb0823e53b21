"""What EC2's API reference does not document is refused, whatever moto would make of it."""

import re
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.session import get_session

from localcloud.ec2.documented import filters_of

MODEL = get_session().get_service_model("ec2")
UNCHECKED = Config(parameter_validation=False, retries={"total_max_attempts": 1})
"""As a client in another language may be, that leaves all checks to AWS."""


def by(name: str) -> dict[str, Any]:
    return {"Filters": [{"Name": name, "Values": ["any"]}]}


def test_the_documented_filters_are_read_from_the_model() -> None:
    assert filters_of("DescribeSecurityGroupRules") == {"group-id", "security-group-rule-id", "tag:"}
    assert filters_of("DescribeTags") == {"key", "resource-id", "resource-type", "tag:", "value"}
    assert filters_of("DescribeNetworkInsightsAnalyses") == {"path-found", "status"}
    assert filters_of("DescribeVpcEncryptionControls") == frozenset()
    assert {"entry.icmp.type", "tag-key"} < filters_of("DescribeNetworkAcls")
    assert {"expiration-time", "status-code"} < filters_of("DescribeVpcPeeringConnections")
    assert "active" not in filters_of("DescribeVpcPeeringConnections"), "a list within an entry names values"


def test_every_entry_of_a_documented_list_is_a_filter() -> None:
    named = [name for operation in MODEL.operation_names for name in filters_of(operation)]
    assert len(named) > 1100
    assert not [name for name in named if not re.fullmatch(r"[a-z0-9][a-zA-Z0-9.-]*|tag:", name)]


@pytest.mark.parametrize(
    ("operation", "name"),
    [
        ("describe_security_group_rules", "tag-key"),
        ("describe_security_group_rules", "colour"),
        ("describe_security_group_rules", "tag"),
        ("describe_managed_prefix_lists", "tag:Owner"),
        ("describe_tags", "tag-key"),
        ("describe_tags", "colour"),
        ("describe_vpcs", "vpc_id"),
        ("describe_subnets", "Subnet-Id"),
        ("describe_network_interfaces", "tag"),
        ("describe_network_insights_paths", "tag:Owner"),
        ("describe_instances", "colour"),
        ("describe_nat_gateways", "colour"),
    ],
)
def test_a_filter_that_is_not_documented_is_refused(world: Any, refused: Any, operation: str, name: str) -> None:
    with refused("InvalidParameterValue", f"The filter '{name}' is invalid"):
        getattr(world.ec2(), operation)(**by(name))


def test_a_filter_without_a_name_is_refused(refused: Any) -> None:
    with refused("InvalidParameterValue", "The filter 'null' is invalid"):
        unchecked().describe_vpcs(Filters=[{"Values": ["any"]}])


@pytest.mark.parametrize(
    ("operation", "size", "bound"),
    [
        ("describe_security_group_rules", 4, "greater than 5"),
        ("describe_vpc_peering_connections", 1001, "smaller than 1000"),
        ("describe_route_tables", 101, "smaller than 100"),
        ("describe_managed_prefix_lists", 101, "smaller than 100"),
    ],
)
def test_a_page_is_as_large_as_documented(refused: Any, operation: str, size: int, bound: str) -> None:
    with refused("InvalidParameterValue", f"Value ( {size} ) for parameter maxResults is invalid. Expecting a value {bound}."):
        getattr(unchecked(), operation)(MaxResults=size)


@pytest.mark.parametrize(
    ("operation", "parameters", "missing"),
    [
        ("describe_vpc_attribute", {"Attribute": "enableDnsSupport"}, "VpcId"),
        ("create_security_group", {"GroupName": "app"}, "Description"),
        ("create_network_acl_entry", {"NetworkAclId": "acl-0", "RuleNumber": 1, "Protocol": "6", "Egress": True}, "RuleAction"),
        ("create_tags", {"Tags": [{"Key": "Owner"}]}, "Resources"),
        ("create_tags", {"Resources": ["vpc-0"]}, "Tags"),
        ("create_network_insights_path", {"Source": "eni-0", "ClientToken": "once"}, "Protocol"),
        (
            "modify_security_group_rules",
            {"GroupId": "sg-0", "SecurityGroupRules": [{"SecurityGroupRule": {"IpProtocol": "tcp"}}]},
            "SecurityGroupRuleId",
        ),
    ],
)
def test_a_required_member_is_needed(refused: Any, operation: str, parameters: dict[str, Any], missing: str) -> None:
    with refused("MissingParameter", f"The request must contain the parameter {missing}"):
        getattr(unchecked(), operation)(**parameters)


@pytest.mark.parametrize(
    ("operation", "parameters", "named"),
    [
        ("describe_vpc_attribute", {"Attribute": "dns", "VpcId": "vpc-0"}, "Value (dns) for parameter attribute"),
        ("create_vpc", {"CidrBlock": "10.0.0.0/16", "InstanceTenancy": "own"}, "Value (own) for parameter instanceTenancy"),
        (
            "create_vpc",
            {"CidrBlock": "10.0.0.0/16", "TagSpecifications": [{"ResourceType": "house"}]},
            "Value (house) for parameter resourceType",
        ),
        ("create_network_insights_path", {"Source": "eni-0", "Protocol": "icmp"}, "Value (icmp) for parameter protocol"),
    ],
)
def test_a_value_that_its_enumeration_lacks_is_refused(
    world: Any, refused: Any, operation: str, parameters: dict[str, Any], named: str
) -> None:
    with refused("InvalidParameterValue", f"{named} is invalid."):
        getattr(world.ec2(), operation)(**parameters)


@pytest.mark.parametrize(
    ("operation", "parameters"),
    [("describe_ipam_pools", {}), ("describe_vpc_classic_link", by("is-classic-link-enabled"))],
)
def test_what_is_not_emulated_says_so(world: Any, refused: Any, operation: str, parameters: dict[str, Any]) -> None:
    with refused("NotEmulated"):
        getattr(world.ec2(), operation)(**parameters)


def unchecked() -> Any:
    return boto3.client("ec2", "us-east-1", config=UNCHECKED, aws_access_key_id="test", aws_secret_access_key="test")
