"""Networks that the tests of a module share: making them takes longer than most tests, and an account has room for few."""

import pytest

from tests.conformance.accounts import Account
from tests.conformance.ec2.networks import Vpc, make_peering, make_vpc


@pytest.fixture(scope="module")
def vpc(account: Account) -> Vpc:
    """A VPC with IPv4 and IPv6 blocks."""
    return make_vpc(account, "10.0.0.0/16", ipv6=True)


@pytest.fixture(scope="module")
def peer_vpc(peer: Account) -> Vpc:
    """A VPC of the other account in the same region, with IPv4 and IPv6 blocks."""
    return make_vpc(peer, "192.168.0.0/16", ipv6=True)


@pytest.fixture(scope="module")
def peering(vpc: Vpc, peer_vpc: Vpc) -> str:
    """The active connection of the two."""
    return make_peering(vpc, peer_vpc)
