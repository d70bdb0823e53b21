"""The rules by which EC2 is stricter than moto: what fails on AWS fails here.

One module per concept; each rule is a function that names itself, says what AWS does and with which error code.
`install` puts them all in place, for `moto.mock_aws` as well as for moto's server.
"""

from localcloud.core import patching
from localcloud.core.timing import Timing, configure
from localcloud.ec2 import (
    cidr_blocks,
    dry_run,
    group_references,
    insights,
    ipv6,
    network_acls,
    peering,
    quotas,
    routes,
    security_groups,
    selecting,
    tags,
)

__all__ = [
    "Timing",
    "cidr_blocks",
    "configure",
    "dry_run",
    "group_references",
    "insights",
    "install",
    "ipv6",
    "network_acls",
    "peering",
    "quotas",
    "routes",
    "security_groups",
    "selecting",
    "tags",
]

install = patching.install
