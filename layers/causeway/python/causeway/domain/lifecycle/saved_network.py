"""A network that was written down: what Causeway saw of both sides of an item, as one document to plan and check on offline.

`docs/saved-networks.md` describes the document. Both sides are whole in it: what a request excludes is left out only when the
document is used, so that it serves other items about the same two VPCs just as well.
"""

import base64
import zlib
from typing import Any

import msgspec
from msgspec.structs import replace

from causeway.domain.authority.approval import ApprovalRule
from causeway.domain.model.errors import SnapshotTooLarge
from causeway.domain.model.exclusion import without_excluded
from causeway.domain.model.network import Snapshot
from causeway.domain.model.request import Request
from causeway.domain.model.values import PerSide, Value
from causeway.domain.planning.ownership import NOTHING_HELD, Holdings

VERSION = 1
"""Of the document. Another one is not understood."""

LARGEST_ANSWER = 6_000_000
"""Bytes of the packed text. Lambda's own limit for a whole answer is 6 MB (Lambda guide, "Lambda quotas")."""

_ON_BOTH_SIDES = PerSide(requester=True, accepter=True)


class UnusableSnapshot(Exception):
    """The document cannot be used: the message says why, in one sentence."""


class SavedNetwork(Value, omit_defaults=False):
    """What Causeway saw of both sides of an item.

    Attributes:
        taken_at: ISO 8601, UTC.
        request: The item as it was given, without `status`.
        holdings: What the request itself, and every other request of the pair, has in the network, by their ids.
        approval_rule: What the stack asks a person for.
    """

    version: int
    taken_at: str
    request: dict[str, Any]
    requester: Snapshot
    accepter: Snapshot
    holdings: dict[str, Holdings]
    approval_rule: ApprovalRule

    def seen_for(self, request: Request) -> PerSide[Snapshot]:
        """Both sides as the request calls them, without what it excludes.

        Raises:
            UnusableSnapshot: The request is about other VPCs.
        """
        requester, accepter = self.requester, self.accepter
        if (requester.vpc.ref, accepter.vpc.ref) == (request.accepter, request.requester):
            requester, accepter = accepter.swapped, requester.swapped
        if (requester.vpc.ref, accepter.vpc.ref) != (request.requester, request.accepter):
            raise UnusableSnapshot(
                f"It shows {requester.vpc.ref} and {accepter.vpc.ref}, "
                f"and the item is about {request.requester} and {request.accepter}."
            )
        return PerSide(requester=without_excluded(request, requester), accepter=without_excluded(request, accepter))

    def held_by(self, request_id: str) -> Holdings:
        """What the request has in the network; nothing where it was not known."""
        return self.holdings.get(request_id, NOTHING_HELD)

    def held_by_others(self, request_id: str) -> tuple[Holdings, ...]:
        """What the other requests of the pair have."""
        others = (held for user, held in self.holdings.items() if user != request_id)
        return tuple(held for held in others if held.request is not None)


class _Versioned(Value):
    version: int


def whole(request: Request) -> Request:
    """The request as one to look with: it leaves nothing out, and its VPCs' DNS attributes are read."""
    return replace(request, excluded_cidr_blocks=(), dns_resolution=_ON_BOTH_SIDES)


def to_json(saved: SavedNetwork) -> bytes:
    """The document, indented: people read it, and compare two of them."""
    return msgspec.json.format(msgspec.json.encode(saved), indent=2) + b"\n"


def from_json(document: bytes) -> SavedNetwork:
    """What `to_json` wrote.

    Raises:
        UnusableSnapshot: It is no such document, or one of another version.
    """
    try:
        version = msgspec.json.decode(document, type=_Versioned).version
        if version != VERSION:
            raise UnusableSnapshot(f"It has version {version}; this Causeway understands version {VERSION}.")
        return msgspec.json.decode(document, type=SavedNetwork)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise UnusableSnapshot(f"It is no snapshot: {error}.") from error


def pack(saved: SavedNetwork) -> str:
    """The document as text that fits a function's answer.

    Raises:
        SnapshotTooLarge: It does not.
    """
    text = base64.b64encode(zlib.compress(msgspec.json.encode(saved))).decode()
    if len(text) > LARGEST_ANSWER:
        raise SnapshotTooLarge(
            f"The snapshot has {len(text)} bytes, compressed; a function's answer has room for {LARGEST_ANSWER}.",
            where=f"{saved.requester.vpc.ref} and {saved.accepter.vpc.ref}",
            remedy="Use `causeway plan` without a snapshot: it plans where the network is read.",
        )
    return text


def unpack(text: str) -> SavedNetwork:
    """What `pack` packed.

    Raises:
        UnusableSnapshot: It is of another version than this Causeway.
    """
    return from_json(zlib.decompress(base64.b64decode(text)))
