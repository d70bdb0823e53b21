"""Run Command on the embedded AWS: instances send real packets, on the network as EC2 has it then."""

import json
from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest
from botocore.exceptions import ClientError

from localcloud.deploy.stacks import operator_session
from localcloud.server import EmbeddedAws
from tests.localcloud.conftest import eventually

ACCOUNT = "444444444444"
BLOCKS = ("10.40.0.0/16", "10.50.0.0/16")

type Ends = tuple[str, str]

PROBE = """
Resources:
  Probe:
    Type: AWS::SSM::Document
    Properties:
      Name: probe
      DocumentType: Command
      Content:
        schemaVersion: "2.2"
        parameters:
          Address: {type: String, allowedPattern: '^[0-9a-f.:]{2,45}$'}
          Protocol: {type: String, allowedValues: [icmp, tcp]}
          Port: {type: String, default: "0", allowedPattern: '^[0-9]{1,5}$'}
        mainSteps:
          - action: aws:runShellScript
            name: connect
            precondition: {StringEquals: ["{{ Protocol }}", tcp]}
            inputs: {runCommand: ["timeout 0.5 bash -c '</dev/tcp/{{ Address }}/{{ Port }}'"]}
          - action: aws:runShellScript
            name: ping
            precondition: {StringEquals: ["{{ Protocol }}", icmp]}
            inputs: {runCommand: ["ping -c 1 -W 0.5 {{ Address }}"]}
"""


@pytest.fixture(scope="module")
def client(embedded_aws: EmbeddedAws) -> Any:
    session = operator_session(embedded_aws, ACCOUNT)
    return partial(session.client, endpoint_url=embedded_aws.endpoint_url)


@pytest.fixture(scope="module")
def clients(client: Any) -> tuple[Any, Any]:
    return client("ec2"), client("ssm")


@pytest.fixture(scope="module")
def probe(client: Any) -> Iterator[str]:
    """A document of one's own, from a template."""
    stacks = client("cloudformation")
    stacks.create_stack(StackName="probe", TemplateBody=PROBE)
    yield "probe"
    stacks.delete_stack(StackName="probe")


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
    """Sends shell lines and waits for what becomes of them."""
    return sent(ssm, instance_id, "AWS-RunShellScript", {"commands": list(lines)})


def sent(
    ssm: Any, instance_id: str, document: str, parameters: dict[str, list[str]], step: str | None = None
) -> dict[str, Any]:
    """Sends a command and waits for what becomes of it, or of one of its steps."""
    command = ssm.send_command(InstanceIds=[instance_id], DocumentName=document, Parameters=parameters)["Command"]
    which = {"CommandId": command["CommandId"], "InstanceId": instance_id} | ({"PluginName": step} if step else {})

    def ended() -> dict[str, Any] | None:
        try:
            invocation: dict[str, Any] = ssm.get_command_invocation(**which)
        except ssm.exceptions.InvocationDoesNotExist:
            return None
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


@pytest.mark.usefixtures("real_packets")
def test_a_command_goes_to_nobody_else(clients: tuple[Any, Any], instances: Ends) -> None:
    _, ssm = clients

    command_id = run(ssm, instances[0], "ping -c 1 10.40.0.7")["CommandId"]

    (only,) = ssm.list_command_invocations(CommandId=command_id, Details=True)["CommandInvocations"]
    assert (only["InstanceId"], only["Status"]) == (instances[0], "Success")
    (step,) = only["CommandPlugins"]
    assert (step["Name"], step["ResponseCode"]) == ("aws:runShellScript", 0)
    assert "1 packets transmitted, 1 received" in step["Output"]


@pytest.mark.usefixtures("real_packets")
def test_right_after_it_was_sent_a_command_is_not_found(clients: tuple[Any, Any], instances: Ends) -> None:
    _, ssm = clients

    ping = {"commands": ["ping -c 1 10.40.0.7"]}
    command = ssm.send_command(InstanceIds=[instances[0]], DocumentName="AWS-RunShellScript", Parameters=ping)["Command"]

    with pytest.raises(ClientError, match="InvocationDoesNotExist"):
        ssm.get_command_invocation(CommandId=command["CommandId"], InstanceId=instances[0])
    assert ssm.list_command_invocations(CommandId=command["CommandId"])["CommandInvocations"] == []
    eventually(lambda: ssm.list_command_invocations(CommandId=command["CommandId"])["CommandInvocations"])


