"""Addresses and CIDR blocks. Both are text in all values; here they are parsed, once each."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

type Address = IPv4Address | IPv6Address
type Block = IPv4Network | IPv6Network

FAMILIES = (4, 6)

FIRST_USABLE = 4
"""The first four addresses of a subnet are AWS's own, in IPv4 and IPv6 (VPC guide, "Subnet sizing")."""


@lru_cache(maxsize=8192)
def address_of(text: str) -> Address:
    return ip_address(text)


@lru_cache(maxsize=8192)
def block_of(text: str) -> Block:
    return ip_network(text)


def is_block(text: str) -> bool:
    """Whether a rule or a route names a CIDR block: the rest are ids, of security groups and prefix lists."""
    return "/" in text


def is_prefix_list(text: str) -> bool:
    """Whether a rule or a route names a managed prefix list."""
    return text.startswith("pl-")


def is_ipv6(text: str) -> bool:
    """Whether an address or a CIDR block is IPv6."""
    return ":" in text


def is_within(inner: Block, outer: Block) -> bool:
    """Whether every address of the inner block is in the outer one: never across families."""
    if isinstance(inner, IPv4Network):
        return isinstance(outer, IPv4Network) and inner.subnet_of(outer)
    return isinstance(outer, IPv6Network) and inner.subnet_of(outer)


def contains(outer: str, inner: str) -> bool:
    """Whether both are CIDR blocks, not ids, and the outer one holds all of the inner one."""
    return is_block(outer) and is_block(inner) and is_within(block_of(inner), block_of(outer))


class Partition:
    """The partition of all addresses by some CIDR blocks: two addresses are in one part if the same blocks hold them.

    For example, 10.0.0.0/16 and 10.0.1.0/24 make three parts: what is in both, what is in the first only, and what is in none.

    Args:
        blocks: Of both families, in any order, nested or not.
    """

    def __init__(self, blocks: Iterable[str]) -> None:
        named = {block: block_of(block) for block in blocks}
        self._edges = {version: sorted(_edges_of(named.values(), version)) for version in FAMILIES}
        self._parts: dict[tuple[int, int], frozenset[str]] = {}
        self._by_size: defaultdict[tuple[int, int], defaultdict[int, list[str]]] = defaultdict(lambda: defaultdict(list))
        for name, block in named.items():
            host_bits = block.max_prefixlen - block.prefixlen
            self._by_size[block.version, host_bits][int(block.network_address) >> host_bits].append(name)

    def part_of(self, address: Address) -> frozenset[str]:
        """The blocks that hold the address: they name its part. All addresses between two neighbouring edges have the same."""
        stretch = (address.version, bisect_right(self._edges[address.version], int(address)))
        if stretch not in self._parts:
            self._parts[stretch] = frozenset(self._containing(address))
        return self._parts[stretch]

    def _containing(self, address: Address) -> Iterator[str]:
        for (version, host_bits), names in self._by_size.items():
            if version == address.version:
                yield from names.get(int(address) >> host_bits, ())


def _edges_of(blocks: Iterable[Block], version: int) -> set[int]:
    """The addresses at which a block begins, and those right after a block."""
    own = [block for block in blocks if block.version == version]
    return {int(block.network_address) for block in own} | {int(block.broadcast_address) + 1 for block in own}
