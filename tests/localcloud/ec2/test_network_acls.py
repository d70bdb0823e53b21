"""Network ACL entries."""

from typing import Any

import pytest

from localcloud.servicequotas import vpc_quotas

TEST = "111111111111"


class Acl:
    def __init__(self, world: Any) -> None:
        self.ec2 = world.ec2()
        made = self.ec2.create_network_acl(VpcId=world.vpc("10.0.0.0/16"))
        self.id: str = made["NetworkAcl"]["NetworkAclId"]

    def create(self, number: int, block: str = "192.168.0.0/16", *, egress: bool = False) -> None:
        self.ec2.create_network_acl_entry(**self._entry(number, block, egress=egress))

    def replace(self, number: int, block: str = "192.168.0.0/16", *, egress: bool = False) -> None:
        self.ec2.replace_network_acl_entry(**self._entry(number, block, egress=egress))

    def delete(self, number: int, *, egress: bool = False) -> None:
        self.ec2.delete_network_acl_entry(NetworkAclId=self.id, RuleNumber=number, Egress=egress)

    def put(self, protocol: str, **parameters: Any) -> dict[str, Any]:
        """Create entry 100 of inbound IPv4, or as the parameters say; what is shown of it."""
        block = {} if "Ipv6CidrBlock" in parameters else {"CidrBlock": "10.9.0.0/16"}
        entry = {"RuleNumber": 100, "RuleAction": "allow", "Egress": False, "Protocol": protocol, **block, **parameters}
        self.ec2.create_network_acl_entry(NetworkAclId=self.id, **entry)
        (acl,) = self.ec2.describe_network_acls(NetworkAclIds=[self.id])["NetworkAcls"]
        shown: dict[str, Any] = next(each for each in acl["Entries"] if each["RuleNumber"] == entry["RuleNumber"])
        return shown

    def entries(self, *, egress: bool = False) -> dict[int, str]:
        (acl,) = self.ec2.describe_network_acls(NetworkAclIds=[self.id])["NetworkAcls"]
        return {
            entry["RuleNumber"]: entry.get("CidrBlock") or entry["Ipv6CidrBlock"]
            for entry in acl["Entries"]
            if entry["Egress"] == egress
        }

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
def acl(world: Any) -> Acl:
    return Acl(world)


def test_a_new_acl_ends_in_a_deny_in_each_direction(acl: Acl) -> None:
    assert acl.entries() == acl.entries(egress=True) == {32767: "0.0.0.0/0"}


def test_blocks_are_stored_without_host_bits(acl: Acl) -> None:
    acl.create(100, "192.168.7.7/16")
    acl.create(110, "2001:db8:0:0::1/56")
    acl.replace(100, "10.9.9.9/8")
    assert acl.entries() == {32767: "0.0.0.0/0", 100: "10.0.0.0/8", 110: "2001:db8::/56"}


@pytest.mark.parametrize("number", [0, 32767])
def test_numbers_out_of_range_are_refused(acl: Acl, refused: Any, number: int) -> None:
    for call in (acl.create, acl.replace, acl.delete):
        with refused("InvalidParameterValue"):
            call(number)


@pytest.mark.parametrize("block", ["192.168.0.0/33", "nowhere"])
def test_what_is_no_block_is_refused(acl: Acl, refused: Any, block: str) -> None:
    acl.create(100)
    for call in (acl.create, acl.replace):
        with refused("InvalidParameterValue"):
            call(100, block)
    assert acl.entries()[100] == "192.168.0.0/16"


def test_an_entry_needs_a_block(acl: Acl, refused: Any) -> None:
    with refused("MissingParameter"):
        acl.ec2.create_network_acl_entry(NetworkAclId=acl.id, RuleNumber=100, Protocol="-1", RuleAction="allow", Egress=False)


def test_a_used_number_is_refused_per_direction(acl: Acl, refused: Any) -> None:
    acl.create(100)
    acl.create(100, egress=True)
    with refused("NetworkAclEntryAlreadyExists"):
        acl.create(100, "10.9.0.0/16")


