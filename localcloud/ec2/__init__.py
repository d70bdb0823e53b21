"""EC2, as strict as on AWS where moto is laxer: what fails there fails here.

One module or room for each concept; each rule is a function that names itself, says what AWS does and with which error code.
`install` puts them all in place, for `moto.mock_aws` as well as for moto's server.
"""

from localcloud.core import patching
from localcloud.core.timing import Timing, configure
from localcloud.ec2 import (
    calls,
    cidr_blocks,
    describes,
    dry_run,
    ipv6,
    lag,
    managed_interfaces,
    network_acls,
    network_interfaces,
    peering,
    prefix_lists,
    reachability_analyzer,
    routes,
    security_groups,
    subnets,
    tags,
    vpcs,
)
from localcloud.servicequotas import responses

__all__ = [
    "Timing",
    "calls",
    "cidr_blocks",
    "configure",
    "describes",
    "dry_run",
    "install",
    "ipv6",
    "lag",
    "managed_interfaces",
    "network_acls",
    "network_interfaces",
    "peering",
    "prefix_lists",
    "reachability_analyzer",
    "responses",
    "routes",
    "security_groups",
    "subnets",
    "tags",
    "vpcs",
]

install = patching.install
