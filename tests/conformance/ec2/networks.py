"""VPCs of the two accounts and their peering connections, as tests make them."""

from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from tests.conformance.accounts import Account
from tests.conformance.expecting import eventually, until

NOT_FOUND = "InvalidVpcPeeringConnectionID.NotFound"
OPEN = {"initiating-request", "pending-acceptance", "provisioning", "deleting"}
"""The states that a connection leaves by itself or after a call; all others last."""


@dataclass(frozen=True)
class Vpc:
    """A VPC, with its owner's EC2 client in its region."""

    ec2: Any
    id: str
    owner: str
    region: str

    def only(self, call: str, key: str, **filters: str) -> dict[str, Any]:
        """The one thing of a kind in the VPC: `only("describe_network_acls", "NetworkAcls")`."""
        given = [{"Name": name, "Values": [value]} for name, value in {"vpc-id": self.id, **filters}.items()]
        (found,) = getattr(self.ec2, call)(Filters=given)[key]
        described: dict[str, Any] = found
        return described


def make_vpc(account: Account, cidr: str, *secondary: str, region: str | None = None, ipv6: bool = False) -> Vpc:
    ec2 = account.client("ec2", region or account.region)
    made = ec2.create_vpc(CidrBlock=cidr, AmazonProvidedIpv6CidrBlock=ipv6)["Vpc"]
    vpc = Vpc(ec2, made["VpcId"], account.id, region or account.region)
    for block in secondary:
        ec2.associate_vpc_cidr_block(VpcId=vpc.id, CidrBlock=block)
    if secondary or ipv6:
        eventually(lambda: block_states(vpc), {"associated"})
    return vpc


def block_states(vpc: Vpc) -> set[str]:
    (described,) = vpc.ec2.describe_vpcs(VpcIds=[vpc.id])["Vpcs"]
    ipv4 = (each["CidrBlockState"]["State"] for each in described["CidrBlockAssociationSet"])
    ipv6 = (each["Ipv6CidrBlockState"]["State"] for each in described.get("Ipv6CidrBlockAssociationSet", []))
    return {*ipv4, *ipv6}


def ipv4_blocks(vpc: Vpc) -> list[str]:
    (described,) = vpc.ec2.describe_vpcs(VpcIds=[vpc.id])["Vpcs"]
    return [each["CidrBlock"] for each in described["CidrBlockAssociationSet"]]


def ipv6_block(vpc: Vpc) -> str:
    (described,) = vpc.ec2.describe_vpcs(VpcIds=[vpc.id])["Vpcs"]
    block: str = described["Ipv6CidrBlockAssociationSet"][0]["Ipv6CidrBlock"]
    return block


def make_subnet(vpc: Vpc, cidr: str, **more: Any) -> str:
    subnet_id: str = vpc.ec2.create_subnet(VpcId=vpc.id, CidrBlock=cidr, **more)["Subnet"]["SubnetId"]
    return subnet_id


def make_group(vpc: Vpc, name: str) -> str:
    group_id: str = vpc.ec2.create_security_group(GroupName=name, Description="app", VpcId=vpc.id)["GroupId"]
    return group_id


def make_table(vpc: Vpc) -> str:
    table_id: str = vpc.ec2.create_route_table(VpcId=vpc.id)["RouteTable"]["RouteTableId"]
    return table_id


def make_acl(vpc: Vpc) -> str:
    acl_id: str = vpc.ec2.create_network_acl(VpcId=vpc.id)["NetworkAcl"]["NetworkAclId"]
    return acl_id


def make_interface(vpc: Vpc, subnet_id: str, **more: Any) -> str:
    made = vpc.ec2.create_network_interface(SubnetId=subnet_id, **more)["NetworkInterface"]
    interface_id: str = made["NetworkInterfaceId"]
    return interface_id


def ask(requester: Vpc, accepter: Vpc, **more: Any) -> dict[str, Any]:
    """Ask for a peering connection; what is answered at once."""
    answer = requester.ec2.create_vpc_peering_connection(
        VpcId=requester.id, PeerVpcId=accepter.id, PeerOwnerId=accepter.owner, PeerRegion=accepter.region, **more
    )
    connection: dict[str, Any] = answer["VpcPeeringConnection"]
    return connection


def request_peering(requester: Vpc, accepter: Vpc) -> str:
    """Ask for a peering connection, and wait until both sides see that it is pending."""
    connection_id: str = ask(requester, accepter)["VpcPeeringConnectionId"]
    await_status(requester, connection_id, "pending-acceptance")
    await_status(accepter, connection_id, "pending-acceptance")
    return connection_id


def make_peering(requester: Vpc, accepter: Vpc) -> str:
    """Ask for a peering connection, accept it, and wait until both sides see that it is active."""
    connection_id = request_peering(requester, accepter)
    accept(requester, accepter, connection_id)
    return connection_id


def accept(requester: Vpc, accepter: Vpc, connection_id: str) -> None:
    accepter.ec2.accept_vpc_peering_connection(VpcPeeringConnectionId=connection_id)
    await_status(requester, connection_id, "active")
    await_status(accepter, connection_id, "active")


def delete_peering(side: Vpc, connection_id: str) -> None:
    side.ec2.delete_vpc_peering_connection(VpcPeeringConnectionId=connection_id)
    await_status(side, connection_id, "deleted")


def connections(side: Vpc, connection_id: str) -> list[dict[str, Any]]:
    """What a side sees of a connection: it, or nothing."""
    try:
        answer = side.ec2.describe_vpc_peering_connections(VpcPeeringConnectionIds=[connection_id])
    except ClientError as error:
        if error.response["Error"]["Code"] != NOT_FOUND:
            raise
        return []
    found: list[dict[str, Any]] = answer["VpcPeeringConnections"]
    return found


def connection(side: Vpc, connection_id: str) -> dict[str, Any]:
    (found,) = connections(side, connection_id)
    return found


def status(side: Vpc, connection_id: str) -> str | None:
    """The code of the state that a side sees; None where it does not see the connection."""
    return next((each["Status"]["Code"] for each in connections(side, connection_id)), None)


def lasting_status(side: Vpc, connection_id: str) -> str | None:
    """The state that a connection which nobody touches comes to."""
    return until(lambda: status(side, connection_id), lambda code: code not in {*OPEN, None} or code == "pending-acceptance")


def await_status(side: Vpc, connection_id: str, code: str) -> None:
    eventually(lambda: status(side, connection_id), code)
