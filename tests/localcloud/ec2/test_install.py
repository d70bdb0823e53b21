"""EC2's rules as a whole: put in place, and one call at a time."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

from localcloud import ec2 as emulated_ec2

TEST, PRODUCTION = "111111111111", "222222222222"


def test_all_rules_can_be_installed_again(world: Any) -> None:
    emulated_ec2.install()
    vpc, peer = world.vpc("10.0.0.0/16"), world.vpc("10.1.0.0/16", account=PRODUCTION)
    assert world.status(world.peer(vpc, peer)) == "active"


def test_two_creates_at_once_make_one_connection(world: Any) -> None:
    vpc, peer, ec2 = world.vpc("10.0.0.0/16"), world.vpc("10.1.0.0/16", account=PRODUCTION), world.ec2()

    def create(_: int) -> str:
        answer = ec2.create_vpc_peering_connection(VpcId=vpc, PeerVpcId=peer, PeerOwnerId=PRODUCTION)
        connection_id: str = answer["VpcPeeringConnection"]["VpcPeeringConnectionId"]
        return connection_id

    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(create, range(8)))) == 1
