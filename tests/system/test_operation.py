"""What the operator relies on: who may do what, how many calls there are, and what the logs tell."""

from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from localcloud.deploy.stacks import EXTERNAL_ID
from localcloud.iam.service_roles import assume_role_as_service

from .network import EAST, PRODUCTION, Network, Networks
from .requests import PING, Hub, an_item

REFUSED = {"AccessDenied", "AccessDeniedException", "UnauthorizedOperation"}
FEW, MANY = 2, 20


def test_least_privilege_is_enough(hub: Hub, networks: Networks) -> None:
    """Each function and role acts with its own policies: a run of every step meets no refusal."""
    requester, accepter = networks.pair()
    requester.enable_dns()
    accepter.enable_dns()
    closed = [network.add_security_group("closed", open_egress=False) for network in (requester, accepter)]

    run = hub.run(
        an_item(
            requester,
            accepter,
            dns_resolution=True,
            security_groups={"requester": [closed[0]], "accepter": [closed[1]]},
        )
    )

    assert run.status["state"] == "ACTIVE", run.status
    assert {"AuthorizeSecurityGroupEgress", "ModifyVpcPeeringConnectionOptions"} <= set(run.writes)
    assert [call for call in run.calls if call.error in REFUSED] == []
    assert {call.principal for call in run.calls if call.service == "ec2" and call.mutating} == {"causeway-write"}


def test_reads_do_not_grow_with_the_route_tables(hub: Hub, networks: Networks) -> None:
    """Counted on a second run, which waits for nothing."""
    reads = {}
    for tables in (FEW, MANY):
        requester, accepter = networks.pair()
        for network in (requester, accepter):
            for _ in range(tables - 1):
                network.add_route_table()
        item = an_item(requester, accepter, allow=[PING])
        first = hub.run(item)
        reads[tables] = sorted(hub.run(item).reads)

        assert first.writes.count("CreateRoute") == 2 * tables

    assert reads[MANY] == reads[FEW]


def test_each_log_line_names_its_request(hub: Hub, pair: tuple[Network, Network]) -> None:
    item = an_item(*pair, allow=[PING])
    hub.execution(hub.run(item).status)

    # What a raised error makes the Lambda runtime itself say has no service, and the invocation's id only.
    lines = [(function, line) for function, line in hub.log_lines() if line.get("service") == "causeway"]

    assert [(function, line) for function, line in lines if not line.get("request_id")] == []
    assert {function for function, line in lines if line["request_id"] == item["request_id"]} == {
        "DispatchRequest",
        "PlanPeering",
        "RequestPeering",
        "AcceptPeering",
        "UpdateRouteTables",
        "UpdateSecurityGroups",
        "CheckReachability",
        "RecordOutcome",
    }


class Function:
    """A function of the hub that has gone astray: it tries what its credentials give."""

    def __init__(self, hub: Hub, name: str) -> None:
        self._endpoint_url = hub.aws.endpoint_url
        role = assume_role_as_service(hub.function(name)["Role"], "lambda.amazonaws.com", name, EAST)
        self._sts = self._client("sts", role.access_key_id, role.secret_access_key, role.session_token)

    def assume(self, role: str, service: str = "ec2", **conditions: str) -> Any:
        """A client with a role of the production account."""
        arn = f"arn:aws:iam::{PRODUCTION}:role/{role}"
        keys = self._sts.assume_role(RoleArn=arn, RoleSessionName="astray", **conditions)["Credentials"]
        return self._client(service, keys["AccessKeyId"], keys["SecretAccessKey"], keys["SessionToken"])

    def _client(self, service: str, *keys: str) -> Any:
        names = ("aws_access_key_id", "aws_secret_access_key", "aws_session_token")
        credentials = dict(zip(names, keys, strict=True))
        return boto3.client(service, region_name=EAST, endpoint_url=self._endpoint_url, **credentials)  # type: ignore[call-overload]


