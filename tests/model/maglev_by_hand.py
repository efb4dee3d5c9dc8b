"""Maglev written down a second time from LB-3a and LB-3b, to expect backends by."""

from __future__ import annotations

from ipaddress import ip_address

from model.domain.protocol import TCP
from tests.model.builder import End


def murmur3_32(data: bytes, seed: int) -> int:
    """MurmurHash3 for x86 with 32 bits, of whole little-endian blocks of four bytes."""
    value = seed
    for place in range(0, len(data), 4):
        block = int.from_bytes(data[place : place + 4], "little")
        block = block * 0xCC9E2D51 % 2**32
        block = (block * 2**15 + block // 2**17) % 2**32
        value ^= block * 0x1B873593 % 2**32
        value = (value * 2**13 + value // 2**19) % 2**32
        value = (value * 5 + 0xE6546B64) % 2**32
    value ^= len(data)
    value = (value ^ value // 2**16) * 0x85EBCA6B % 2**32
    value = (value ^ value // 2**13) * 0xC2B2AE35 % 2**32
    return value ^ value // 2**16


def hash_words(words: list[int], seed: int) -> int:
    """The hash over 32-bit words."""
    return murmur3_32(b"".join(word.to_bytes(4, "little") for word in words), seed)


def address_words(address: str) -> list[int]:
    """An address as big-endian words."""
    packed = ip_address(address).packed
    return [int.from_bytes(packed[place : place + 4], "big") for place in range(0, len(packed), 4)]


def preferences(end: End, size: int) -> list[int]:
    """All slots in a backend's order of preference."""
    words = [*address_words(end.address), end.port]
    offset = hash_words(words, 1) % size
    skip = hash_words(words, 2) % (size - 1) + 1
    return [(offset + place * skip) % size for place in range(size)]


def table(ends: list[End], size: int) -> list[End]:
    """The backend of each slot; `ends` come in order of address and port."""
    slots: dict[int, End] = {}
    wishes = {end: preferences(end, size) for end in ends}
    while len(slots) < size:
        for end in ends:
            if len(slots) < size:
                slots[next(place for place in wishes[end] if place not in slots)] = end
    return [slots[place] for place in range(size)]


def chosen(
    client: End,
    service: int,
    ends: list[End],
    *,
    size: int,
    protocol: int = TCP,
    affinity: bool = False,
) -> End:
    """The backend of a new connection."""
    ordered = sorted(ends, key=lambda end: (ip_address(end.address).packed, end.port))
    port = 0 if affinity else client.port
    words = [*address_words(client.address), port * 65536 + protocol, service]
    return table(ordered, size)[hash_words(words, 0) % size]
