"""CloudTrail's spelling of EC2's calls."""

from typing import Any

from localcloud.endpoint.callers import Caller
from localcloud.events.trail_records import Ec2Call, trail_record, user_identity

SESSION = Caller("111111111111", "ASIA1", role_arn="arn:aws:iam::111111111111:role/ops/admin", session_name="jane")
PLAIN = '<{0}Response xmlns="http://ec2.amazonaws.com/doc/2016-11-15/"><requestId>r-1</requestId>{1}</{0}Response>'


def record(operation: str, answer: str = "<return>true</return>", /, **form: str) -> dict[str, Any]:
    parameters = {name.replace("__", "."): value for name, value in form.items()}
    body = PLAIN.format(operation, answer).encode()
    return trail_record(Ec2Call(SESSION, "AROA1", operation, "us-east-1", "2026-01-31T12:00:00Z", parameters, body))


def test_scalars_have_their_types_and_lower_camel_case() -> None:
    detail = record("CreateRoute", RouteTableId="rtb-1", DestinationCidrBlock="10.0.0.0/8", VpcPeeringConnectionId="pcx-1")
    assert detail["requestParameters"] == {
        "routeTableId": "rtb-1",
        "destinationCidrBlock": "10.0.0.0/8",
        "vpcPeeringConnectionId": "pcx-1",
    }
    assert detail["responseElements"] == {"requestId": "r-1", "_return": True}
    entry = record("CreateNetworkAclEntry", NetworkAclId="acl-1", RuleNumber="20000", Protocol="6", Egress="false")
    assert entry["requestParameters"] == {"networkAclId": "acl-1", "ruleNumber": 20000, "aclProtocol": "6", "egress": False}


def test_lists_are_items_and_the_empty_ones_of_a_permission_are_there() -> None:
    detail = record(
        "AuthorizeSecurityGroupIngress",
        "<return>true</return><securityGroupRuleSet><item><securityGroupRuleId>sgr-1</securityGroupRuleId>"
        "<isEgress>false</isEgress><fromPort>443</fromPort></item></securityGroupRuleSet>",
        GroupId="sg-1",
        IpPermissions__1__IpProtocol="tcp",
        IpPermissions__1__FromPort="443",
        IpPermissions__1__ToPort="443",
        IpPermissions__1__IpRanges__1__CidrIp="10.0.0.0/8",
        IpPermissions__1__Groups__1__GroupId="sg-2",
    )
    permission = detail["requestParameters"]["ipPermissions"]["items"][0]
    assert permission == {
        "ipProtocol": "tcp",
        "fromPort": 443,
        "toPort": 443,
        "groups": {"items": [{"groupId": "sg-2"}]},
        "ipRanges": {"items": [{"cidrIp": "10.0.0.0/8"}]},
        "ipv6Ranges": {},
        "prefixListIds": {},
    }
    rules = detail["responseElements"]["securityGroupRuleSet"]["items"]
    assert rules == [{"securityGroupRuleId": "sgr-1", "isEgress": False, "fromPort": 443}]


def test_tags_and_what_is_tagged_have_names_of_their_own() -> None:
    tags = {"Tag__1__Key": "team", "Tag__1__Value": "net"}
    assert record("CreateTags", ResourceId__1="pcx-1", ResourceId__2="sgr-1", **tags)["requestParameters"] == {
        "resourcesSet": {"items": [{"resourceId": "pcx-1"}, {"resourceId": "sgr-1"}]},
        "tagSet": {"items": [{"key": "team", "value": "net"}]},
    }
    given = {"ResourceType": "vpc-peering-connection", **tags}
    specification = {f"TagSpecification__1__{name}": value for name, value in given.items()}
    assert record("CreateVpcPeeringConnection", VpcId="vpc-1", PeerVpcId="vpc-2", **specification)["requestParameters"] == {
        "vpcId": "vpc-1",
        "peerVpcId": "vpc-2",
        "tagSpecificationSet": {
            "items": [{"resourceType": "vpc-peering-connection", "tags": [{"key": "team", "value": "net"}]}]
        },
    }


def test_rules_are_revoked_by_their_ids() -> None:
    detail = record("RevokeSecurityGroupEgress", GroupId="sg-1", SecurityGroupRuleId__1="sgr-1")
    assert detail["requestParameters"]["securityGroupRuleIds"] == {"items": [{"securityGroupRuleId": "sgr-1"}]}


def test_the_frame_of_a_record() -> None:
    detail = record("DeleteVpcPeeringConnection", VpcPeeringConnectionId="pcx-1")
    assert (detail["eventName"], detail["eventSource"], detail["eventTime"]) == (
        "DeleteVpcPeeringConnection",
        "ec2.amazonaws.com",
        "2026-01-31T12:00:00Z",
    )
    assert (detail["readOnly"], detail["eventType"], detail["requestID"]) == (False, "AwsApiCall", "r-1")


def test_a_session_names_the_role_that_issued_it() -> None:
    identity = user_identity(SESSION, "AROA1")
    assert identity["principalId"] == "AROA1:jane"
    assert identity["arn"] == "arn:aws:sts::111111111111:assumed-role/admin/jane"
    assert identity["sessionContext"]["sessionIssuer"] == {
        "type": "Role",
        "principalId": "AROA1",
        "arn": "arn:aws:iam::111111111111:role/ops/admin",
        "accountId": "111111111111",
        "userName": "admin",
    }
