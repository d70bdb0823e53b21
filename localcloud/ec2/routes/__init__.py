"""Routes: what may be routed where, in which state a route is, and which route tables a describe finds."""

from localcloud.ec2.routes import associations, changes, describing

__all__ = ["associations", "changes", "describing"]
