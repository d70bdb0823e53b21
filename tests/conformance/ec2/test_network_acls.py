"""Network ACL entries."""

from typing import Any

import pytest

from tests.conformance.accounts import Account
from tests.conformance.ec2.networks import Vpc, make_vpc
from tests.conformance.expecting import eventually, refused

RULES_PER_ACL = "L-2AEEBF1A"
CLOSED = {32767: "0.0.0.0/0", 32768: "::/0"}
"""The entries that end each direction of an ACL in a VPC with IPv6."""


class Acl:
    """A new network ACL. What its methods create is TCP's port 22, inbound unless told."""

    def __init__(self, vpc: Vpc) -> None:
        self.ec2 = vpc.ec2
        self.id: str = self.ec2.create_network_acl(VpcId=vpc.id)["NetworkAcl"]["NetworkAclId"]

    def create(self, number: int, block: str = "192.168.0.0/16", *, egress: bool = False) -> None:
        self.ec2.create_network_acl_entry(**self._entry(number, block, egress=egress))

    def replace(self, number: int, block: str = "192.168.0.0/16", *, egress: bool = False) -> None:
        self.ec2.replace_network_acl_entry(**self._entry(number, block, egress=egress))

    def delete(self, number: int, *, egress: bool = False) -> None:
        self.ec2.delete_network_acl_entry(NetworkAclId=self.id, RuleNumber=number, Egress=egress)

    def put(self, protocol: str, **parameters: Any) -> None:
        """Create entry 100 of inbound IPv4, or as the parameters say."""
        block = {} if "Ipv6CidrBlock" in parameters else {"CidrBlock": "10.9.0.0/16"}
        entry = {"RuleNumber": 100, "RuleAction": "allow", "Egress": False, "Protocol": protocol, **block, **parameters}
        self.ec2.create_network_acl_entry(NetworkAclId=self.id, **entry)

    def shown(self, number: int, *, egress: bool = False) -> dict[str, Any] | None:
        """What is shown of an entry."""
        entries = (each for each in self._described() if each["RuleNumber"] == number and each["Egress"] == egress)
        return next(entries, None)

    def entries(self, *, egress: bool = False) -> dict[int, str]:
        """The number and the block of each entry but those that close the ACL."""
        shown = (each for each in self._described() if each["Egress"] == egress and each["RuleNumber"] not in CLOSED)
        return {each["RuleNumber"]: each.get("CidrBlock") or each["Ipv6CidrBlock"] for each in shown}

    def closing(self, *, egress: bool) -> dict[int, str]:
        shown = (each for each in self._described() if each["Egress"] == egress and each["RuleAction"] == "deny")
        return {each["RuleNumber"]: each.get("CidrBlock") or each["Ipv6CidrBlock"] for each in shown}

    def _described(self) -> list[dict[str, Any]]:
        (acl,) = self.ec2.describe_network_acls(NetworkAclIds=[self.id])["NetworkAcls"]
        entries: list[dict[str, Any]] = acl["Entries"]
        return entries

    def _entry(self, number: int, block: str, *, egress: bool) -> dict[str, Any]:
        return {
            "NetworkAclId": self.id,
            "RuleNumber": number,
            "Protocol": "6",
            "RuleAction": "allow",
            "Egress": egress,
            "PortRange": {"From": 22, "To": 22},
            "Ipv6CidrBlock" if ":" in block else "CidrBlock": block,
        }


@pytest.fixture
def acl(vpc: Vpc) -> Acl:
    return Acl(vpc)


@pytest.mark.parametrize("egress", [False, True], ids=["inbound", "outbound"])
def test_a_new_acl_denies_everything_in_each_direction(account: Account, egress: bool) -> None:
    """VPC Guide: nacl-basics; EC2 API: CreateNetworkAcl."""
    acl = Acl(make_vpc(account, "10.0.0.0/16"))
    assert acl.closing(egress=egress) == {32767: "0.0.0.0/0"}
    assert acl.entries(egress=egress) == {}