def test_a_missing_entry_is_not_found(acl: Acl, refused: Any) -> None:
    acl.create(100)
    for call in (acl.delete, acl.replace):
        with refused("InvalidNetworkAclEntry.NotFound"):
            call(100, egress=True)


def test_an_unknown_acl_is_not_found(acl: Acl, refused: Any) -> None:
    with refused("InvalidNetworkAclID.NotFound"):
        acl.ec2.describe_network_acls(NetworkAclIds=["acl-0123456789abcdef0"])


def test_twenty_entries_per_direction_with_the_closing_deny(world: Any, acl: Acl, refused: Any) -> None:
    for number in range(1, 20):
        acl.create(number)
    with refused("NetworkAclEntryLimitExceeded"):
        acl.create(20)
    acl.create(20, egress=True)
    acl.replace(19)
    world.quota(vpc_quotas.ACL_RULES.code, 21)
    acl.create(20)


def test_icmp_entries_keep_their_type_and_code(acl: Acl) -> None:
    assert acl.put("1", IcmpTypeCode={"Type": 8, "Code": -1})["IcmpTypeCode"] == {"Type": 8, "Code": -1}
    over_ipv6 = acl.put("58", RuleNumber=101, Ipv6CidrBlock="2001:db8::/48", IcmpTypeCode={"Type": -1, "Code": -1})
    assert (over_ipv6["IcmpTypeCode"], over_ipv6["Protocol"]) == ({"Type": -1, "Code": -1}, "58")


def test_what_a_protocol_does_not_use_is_not_kept(acl: Acl) -> None:
    ports, icmp = {"From": 22, "To": 22}, {"Type": 8, "Code": 0}
    everything = acl.put("-1", PortRange=ports, IcmpTypeCode=icmp)
    over_ipv4 = acl.put("58", RuleNumber=101, PortRange=ports, IcmpTypeCode=icmp)
    tcp = acl.put("6", RuleNumber=102, PortRange=ports, IcmpTypeCode=icmp)
    assert not {"PortRange", "IcmpTypeCode"} & (everything.keys() | over_ipv4.keys())
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
)
def test_a_protocol_needs_its_ports_or_its_type(acl: Acl, refused: Any, protocol: str, parameters: dict[str, Any]) -> None:
    with refused("MissingParameter"):
        acl.put(protocol, **parameters)
    assert acl.entries() == {32767: "0.0.0.0/0"}


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
)
def test_what_is_no_entry_is_refused(acl: Acl, refused: Any, protocol: str, parameters: dict[str, Any]) -> None:
    with refused("InvalidParameterValue"):
        acl.put(protocol, **parameters)


def test_an_entry_has_one_block(acl: Acl, refused: Any) -> None:
    with refused("InvalidParameterCombination"):
        acl.put("-1", CidrBlock="10.0.0.0/8", Ipv6CidrBlock="2001:db8::/48")


def test_entries_of_an_unknown_acl_are_refused(acl: Acl, refused: Any) -> None:
    acl.id = "acl-0123456789abcdef0"
    for call in (acl.create, acl.replace, acl.delete):
        with refused("InvalidNetworkAclID.NotFound"):
            call(100)


def test_a_replacement_is_checked_like_an_entry_and_needs_no_room(world: Any, acl: Acl, refused: Any) -> None:
    acl.put("6", PortRange={"From": 22, "To": 22})
    world.quota(vpc_quotas.ACL_RULES.code, 2)
    acl.replace(100, "10.8.0.0/16")
    assert acl.entries()[100] == "10.8.0.0/16"
    with refused("MissingParameter"):
        acl.ec2.replace_network_acl_entry(
            NetworkAclId=acl.id, RuleNumber=100, Protocol="6", RuleAction="deny", Egress=False, CidrBlock="10.7.0.0/16"
        )
    assert acl.entries()[100] == "10.8.0.0/16"


@pytest.mark.parametrize("number", [1, 32766])
def test_the_first_and_the_last_number_are_numbers(acl: Acl, number: int) -> None:
    acl.create(number)
    acl.delete(number)
    assert acl.entries() == {32767: "0.0.0.0/0"}
