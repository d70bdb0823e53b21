"""Run Command on the embedded AWS: instances send real packets, on the network as EC2 has it then."""

from functools import partial
from typing import Any

import pytest
from botocore.exceptions import ClientError

from localcloud.deploy import operator_session
from localcloud.server import EmbeddedAws
from tests.localcloud.conftest import eventually

ACCOUNT = "444444444444"
BLOCKS = ("10.40.0.0/16", "10.50.0.0/16")

type Ends = tuple[str, str]


@pytest.fixture(scope="module")
def clients(embedded_aws: EmbeddedAws) -> tuple[Any, Any]:
    session = operator_session(embedded_aws, ACCOUNT)
    client = partial(session.client, endpoint_url=embedded_aws.endpoint_url)
    return client("ec2"), client("ssm")


@pytest.fixture(scope="module")
def instances(clients: tuple[Any, Any]) -> Ends:
    """Two instances in peered VPCs that let everything in."""
    ec2, _ = clients
    vpcs = [ec2.create_vpc(CidrBlock=block)["Vpc"]["VpcId"] for block in BLOCKS]
    peering = ec2.create_vpc_peering_connection(VpcId=vpcs[0], PeerVpcId=vpcs[1])
    connection_id = peering["VpcPeeringConnection"]["VpcPeeringConnectionId"]
    eventually(lambda: _status(ec2, connection_id) == "pending-acceptance")
    ec2.accept_vpc_peering_connection(VpcPeeringConnectionId=connection_id)
    eventually(lambda: _status(ec2, connection_id) == "active")
    one, other = (_instance(ec2, vpc, block, connection_id) for vpc, block in zip(vpcs, BLOCKS, strict=True))
    return one, other


def _status(ec2: Any, connection_id: str) -> str:
    (connection,) = ec2.describe_vpc_peering_connections(VpcPeeringConnectionIds=[connection_id])["VpcPeeringConnections"]
    status: str = connection["Status"]["Code"]
    return status


def _instance(ec2: Any, vpc_id: str, block: str, connection_id: str) -> str:
    ours = [{"Name": "vpc-id", "Values": [vpc_id]}]
    subnet = ec2.create_subnet(VpcId=vpc_id, CidrBlock=block.replace("/16", "/24"))["Subnet"]["SubnetId"]
    (table,) = ec2.describe_route_tables(Filters=ours)["RouteTables"]
    (peer,) = set(BLOCKS) - {block}
    ec2.create_route(RouteTableId=table["RouteTableId"], DestinationCidrBlock=peer, VpcPeeringConnectionId=connection_id)
    (group,) = ec2.describe_security_groups(Filters=ours)["SecurityGroups"]
    everything = [{"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}]
    ec2.authorize_security_group_ingress(GroupId=group["GroupId"], IpPermissions=everything)
    (image, *_) = ec2.describe_images(Owners=["amazon"])["Images"]
    launched = ec2.run_instances(
        ImageId=image["ImageId"],
        MinCount=1,
        MaxCount=1,
        SubnetId=subnet,
        PrivateIpAddress=block.replace("0.0/16", "0.7"),
        SecurityGroupIds=[group["GroupId"]],
    )
    instance_id: str = launched["Instances"][0]["InstanceId"]
    return instance_id


def run(ssm: Any, instance_id: str, *lines: str) -> dict[str, Any]:
    """Sends a command and waits for what becomes of it."""
    sent = ssm.send_command(InstanceIds=[instance_id], DocumentName="AWS-RunShellScript", Parameters={"commands": list(lines)})
    which = {"CommandId": sent["Command"]["CommandId"], "InstanceId": instance_id}

    def ended() -> dict[str, Any] | None:
        invocation: dict[str, Any] = ssm.get_command_invocation(**which)
        return None if invocation["Status"] in {"Pending", "InProgress"} else invocation

    return eventually(ended)


@pytest.mark.usefixtures("real_packets")
def test_an_instance_pings_its_peer_for_real(clients: tuple[Any, Any], instances: Ends) -> None:
    ec2, ssm = clients

    reached = run(ssm, instances[0], "ping -c 2 10.50.0.7")
    assert (reached["Status"], reached["ResponseCode"]) == ("Success", 0)
    assert "2 packets transmitted, 2 received, 0% packet loss" in reached["StandardOutputContent"]

    to_peer = [{"Name": "route.vpc-peering-connection-id", "Values": ["pcx-*"]}]
    for table in ec2.describe_route_tables(Filters=to_peer)["RouteTables"]:
        (route,) = (each for each in table["Routes"] if "VpcPeeringConnectionId" in each)
        ec2.delete_route(RouteTableId=table["RouteTableId"], DestinationCidrBlock=route["DestinationCidrBlock"])

    lost = run(ssm, instances[0], "ping -c 1 -W 0.3 10.50.0.7")
    assert (lost["Status"], lost["ResponseCode"]) == ("Failed", 1)
    assert "1 packets transmitted, 0 received, 100% packet loss" in lost["StandardOutputContent"]


@pytest.mark.usefixtures("real_packets")
def test_an_unknown_command_is_not_found(clients: tuple[Any, Any], instances: Ends) -> None:
    _, ssm = clients

    failed = run(ssm, instances[1], "uname -a")

    assert (failed["Status"], failed["ResponseCode"]) == ("Failed", 127)
    assert failed["StandardErrorContent"] == "sh: uname: command not found\n"


def test_an_instance_that_is_not_there_takes_no_command(clients: tuple[Any, Any]) -> None:
    _, ssm = clients

    with pytest.raises(ClientError, match="InvalidInstanceId"):
        run(ssm, "i-0123456789abcdef0", "ping -c 1 10.50.0.7")
