"""VPCs that a test makes for itself, and what EC2 says about them afterwards."""

import time
from collections.abc import Iterator, Mapping
from functools import cache
from ipaddress import ip_network
from typing import Any, NamedTuple

import boto3

from localcloud.deploy.stacks import operator_session
from localcloud.server import MEMBER_ACCOUNT_IDS, EmbeddedAws

TEST, PRODUCTION = MEMBER_ACCOUNT_IDS
EAST, WEST = "us-east-1", "us-west-2"
ANYWHERE = "0.0.0.0/0"
LOCAL = "local"

_LIVE = ("initiating-request", "pending-acceptance", "provisioning", "active")
_TARGETS = ("GatewayId", "VpcPeeringConnectionId", "NatGatewayId", "NetworkInterfaceId", "TransitGatewayId")
_PATIENCE = 10.0

type Tags = Mapping[str, str]


class Rule(NamedTuple):
    """What a security-group rule says; `ports` is `22`, `8000-8010`, or empty where the protocol has none."""

    direction: str
    protocol: str
    ports: str
    peer: str


class Network:
    """A VPC with its main route table, its default security group and one subnet, until a test adds more."""

    def __init__(self, ec2: Any, account_id: str, region: str, block: str, *, ipv6: bool = False) -> None:
        self.ec2 = ec2
        self.account_id = account_id
        self.region = region
        self.block = block
        vpc = ec2.create_vpc(CidrBlock=block, AmazonProvidedIpv6CidrBlock=ipv6)["Vpc"]
        self.vpc_id: str = vpc["VpcId"]
        self.ipv6_blocks = [_canonical(each["Ipv6CidrBlock"]) for each in vpc.get("Ipv6CidrBlockAssociationSet", [])]
        self._free = ip_network(block).subnets(new_prefix=24)
        self._free_ipv6 = (part for each in self.ipv6_blocks for part in ip_network(each).subnets(new_prefix=64))
        self.main_table: str = self._only("describe_route_tables", "RouteTables")["RouteTableId"]
        self.default_group: str = self._only("describe_security_groups", "SecurityGroups")["GroupId"]
        self.subnet = self.add_subnet()

    @property
    def ref(self) -> dict[str, str]:
        """The VPC as a request item names it."""
        return {"account_id": self.account_id, "region": self.region, "vpc_id": self.vpc_id}

    # What a test adds

    def add_subnet(self, route_table: str | None = None) -> str:
        """A subnet with the VPC's families; without a table it uses the main one."""
        ipv6: dict[str, Any] = {"Ipv6CidrBlock": str(next(self._free_ipv6))} if self.ipv6_blocks else {}
        answer = self.ec2.create_subnet(VpcId=self.vpc_id, CidrBlock=str(next(self._free)), **ipv6)
        subnet_id: str = answer["Subnet"]["SubnetId"]
        if route_table:
            self.ec2.associate_route_table(SubnetId=subnet_id, RouteTableId=route_table)
        return subnet_id

    def add_route_table(self, **tags: str) -> str:
        answer = self.ec2.create_route_table(VpcId=self.vpc_id, TagSpecifications=_specification("route-table", tags))
        table_id: str = answer["RouteTable"]["RouteTableId"]
        return table_id

    def add_security_group(self, name: str, *, open_egress: bool = True, **tags: str) -> str:
        specification = _specification("security-group", tags)
        answer = self.ec2.create_security_group(
            VpcId=self.vpc_id, GroupName=name, Description=name, TagSpecifications=specification
        )
        group_id: str = answer["GroupId"]
        if not open_egress:
            everything = [{"IpProtocol": "-1", "IpRanges": [{"CidrIp": ANYWHERE}]}]
            self.ec2.revoke_security_group_egress(GroupId=group_id, IpPermissions=everything)
        return group_id

    def add_interface(self, *groups: str, subnet: str | None = None) -> str:
        """A network interface, which the reachability check takes for one of the flows' ends; its private address."""
        answer = self.ec2.create_network_interface(SubnetId=subnet or self.subnet, Groups=list(groups))
        address: str = answer["NetworkInterface"]["PrivateIpAddress"]
        return address

    def add_prefix_list(self, name: str, *blocks: str) -> str:
        entries = [{"Cidr": block} for block in blocks]
        answer = self.ec2.create_managed_prefix_list(PrefixListName=name, MaxEntries=5, AddressFamily="IPv4", Entries=entries)
        prefix_list_id: str = answer["PrefixList"]["PrefixListId"]
        return prefix_list_id

    def allow_prefix_list(self, group_id: str, prefix_list_id: str, port: int) -> None:
        """TCP to one port, from what the prefix list holds."""
        peers = [{"PrefixListId": prefix_list_id}]
        rule = {"IpProtocol": "tcp", "FromPort": port, "ToPort": port, "PrefixListIds": peers}
        self.ec2.authorize_security_group_ingress(GroupId=group_id, IpPermissions=[rule])

    def add_instance(self) -> str:
        """An instance in the VPC's own subnet, with the default group; its id."""
        (image, *_) = self.ec2.describe_images(Owners=["amazon"])["Images"]
        launched = self.ec2.run_instances(ImageId=image["ImageId"], MinCount=1, MaxCount=1, SubnetId=self.subnet)
        instance_id: str = launched["Instances"][0]["InstanceId"]
        return instance_id

    def add_cidr_block(self, block: str) -> None:
        self.ec2.associate_vpc_cidr_block(VpcId=self.vpc_id, CidrBlock=block)

    def enable_dns(self) -> None:
        self.ec2.modify_vpc_attribute(VpcId=self.vpc_id, EnableDnsHostnames={"Value": True})

    def route_to_a_gateway(self, destination: str) -> str:
        """A route in the main table that has nothing to do with any peering; the gateway."""
        gateway_id: str = self.ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
        self.ec2.attach_internet_gateway(VpcId=self.vpc_id, InternetGatewayId=gateway_id)
        self.ec2.create_route(RouteTableId=self.main_table, DestinationCidrBlock=destination, GatewayId=gateway_id)
        return gateway_id

    def fill(self, group_id: str) -> None:
        """As many ingress rules as AWS allows a group unless its account asked for more: 60, with those that it has."""
        (group,) = self.ec2.describe_security_groups(GroupIds=[group_id])["SecurityGroups"]
        ranges = [{"CidrIp": f"172.16.{each}.0/24"} for each in range(60 - len(group["IpPermissions"]))]
        tcp = {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "IpRanges": ranges}
        self.ec2.authorize_security_group_ingress(GroupId=group_id, IpPermissions=[tcp])

    def deny(self, protocol: str, port: int) -> str:
        """The default network ACL with an entry that stops this on its way in; the ACL."""
        acl_id = self.default_acl
        self.ec2.create_network_acl_entry(
            NetworkAclId=acl_id,
            RuleNumber=50,
            Protocol=protocol,
            RuleAction="deny",
            Egress=False,
            CidrBlock=ANYWHERE,
            PortRange={"From": port, "To": port},
        )
        return acl_id

    def close(self) -> str:
        """The default network ACL without the entries that let everything through; the ACL."""
        acl_id = self.default_acl
        for entry in self.acl_entries(acl_id):
            if entry["RuleAction"] == "allow":
                self.ec2.delete_network_acl_entry(NetworkAclId=acl_id, RuleNumber=entry["RuleNumber"], Egress=entry["Egress"])
        return acl_id

    # What EC2 says

    @property
    def default_acl(self) -> str:
        acl_id: str = self._only("describe_network_acls", "NetworkAcls")["NetworkAclId"]
        return acl_id

    def acl_entries(self, acl_id: str) -> list[dict[str, Any]]:
        """As EC2 describes them, by direction and number."""
        (acl,) = self.ec2.describe_network_acls(NetworkAclIds=[acl_id])["NetworkAcls"]
        return sorted(acl["Entries"], key=lambda entry: (entry["Egress"], entry["RuleNumber"]))

    def routes(self, table_id: str) -> dict[str, str]:
        """The target of each destination. One that is a blackhole is named so."""
        (table,) = self.ec2.describe_route_tables(RouteTableIds=[table_id])["RouteTables"]
        return {_destination(route): _target(route) for route in table["Routes"]}

    def rules(self, group_id: str) -> dict[Rule, dict[str, str]]:
        """The tags of each of the group's rules.

        Raises:
            AssertionError: One rule is there twice.
        """
        answer = self.ec2.describe_security_group_rules(Filters=[{"Name": "group-id", "Values": [group_id]}])
        rules = [(_rule(raw), _tags(raw)) for raw in answer["SecurityGroupRules"]]
        assert len({rule for rule, _ in rules}) == len(rules), rules
        return dict(rules)

    def added_rules(self, group_id: str) -> dict[Rule, dict[str, str]]:
        """The rules that carry Causeway's tag."""
        return {rule: tags for rule, tags in self.rules(group_id).items() if "causeway:request-id" in tags}

    def connections(self) -> list[dict[str, Any]]:
        """The VPC's live connections as this account and region sees them."""
        live = {"Name": "status-code", "Values": list(_LIVE)}
        found = {}
        for side in ("requester", "accepter"):
            ours = {"Name": f"{side}-vpc-info.vpc-id", "Values": [self.vpc_id]}
            answer = self.ec2.describe_vpc_peering_connections(Filters=[ours, live])
            found.update({each["VpcPeeringConnectionId"]: each for each in answer["VpcPeeringConnections"]})
        return list(found.values())

    def connection(self) -> dict[str, Any]:
        """The only live connection."""
        (connection,) = self.connections()
        return connection

    def everything(self) -> list[Any]:
        """All that a request could change, as EC2 describes it: the same list means an untouched network."""
        here = [{"Name": "vpc-id", "Values": [self.vpc_id]}]
        return [
            self.ec2.describe_route_tables(Filters=here)["RouteTables"],
            self.ec2.describe_security_groups(Filters=here)["SecurityGroups"],
            self.ec2.describe_network_acls(Filters=here)["NetworkAcls"],
            self.connections(),
        ]

    def described(self, *resource_ids: str) -> list[Any]:
        """Route tables and security groups as EC2 describes them."""
        tables = [each for each in resource_ids if each.startswith("rtb-")]
        groups = [each for each in resource_ids if each.startswith("sg-")]
        return [
            self.ec2.describe_route_tables(RouteTableIds=tables)["RouteTables"],
            self.ec2.describe_security_groups(GroupIds=groups)["SecurityGroups"],
            [self.rules(group) for group in groups],
        ]

    def _only(self, operation: str, key: str) -> dict[str, Any]:
        (described,) = getattr(self.ec2, operation)(Filters=[{"Name": "vpc-id", "Values": [self.vpc_id]}])[key]
        found: dict[str, Any] = described
        return found


