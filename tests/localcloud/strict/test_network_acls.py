"""Network ACL entries."""

from typing import Any

import pytest

from localcloud.strict import quotas

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
    world.quota(quotas.ACL_RULES.code, 21)
    acl.create(20)
