"""Security groups, and their rules: authorised and revoked as a whole batch, in canonical form, within the quota."""

from localcloud.ec2.security_groups import changes, describing, groups, references, stale, vpc_associations

__all__ = ["changes", "describing", "groups", "references", "stale", "vpc_associations"]
