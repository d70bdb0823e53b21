"""A route's state."""

from collections.abc import Callable
from typing import Any

from moto.ec2.models.route_tables import Route

from localcloud.core.patching import replaces
from localcloud.ec2.peering.connections import is_active


@replaces(Route, "state")
def a_route_without_an_active_connection_is_a_blackhole(original: Callable[..., str], self: Any) -> str:
    """`blackhole` while the peering connection is pending, and for ever after its deletion."""
    if self.vpc_pcx is not None and not is_active(self.vpc_pcx):
        return "blackhole"
    return original(self)