@pytest.fixture(scope="module")
def writing(hub: Hub) -> Any:
    return Function(hub, "UpdateRouteTables").assume("causeway-write", ExternalId=EXTERNAL_ID)


@pytest.mark.parametrize(
    ("operation", "parameters"),
    [
        ("replace_route", {"RouteTableId": "{table}", "DestinationCidrBlock": "10.255.0.0/16", "GatewayId": "igw-1"}),
        ("delete_route_table", {"RouteTableId": "{table}"}),
        ("modify_security_group_rules", {"GroupId": "{group}", "SecurityGroupRules": [{"SecurityGroupRuleId": "sgr-1"}]}),
        ("delete_security_group", {"GroupId": "{group}"}),
        ("delete_vpc", {"VpcId": "{vpc}"}),
        ("create_vpc", {"CidrBlock": "10.255.0.0/16"}),
        ("create_internet_gateway", {}),
        ("create_tags", {"Resources": ["{table}"], "Tags": [{"Key": "Owner", "Value": "me"}]}),
        ("describe_network_interfaces", {}),
    ],
    ids=lambda each: each if isinstance(each, str) else "",
)
def test_what_the_write_role_may_not_do(
    networks: Networks, writing: Any, operation: str, parameters: dict[str, Any], request: pytest.FixtureRequest
) -> None:
    network: Network = request.getfixturevalue("production")
    names = {"table": network.main_table, "group": network.default_group, "vpc": network.vpc_id}

    with pytest.raises(ClientError, match="UnauthorizedOperation"):
        getattr(writing, operation)(**_filled(parameters, names))


def test_the_write_role_deletes_no_connection_without_our_tag(
    networks: Networks, writing: Any, pair: tuple[Network, Network]
) -> None:
    requester, accepter = networks.make(PRODUCTION), pair[0]
    connection_id = networks.request_peering(requester, accepter)

    with pytest.raises(ClientError, match="UnauthorizedOperation"):
        writing.delete_vpc_peering_connection(VpcPeeringConnectionId=connection_id)


@pytest.fixture(scope="module")
def production(networks: Networks) -> Network:
    return networks.make(PRODUCTION)


def _filled(parameters: dict[str, Any], names: dict[str, str]) -> dict[str, Any]:
    def fill(value: Any) -> Any:
        if isinstance(value, str):
            return value.format(**names)
        return [fill(each) for each in value] if isinstance(value, list) else value

    return {key: fill(value) for key, value in parameters.items()}


def test_the_read_role_changes_nothing(hub: Hub, production: Network) -> None:
    reading = Function(hub, "PlanPeering").assume("causeway-read", ExternalId=EXTERNAL_ID)

    assert reading.describe_vpcs(VpcIds=[production.vpc_id])["Vpcs"]
    with pytest.raises(ClientError, match="UnauthorizedOperation"):
        reading.create_route(
            RouteTableId=production.main_table, DestinationCidrBlock="10.255.0.0/16", VpcPeeringConnectionId="pcx-1"
        )


@pytest.mark.parametrize(
    ("function", "role", "conditions"),
    [
        ("PlanPeering", "causeway-write", {"ExternalId": EXTERNAL_ID}),
        ("UpdateRouteTables", "causeway-read", {"ExternalId": EXTERNAL_ID}),
        ("ReceiveEvent", "causeway-write", {"ExternalId": EXTERNAL_ID}),
        ("UpdateRouteTables", "causeway-write", {}),
        ("UpdateRouteTables", "causeway-write", {"ExternalId": "guessed"}),
        ("UpdateRouteTables", "OrganizationAccountAccessRole", {}),
    ],
    ids=["reader writes", "writer reads", "outsider", "no external id", "wrong external id", "administrator"],
)
def test_roles_are_only_for_whom_they_are_made(hub: Hub, function: str, role: str, conditions: dict[str, str]) -> None:
    with pytest.raises(ClientError, match="AccessDenied"):
        Function(hub, function).assume(role, **conditions)
