"""A network laid out for real on this machine: namespaces, kernel routes and nftables rules, and real packets through them."""

from localcloud.packets.availability import available
from localcloud.packets.network import Network, lay_out
from localcloud.packets.probes import InterfaceAddress, Probe, answered

__all__ = ["InterfaceAddress", "Network", "Probe", "answered", "available", "lay_out"]
