"""Saved networks: written by `causeway snapshot`, planned and checked on without AWS."""

import re
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from causeway.boundary import REQUEST_ID_PATTERN, MalformedItem, desired_part, parse_request
from causeway.domain.lifecycle.saved_network import SavedNetwork, UnusableSnapshot, from_json
from causeway.domain.lifecycle.status import verdict_map

from .exits import CommandError, ExitCode
from .hub import Document, Hub
from .items import read_item
from .map.sources import as_item
from .offline.saved_network import check_on, findings_on, preview_on


def item_of(hub: Hub, name: str) -> Document:
    """The item in the file, on stdin for `-`, or the stored one with that id.

    Raises:
        CommandError: It is neither a file nor the id of a request.
    """
    is_file = name == "-" or Path(name).is_file() or not re.fullmatch(REQUEST_ID_PATTERN, name)
    return read_item(name) if is_file else desired_part(hub.item(name))


def take(hub: Hub, item: Document) -> SavedNetwork:
    """What Causeway sees of both sides of the item.

    Raises:
        MalformedItem: It is no request; nothing is asked.
    """
    parse_request(item)
    return hub.snapshot(item)


def preview(file: str, item: Document) -> Document:
    """What the item would find and change, if the network is as the file says."""
    with _about(file):
        return preview_on(_load(file), item).as_map()


def map_items(files: Sequence[str]) -> list[Document]:
    """The saved requests with what their flows' check says, as items; of a request in several files the newest."""
    items = {}
    for network, item in sorted(map(_checked, files), key=lambda pair: pair[0].taken_at):
        items[network.request["request_id"]] = item
    return list(items.values())


def _checked(file: str) -> tuple[SavedNetwork, Document]:
    with _about(file):
        network = _load(file)
        return network, as_item(network, check_on(network))


def check(file: str) -> Document:
    """The verdicts of the saved request's flows, and what else is open, if the network is as the file says."""
    with _about(file):
        network = _load(file)
        verdicts = [verdict_map(verdict) for verdict in check_on(network)]
        findings = [finding.as_map() for finding in findings_on(network)]
    told = {"request_id": network.request["request_id"], "taken_at": network.taken_at}
    return {**told, "findings": findings, "verdicts": verdicts}


def load(file: str) -> SavedNetwork:
    """The document in the file, or on stdin for `-`.

    Raises:
        CommandError: It cannot be used.
    """
    with _about(file):
        network = _load(file)
        network.seen_for(parse_request(network.request))
    return network


def _load(file: str) -> SavedNetwork:
    return from_json(sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes())


@contextmanager
def _about(file: str) -> Iterator[None]:
    """Says of which file the reason is, why it cannot be used."""
    try:
        yield
    except (OSError, UnusableSnapshot, MalformedItem) as error:
        remedy = "What `causeway snapshot` writes is described in docs/saved-networks.md."
        raise CommandError(ExitCode.USAGE, str(error), where=file, remedy=remedy) from error