class Networks:
    """Makes VPCs in any account and region, with CIDR blocks that no two of them share."""

    def __init__(self, aws: EmbeddedAws) -> None:
        self._aws = aws
        self._blocks = _blocks()
        # A session holds the services' models, a client its connections: both are slow to make.
        self._session = cache(self._new_session)
        self._client = cache(self._new_client)

    def make(self, account_id: str = TEST, region: str = EAST, *, block: str | None = None, ipv6: bool = False) -> Network:
        return Network(self._client(account_id, region), account_id, region, block or self.free_block(), ipv6=ipv6)

    def pair(self) -> tuple[Network, Network]:
        """The usual two: one in each member account, in the same region."""
        return self.make(TEST), self.make(PRODUCTION)

    def free_block(self) -> str:
        return next(self._blocks)

    def peer(self, requester: Network, accepter: Network) -> str:
        """Peer two VPCs by hand, until the connection is active; its id."""
        connection_id = self.request_peering(requester, accepter)
        accepter.ec2.accept_vpc_peering_connection(VpcPeeringConnectionId=connection_id)
        _until(lambda: accepter.connection()["Status"]["Code"] == "active")
        return connection_id

    def request_peering(self, requester: Network, accepter: Network) -> str:
        """Request a connection by hand and leave it pending; its id."""
        answer = requester.ec2.create_vpc_peering_connection(
            VpcId=requester.vpc_id,
            PeerVpcId=accepter.vpc_id,
            PeerOwnerId=accepter.account_id,
            PeerRegion=accepter.region,
        )
        connection_id: str = answer["VpcPeeringConnection"]["VpcPeeringConnectionId"]
        _until(lambda: [each["Status"]["Code"] for each in accepter.connections()] == ["pending-acceptance"])
        return connection_id

    def _new_session(self, account_id: str) -> boto3.Session:
        return operator_session(self._aws, account_id)

    def _new_client(self, account_id: str, region: str) -> Any:
        return self._session(account_id).client("ec2", region_name=region, endpoint_url=self._aws.endpoint_url)