def test_an_entrys_block_is_stored_without_host_bits(acl: Acl) -> None:
    """EC2 API: CreateNetworkAclEntry; EC2 API: ReplaceNetworkAclEntry."""
    acl.create(100, "192.168.7.7/16")
    acl.create(110, "2001:db8:0:0::1/56")
    acl.replace(100, "10.9.9.9/8")
    eventually(acl.entries, {100: "10.0.0.0/8", 110: "2001:db8::/56"})


@pytest.mark.parametrize("number", [0, 32767])
def test_numbers_out_of_range_are_refused(acl: Acl, number: int) -> None:
    """VPC Guide: nacl-rules; EC2 API: CreateNetworkAclEntry."""
    for call in (acl.create, acl.replace, acl.delete):
        with refused("InvalidParameterValue"):
            call(number)


@pytest.mark.parametrize("number", [1, 32766])
def test_the_first_and_the_last_number_are_numbers(acl: Acl, number: int) -> None:
    """VPC Guide: nacl-rules; EC2 API: CreateNetworkAclEntry."""
    acl.create(number)
    acl.delete(number)
    eventually(acl.entries, {})


@pytest.mark.parametrize("block", ["192.168.0.0/33", "nowhere"])
def test_what_is_no_block_is_refused(acl: Acl, block: str) -> None:
    """EC2 API: CreateNetworkAclEntry; EC2 API: errors-overview."""
    acl.create(100)
    for call in (acl.create, acl.replace):
        with refused("InvalidParameterValue"):
            call(100, block)
    assert acl.entries() == {100: "192.168.0.0/16"}


def test_an_entry_needs_a_block(acl: Acl) -> None:
    """EC2 API: CreateNetworkAclEntry; EC2 API: errors-overview."""
    with refused("MissingParameter"):
        acl.ec2.create_network_acl_entry(NetworkAclId=acl.id, RuleNumber=100, Protocol="-1", RuleAction="allow", Egress=False)


def test_an_entry_has_one_block(acl: Acl) -> None:
    """EC2 API: CreateNetworkAclEntry; EC2 API: errors-overview."""
    with refused("InvalidParameterCombination"):
        acl.put("-1", CidrBlock="10.0.0.0/8", Ipv6CidrBlock="2001:db8::/48")


def test_a_used_number_is_refused_per_direction(acl: Acl) -> None:
    """EC2 API: CreateNetworkAclEntry; EC2 API: errors-overview."""
    acl.create(100)
    acl.create(100, egress=True)
    with refused("NetworkAclEntryAlreadyExists"):
        acl.create(100, "10.9.0.0/16")


def test_a_missing_entry_is_not_found(acl: Acl) -> None:
    """EC2 API: DeleteNetworkAclEntry; EC2 API: errors-overview."""
    acl.create(100)
    for call in (acl.delete, acl.replace):
        with refused("InvalidNetworkAclEntry.NotFound"):
            call(100, egress=True)


def test_an_unknown_acl_is_not_found(acl: Acl) -> None:
    """EC2 API: DescribeNetworkAcls; EC2 API: errors-overview."""
    acl.id = "acl-0123456789abcdef0"
    for call in (acl.create, acl.replace, acl.delete, acl.shown):
        with refused("InvalidNetworkAclID.NotFound"):
            call(100)


def test_the_quota_of_entries_is_per_direction_and_counts_the_closing_deny(account: Account) -> None:
    """VPC Guide: amazon-vpc-limits; EC2 API: errors-overview."""
    quotas, acl = account.client("service-quotas"), Acl(make_vpc(account, "10.0.0.0/16"))
    quota = int(quotas.get_service_quota(ServiceCode="vpc", QuotaCode=RULES_PER_ACL)["Quota"]["Value"])
    for number in range(1, quota):
        acl.create(number)
    with refused("NetworkAclEntryLimitExceeded"):
        acl.create(quota)
    acl.create(quota, egress=True)
    acl.replace(quota - 1, "10.9.0.0/16")
    eventually(lambda: acl.entries()[quota - 1], "10.9.0.0/16")


