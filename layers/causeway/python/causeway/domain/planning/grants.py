"""What a request lets through, as far as people decide about it: the grants of its sides.

A grant names no route table, security group or network ACL: one more of them, or one that is made anew, opens nothing that was
not agreed to. Another block, another port, another peer does.
"""

from causeway.domain.model.network import Permission
from causeway.domain.model.values import Side, Value


class ConnectionGrant(Value, tag_field="kind", tag="connection"):
    """The two VPCs are peered."""


class RouteGrant(Value, tag_field="kind", tag="route"):
    """A side sends what is for this CIDR block to the peer."""

    side: Side
    destination: str


class RuleGrant(Value, tag_field="kind", tag="rule"):
    """A side's security groups let this through."""

    side: Side
    permission: Permission


class AclGrant(Value, tag_field="kind", tag="acl"):
    """A side's network ACLs let this through: what a rule of a security group would say."""

    side: Side
    permission: Permission


class DnsGrant(Value, tag_field="kind", tag="dns"):
    """A side's private names are resolved by the other side."""

    side: Side


type Grant = ConnectionGrant | RouteGrant | RuleGrant | AclGrant | DnsGrant