def tags_of(connection: Mapping[str, Any]) -> dict[str, str]:
    return _tags(connection)


def resolves_dns(connection: Mapping[str, Any], side: str) -> bool:
    """Whether this side lets the other one resolve its names."""
    options: dict[str, bool] = connection[f"{side.title()}VpcInfo"].get("PeeringOptions", {})
    return options.get("AllowDnsResolutionFromRemoteVpc", False)


def _blocks() -> Iterator[str]:
    return (str(block) for block in ip_network("10.0.0.0/8").subnets(new_prefix=20))


def _until(holds: Any) -> None:
    deadline = time.monotonic() + _PATIENCE
    while not holds():
        assert time.monotonic() < deadline, "EC2 took too long"
        time.sleep(0.02)


def _specification(kind: str, tags: Tags) -> list[dict[str, Any]]:
    return [{"ResourceType": kind, "Tags": [{"Key": key, "Value": value} for key, value in tags.items()]}] if tags else []


def _tags(raw: Mapping[str, Any]) -> dict[str, str]:
    return {tag["Key"]: tag["Value"] for tag in raw.get("Tags", [])}


def _canonical(block: str) -> str:
    """A block has several spellings in IPv6."""
    return str(ip_network(block))


def _destination(route: Mapping[str, Any]) -> str:
    if prefix_list := route.get("DestinationPrefixListId"):
        return str(prefix_list)
    return _canonical(route.get("DestinationCidrBlock") or route["DestinationIpv6CidrBlock"])


def _target(route: Mapping[str, Any]) -> str:
    target = next(str(route[name]) for name in _TARGETS if route.get(name))
    return target if route["State"] == "active" else f"{target} ({route['State']})"


def _rule(raw: Mapping[str, Any]) -> Rule:
    group = raw.get("ReferencedGroupInfo")
    named = group["GroupId"] if group else raw.get("PrefixListId")
    peer = named or _canonical(raw.get("CidrIpv4") or raw["CidrIpv6"])
    first, last = raw.get("FromPort", -1), raw.get("ToPort", -1)
    ports = "" if first == -1 else str(first) if first == last else f"{first}-{last}"
    return Rule("egress" if raw["IsEgress"] else "ingress", raw["IpProtocol"], ports, peer)
