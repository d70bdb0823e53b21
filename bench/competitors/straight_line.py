"""Peer two VPCs in two accounts with boto3: the script that one writes in an afternoon.

Each side is described by the environment: <SIDE>_ACCOUNT_ID, <SIDE>_ROLE_ARN, <SIDE>_VPC_ID, <SIDE>_CIDR_BLOCK,
<SIDE>_ROUTE_TABLE_IDS (separated by spaces) and <SIDE>_SECURITY_GROUP_ID, where SIDE is REQUESTER or ACCEPTER.
"""

import os
import time
from typing import TYPE_CHECKING

import boto3
from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from mypy_boto3_ec2 import EC2Client
    from mypy_boto3_ec2.type_defs import IpPermissionTypeDef


def ec2_of(side: str) -> "EC2Client":
    role = boto3.client("sts").assume_role(RoleArn=os.environ[f"{side}_ROLE_ARN"], RoleSessionName="peering")["Credentials"]
    return boto3.client(
        "ec2",
        aws_access_key_id=role["AccessKeyId"],
        aws_secret_access_key=role["SecretAccessKey"],
        aws_session_token=role["SessionToken"],
    )


def status_of(ec2: "EC2Client", connection_id: str) -> str:
    try:
        found = ec2.describe_vpc_peering_connections(VpcPeeringConnectionIds=[connection_id])
    except ClientError as error:
        if error.response["Error"]["Code"] == "InvalidVpcPeeringConnectionID.NotFound":
            return "not visible yet"
        raise
    return found["VpcPeeringConnections"][0]["Status"]["Code"]


def wait_while(ec2: "EC2Client", connection_id: str, *statuses: str) -> None:
    while status_of(ec2, connection_id) in statuses:
        time.sleep(1)


def allow(ec2: "EC2Client", side: str, peer_block: str) -> None:
    """SSH and ICMP, out to the peer and in from it."""
    ranges = [{"CidrIp": peer_block}]
    permissions: list[IpPermissionTypeDef] = [
        {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "IpRanges": ranges},  # type: ignore[typeddict-item]
        {"IpProtocol": "icmp", "FromPort": -1, "ToPort": -1, "IpRanges": ranges},  # type: ignore[typeddict-item]
    ]
    group_id = os.environ[f"{side}_SECURITY_GROUP_ID"]
    ec2.authorize_security_group_ingress(GroupId=group_id, IpPermissions=permissions)
    ec2.authorize_security_group_egress(GroupId=group_id, IpPermissions=permissions)


def main() -> None:
    requester, accepter = ec2_of("REQUESTER"), ec2_of("ACCEPTER")
    connection = requester.create_vpc_peering_connection(
        VpcId=os.environ["REQUESTER_VPC_ID"],
        PeerVpcId=os.environ["ACCEPTER_VPC_ID"],
        PeerOwnerId=os.environ["ACCEPTER_ACCOUNT_ID"],
    )["VpcPeeringConnection"]
    connection_id = connection["VpcPeeringConnectionId"]
    wait_while(accepter, connection_id, "not visible yet", "initiating-request")
    accepter.accept_vpc_peering_connection(VpcPeeringConnectionId=connection_id)
    wait_while(requester, connection_id, "pending-acceptance", "provisioning")
    for ec2, side, peer in (requester, "REQUESTER", "ACCEPTER"), (accepter, "ACCEPTER", "REQUESTER"):
        peer_block = os.environ[f"{peer}_CIDR_BLOCK"]
        for table_id in os.environ[f"{side}_ROUTE_TABLE_IDS"].split():
            ec2.create_route(RouteTableId=table_id, DestinationCidrBlock=peer_block, VpcPeeringConnectionId=connection_id)
        allow(ec2, side, peer_block)


if __name__ == "__main__":
    main()
