"""Whether one rule covers another one: whatever the narrow one lets through, the broad one does, too."""

from causeway.domain.model.addressing import contains
from causeway.domain.model.network import Permission
from causeway.domain.model.protocols import ALL_PROTOCOLS


def covers(broad: Permission, narrow: Permission) -> bool:
    """Whether the broad rule lets through all that the narrow one does.

    Peers are compared by what the rules say: a rule for a CIDR block never covers one for a security group.
    """
    return covers_traffic(broad, narrow) and (broad.peer == narrow.peer or contains(broad.peer, narrow.peer))


def covers_traffic(broad: Permission, narrow: Permission) -> bool:
    """The same, whoever the peers are: direction, protocol and ports."""
    if broad.direction is not narrow.direction:
        return False
    if broad.protocol == ALL_PROTOCOLS:
        return True
    if broad.protocol != narrow.protocol:
        return False
    return broad.ports is None or (narrow.ports is not None and broad.ports.covers(narrow.ports))
