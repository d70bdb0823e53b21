"""Security-group rules: authorised and revoked as a whole batch, in canonical form, within the quota."""

from localcloud.ec2.security_groups import changes, describing, references, stale

__all__ = ["changes", "describing", "references", "stale"]
