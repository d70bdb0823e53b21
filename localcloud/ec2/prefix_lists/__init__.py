"""Managed prefix lists: what they hold, in versions; how they are found; what a reference to one counts.

Sources: "Managed prefix lists" and "AWS-managed prefix lists" in the VPC User Guide; CreateManagedPrefixList,
ModifyManagedPrefixList and GetManagedPrefixListEntries in the EC2 API Reference. Error codes are those that callers have met.
"""

from localcloud.ec2.prefix_lists import changes, describing, lists

__all__ = ["changes", "describing", "lists"]
