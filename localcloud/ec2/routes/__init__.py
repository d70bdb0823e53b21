"""Routes: what may be routed where, in which state a route is, and which route tables a describe finds."""

from localcloud.ec2.routes import changes, describing

__all__ = ["changes", "describing"]
