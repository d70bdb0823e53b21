"""Quotas of Amazon VPC, and what counts against one.

The quotas and their defaults are those of "Amazon VPC quotas" in the VPC User Guide and of "Quotas" in the VPC Peering Guide.
"""

from causeway.domain.model.addressing import block_of, is_block
from causeway.domain.model.network import Snapshot
from causeway.domain.model.values import Value


class Quota(Value):
    """A quota of Amazon VPC.

    Attributes:
        code: Its code in Service Quotas.
        default: What AWS allows unless an account has asked for more.
        counts: What it counts, as a person would say it.
    """

    code: str
    default: int
    counts: str


class Demand(Value):
    """What a plan needs of one quota in one place.

    Attributes:
        where: The resource, or the account, that has so many of them.
        part: Which of them count together, such as `IPv4 ingress`; empty where all do.
    """

    quota: Quota
    where: str
    used: int
    needed: int
    part: str = ""


def weight(here: Snapshot, name: str, family: int) -> int:
    """How much a route to `name`, or a rule for it, counts in a family: one, or as much as a prefix list may hold.

    A security group counts in both families, and so does a prefix list that may not be read: it may be of either.
    """
    if is_block(name):
        return int(block_of(name).version == family)
    named = next((each for each in here.prefix_lists if each.prefix_list_id == name), None)
    if named is None:
        return 1
    return named.max_entries if named.family == family else 0
