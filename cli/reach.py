"""`causeway reach`: what can reach what, on networks that were saved, or that are looked at now."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, NamedTuple

import msgspec

from causeway.boundary import MalformedItem, desired_part, parse_request
from causeway.domain.lifecycle.saved_network import SavedNetwork
from causeway.domain.lifecycle.status import verdict_map
from causeway.domain.model.addressing import Address, address_of, block_of
from causeway.domain.model.protocols import ALL_PORTS, FIRST_PORT, PortRange, Protocol
from causeway.domain.reachability.queries import ReachableSet
from causeway.domain.reachability.query_targets import UnanswerableQuery, is_address, is_known_kind
from causeway.domain.reachability.wording import say_packets

from .exits import CommandError, ExitCode
from .flow_views import NOTHING_OPEN, of_results, result_of
from .hub import Document, Hub
from .many import Many, ask_all
from .offline.queries import reachable_on, verdicts_on

type Advance = Callable[[], None]


class Query(NamedTuple):
    """What is asked: one flow, if there is a protocol; else all that is open.

    Attributes:
        source: An id or an address; None for everything on the other side.
        destination: Likewise; not both are None.
    """

    source: str | None
    destination: str | None
    protocol: Protocol | None = None
    ports: PortRange | None = None

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(name for name in (self.source, self.destination) if name is not None)


def query_of(
    targets: tuple[str | None, str | None], to: str | None, from_: str | None, protocol: Protocol | None, port: str | None
) -> Query:
    """What the arguments of the command ask.

    Raises:
        CommandError: They ask for nothing, or for several things at once.
    """
    source, destination = targets
    pair, sides = source is not None and destination is not None, (to is not None, from_ is not None)
    if (pair, *sides).count(True) != 1 or (source is not None and not pair):
        raise _misused("Name SOURCE and DESTINATION, or one thing by --to or --from.")
    if protocol is not None and not pair:
        raise _misused("--protocol asks about one flow: name SOURCE and DESTINATION.")
    if port is not None and (protocol is None or not protocol.has_ports):
        raise _misused("--port is of --protocol tcp or udp.")
    asked = Query(source or from_, destination or to, protocol, None if port is None else _ports(port))
    for name in asked.names:
        if not is_known_kind(name):
            raise _misused(f"{name} is no address, nor the id of an interface, instance, security group or subnet.")
    return asked


def observe(hub: Hub, asked: Query, request_ids: Sequence[str], begin: Callable[[int], Advance]) -> Many[SavedNetwork]:
    """The networks of these requests as they are now; of all that have a connection and may hold what is asked about.

    Args:
        hub: Where the requests are.
        asked: What is asked.
        request_ids: Of the requests; empty for all.
        begin: Takes the number of networks, and returns what is called after each.

    Raises:
        CommandError: There is none.
    """
    items = [hub.item(request_id) for request_id in request_ids] or list(_items_to_ask(hub.items(), asked))
    if not items:
        names = " and ".join(asked.names)
        raise CommandError(
            ExitCode.NOT_FOUND,
            f"No request has a peering connection whose VPCs may hold {names}.",
            where="the request items",
            remedy="`causeway request list` shows all that are there.",
        )
    advance = begin(len(items))

    def seen(item: Document) -> SavedNetwork:
        try:
            return hub.snapshot(desired_part(item))
        finally:
            advance()

    return ask_all(items, seen)


def answer(asked: Query, seen: Many[SavedNetwork]) -> Document:
    """What each network that can answer says.

    Raises:
        CommandError: None can; it says of each, why not.
    """
    answers, refusals = [], []
    for network in seen.answers:
        try:
            answers.append(_answered(asked, network))
        except UnanswerableQuery as refusal:
            refusals.append(str(refusal))
    if not answers:
        unseen = [f"Request {each['request_id']} cannot be looked at: {each['why']}" for each in seen.unseen]
        raise CommandError(
            ExitCode.UNREACHABLE if unseen else ExitCode.NOT_FOUND,
            "\n".join([*dict.fromkeys(refusals), *unseen]),
            where=" and ".join(asked.names),
            remedy="Name what is in two peered VPCs, one in each.",
        )
    return {"source": asked.source, "destination": asked.destination, "answers": answers, "unseen": seen.unseen}


def exit_code_of_reach(answered: Document) -> ExitCode:
    """How answers end the command: well where the flow works everywhere that was judged, or where something is open.

    Where not all was seen, no answer is the whole one.
    """
    if answered["unseen"]:
        return ExitCode.UNREACHABLE
    answers = answered["answers"]
    if results := [result_of(verdict) for each in answers for verdict in each.get("verdicts", ())]:
        return of_results(results)
    ways = [way for each in answers for way in each.get("ways", ())]
    if any(way["open"] != NOTHING_OPEN for way in ways):
        return ExitCode.DONE
    return ExitCode.UNKNOWN if ways else ExitCode.FAILED


def refuse_both(on: Sequence[str] | None, request_ids: Sequence[str] | None) -> None:
    """A saved network is what it is.

    Raises:
        CommandError: Requests are named too.
    """
    if on and request_ids:
        raise _misused("--on and --request are two ways to say where to look: give one.")


def _items_to_ask(items: Iterable[Document], asked: Query) -> Iterator[Document]:
    """One for each pair of VPCs that has a connection, unless its CIDR blocks rule it out."""
    addresses = [address_of(name) for name in asked.names if is_address(name)]
    pairs = set[str | None]([None])
    for item in items:
        status = item.get("status", {})
        if status.get("peering_connection_id") and _may_hold(status, addresses) and (pair := _pair_of(item)) not in pairs:
            pairs.add(pair)
            yield item


def _may_hold(status: Document, addresses: Iterable[Address]) -> bool:
    """Whether the VPCs hold all the addresses; true where their CIDR blocks are unknown."""
    blocks = [block_of(block) for blocks in status.get("cidr_blocks", {}).values() for block in blocks]
    return not blocks or all(any(address in block for block in blocks) for address in addresses)


def _pair_of(item: Document) -> str | None:
    """The two VPCs; None of an item that was made malformed since it was looked at last."""
    try:
        return parse_request(desired_part(item)).pair
    except MalformedItem:
        return None


def _answered(asked: Query, network: SavedNetwork) -> Document:
    told: Document = {"request_id": network.request["request_id"], "taken_at": network.taken_at}
    if asked.protocol is not None and asked.source is not None and asked.destination is not None:
        verdicts = verdicts_on(network, asked.source, asked.destination, asked.protocol, asked.ports)
        return {**told, "verdicts": [verdict_map(verdict) for verdict in verdicts]}
    return {**told, "ways": [_way_map(each) for each in reachable_on(network, asked.source, asked.destination)]}


def _way_map(reachable: ReachableSet) -> dict[str, Any]:
    """A row of the answer: its keys are what scripts read."""
    return {
        "source": msgspec.to_builtins(reachable.source),
        "destination": msgspec.to_builtins(reachable.destination),
        "open": say_packets(reachable.packets),
        "openings": msgspec.to_builtins(reachable.packets),
        "unknown": say_packets(reachable.unknown) if reachable.unknown else None,
    }


def _ports(text: str) -> PortRange:
    first, dash, last = text.partition("-")
    if first.isdecimal() and (last.isdecimal() if dash else True):
        ports = PortRange(first=int(first), last=int(last or first))
        if max(ports.first, FIRST_PORT) <= ports.last <= ALL_PORTS.last:
            return ports
    raise _misused(f"{text} is no port from 1 to 65535, nor a range as 8000-8010.")


def _misused(what: str) -> CommandError:
    return CommandError(ExitCode.USAGE, what, where="the command line", remedy="`causeway reach --help` tells more.")