def test_icmp_entries_keep_their_type_and_code(acl: Acl) -> None:
    """EC2 API: IcmpTypeCode; EC2 API: NetworkAclEntry."""
    echo, everything = {"Type": 8, "Code": -1}, {"Type": -1, "Code": -1}
    acl.put("1", IcmpTypeCode=echo)
    acl.put("58", RuleNumber=101, Ipv6CidrBlock="2001:db8::/48", IcmpTypeCode=everything)
    eventually(lambda: set(acl.entries()), {100, 101})
    over_ipv4, over_ipv6 = (acl.shown(number) or {} for number in (100, 101))
    assert (over_ipv4["Protocol"], over_ipv4["IcmpTypeCode"]) == ("1", echo)
    assert (over_ipv6["Protocol"], over_ipv6["IcmpTypeCode"]) == ("58", everything)


def test_what_a_protocol_does_not_use_is_not_kept(acl: Acl) -> None:
    """EC2 API: CreateNetworkAclEntry."""
    ports, icmp = {"From": 22, "To": 22}, {"Type": 8, "Code": 0}
    for number, protocol in ((100, "-1"), (101, "58"), (102, "6")):
        acl.put(protocol, RuleNumber=number, PortRange=ports, IcmpTypeCode=icmp)
    eventually(lambda: set(acl.entries()), {100, 101, 102})
    everything, icmpv6_over_ipv4, tcp = (acl.shown(number) or {} for number in (100, 101, 102))
    assert not {"PortRange", "IcmpTypeCode"} & (everything.keys() | icmpv6_over_ipv4.keys())
    assert (tcp["PortRange"], "IcmpTypeCode" in tcp) == (ports, False)


@pytest.mark.parametrize(
    ("protocol", "parameters"),
    [
        ("6", {}),
        ("17", {"PortRange": {"From": 53}}),
        ("1", {}),
        ("1", {"IcmpTypeCode": {"Code": 0}}),
        ("58", {"Ipv6CidrBlock": "2001:db8::/48"}),
    ],
    ids=["no ports", "half of the ports", "no type", "half of the type", "no type over IPv6"],
)
def test_a_protocol_needs_its_ports_or_its_type(acl: Acl, protocol: str, parameters: dict[str, Any]) -> None:
    """EC2 API: CreateNetworkAclEntry; EC2 API: errors-overview."""
    with refused("MissingParameter"):
        acl.put(protocol, **parameters)
    assert acl.entries() == {}


@pytest.mark.parametrize(
    ("protocol", "parameters"),
    [
        ("tcp", {"PortRange": {"From": 22, "To": 22}}),
        ("256", {}),
        ("6", {"PortRange": {"From": 23, "To": 22}}),
        ("6", {"PortRange": {"From": 1, "To": 65536}}),
        ("1", {"IcmpTypeCode": {"Type": 256, "Code": 0}}),
        ("-1", {"RuleAction": "reject"}),
        ("-1", {"CidrBlock": "2001:db8::/48"}),
        ("-1", {"Ipv6CidrBlock": "10.0.0.0/8"}),
    ],
    ids=["name", "number", "ports reversed", "port", "type", "action", "family", "family of IPv6"],
)
def test_what_is_no_entry_is_refused(acl: Acl, protocol: str, parameters: dict[str, Any]) -> None:
    """EC2 API: CreateNetworkAclEntry; EC2 API: errors-overview."""
    with refused("InvalidParameterValue"):
        acl.put(protocol, **parameters)


def test_a_replacement_is_checked_like_an_entry(acl: Acl) -> None:
    """EC2 API: ReplaceNetworkAclEntry; EC2 API: errors-overview."""
    acl.create(100)
    without_ports = {"NetworkAclId": acl.id, "RuleNumber": 100, "Protocol": "6", "RuleAction": "deny", "Egress": False}
    with refused("MissingParameter"):
        acl.ec2.replace_network_acl_entry(**without_ports, CidrBlock="10.7.0.0/16")
    assert acl.entries() == {100: "192.168.0.0/16"}