@pytest.mark.usefixtures("real_packets")
def test_a_document_of_ones_own_probes_for_real(clients: tuple[Any, Any], instances: Ends, probe: str) -> None:
    """Nobody listens on an instance: it answers a connection by refusing it."""
    _, ssm = clients
    itself = {"Address": ["10.40.0.7"], "Port": ["22"]}

    refused = sent(ssm, instances[0], probe, {"Protocol": ["tcp"], **itself}, "connect")
    assert (refused["Status"], refused["ResponseCode"], refused["PluginName"]) == ("Failed", 1, "connect")
    assert "Connection refused" in refused["StandardErrorContent"]

    lost = sent(ssm, instances[0], probe, {"Protocol": ["tcp"], "Address": ["10.40.0.99"], "Port": ["22"]}, "connect")
    assert (lost["Status"], lost["ResponseCode"]) == ("Failed", 124)

    skipped = sent(ssm, instances[0], probe, {"Protocol": ["icmp"], **itself}, "connect")
    assert (skipped["Status"], skipped["ResponseCode"]) == ("Success", 0)
    assert "skipped due to unsatisfied preconditions" in skipped["StandardOutputContent"]


@pytest.mark.usefixtures("real_packets")
def test_of_several_steps_one_has_to_be_named(clients: tuple[Any, Any], instances: Ends, probe: str) -> None:
    _, ssm = clients

    whole = sent(ssm, instances[0], probe, {"Protocol": ["icmp"], "Address": ["10.40.0.7"]})
    assert (whole["Status"], whole["StandardOutputContent"]) == ("Success", "")

    which = {"CommandId": whole["CommandId"], "InstanceId": instances[0]}
    ping = ssm.get_command_invocation(PluginName="ping", **which)
    assert "1 packets transmitted, 1 received" in ping["StandardOutputContent"]
    with pytest.raises(ClientError, match="InvalidPluginName"):
        ssm.get_command_invocation(PluginName="trace", **which)
    with pytest.raises(ClientError, match="InvocationDoesNotExist"):
        ssm.get_command_invocation(CommandId=whole["CommandId"], InstanceId=instances[1])


def test_a_document_takes_only_what_it_allows(clients: tuple[Any, Any], probe: str) -> None:
    _, ssm = clients
    nobody = {"InstanceIds": ["i-0123456789abcdef0"]}

    broken = {"Protocol": ["tcp"], "Address": ["10.40.0.7;reboot"]}
    with pytest.raises(ClientError, match="InvalidParameters"):
        ssm.send_command(DocumentName=probe, Parameters=broken, **nobody)
    with pytest.raises(ClientError, match="InvalidDocument"):
        ssm.send_command(DocumentName="unknown", **nobody)


def test_a_document_of_a_template_is_there_as_it_was_written(clients: tuple[Any, Any], probe: str) -> None:
    _, ssm = clients

    content = json.loads(ssm.get_document(Name=probe)["Content"])

    assert [step["name"] for step in content["mainSteps"]] == ["connect", "ping"]
    assert ssm.describe_document(Name=probe)["Document"]["DocumentType"] == "Command"


@pytest.mark.usefixtures("real_packets")
def test_the_instances_that_take_commands_are_online(clients: tuple[Any, Any], instances: Ends) -> None:
    _, ssm = clients

    pages = ssm.get_paginator("describe_instance_information").paginate(PaginationConfig={"PageSize": 5})
    online = [each for page in pages for each in page["InstanceInformationList"]]

    assert set(instances) <= {each["InstanceId"] for each in online}
    assert {(each["PingStatus"], each["PlatformType"]) for each in online} == {("Online", "Linux")}
    one = ssm.describe_instance_information(Filters=[{"Key": "InstanceIds", "Values": [instances[0]]}])
    assert [each["IPAddress"] for each in one["InstanceInformationList"]] == ["10.40.0.7"]
    with pytest.raises(ClientError, match="InvalidFilterKey"):
        ssm.describe_instance_information(Filters=[{"Key": "Colour", "Values": ["red"]}])
