"""Network ACLs and their entries."""

from localcloud.ec2.network_acls import acls, entries

__all__ = ["acls", "entries"]
