"""VPC peering connections: who may do what, when, and in which state.

A connection is moto's object with a `lifecycle` beside it; its status is computed from that and the clock. Both sides'
backends hold the same object, except where the peer VPC does not exist.
"""

from localcloud.ec2.peering import acceptance, creation, deletion, describing, dns_options

__all__ = ["acceptance", "creation", "deletion", "describing", "dns_options"]
