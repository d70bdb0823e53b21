"""How long questions take that no item asks, on the networks of the reachability bench: the same networks, one core.

Each is asked as `causeway reach` and `CheckReachability` ask it, from the two snapshots on.
"""

from collections.abc import Callable, Sized
from time import process_time

import msgspec

from bench.reachability import WHOLE, Dimensions, a_connection, a_request, build_networks
from causeway.domain.model.network import Snapshot
from causeway.domain.model.values import PerSide, Side
from causeway.domain.planning.claims import rules_asked_for
from causeway.domain.planning.exposure import exposures
from causeway.domain.reachability.queries import reachable_from, reachable_to
from causeway.domain.reachability.query_targets import find_target


class Question(msgspec.Struct, frozen=True):
    """One question.

    Attributes:
        answers: How many ways, or rules, it found.
        seconds: Of one core.
    """

    what: str
    answers: int
    seconds: float


def measure_questions(dimensions: Dimensions = WHOLE) -> tuple[Question, ...]:
    """Ask each once."""
    networks = _connected(build_networks(dimensions))
    request = a_request(networks)
    interface = networks.accepter.network_interfaces[0].network_interface_id
    group = networks.accepter.security_groups[0].security_group_id
    subnet = networks.accepter.subnets[0].subnet_id
    return (
        _asked("all that can reach an interface", lambda: reachable_to(find_target(interface, request, networks), networks)),
        _asked("all that can reach a security group", lambda: reachable_to(find_target(group, request, networks), networks)),
        _asked("all that can reach a subnet", lambda: reachable_to(find_target(subnet, request, networks), networks)),
        _asked("all that an interface can reach", lambda: reachable_from(find_target(interface, request, networks), networks)),
        _asked(
            "what is open beyond the item's allow",
            lambda: exposures(request, rules_asked_for(request, (), networks), networks, a_connection(networks)),
        ),
    )


def _connected(networks: PerSide[Snapshot]) -> PerSide[Snapshot]:
    """With the connection as the requester's side sees it."""
    seen = msgspec.structs.replace(networks.requester, peering_connections=(a_connection(networks),))
    return PerSide(requester=seen, accepter=networks[Side.ACCEPTER])


def _asked(what: str, ask: Callable[[], Sized]) -> Question:
    begun = process_time()
    answers = ask()
    return Question(what=what, answers=len(answers), seconds=process_time() - begun)
