"""Protocols and ports as people write them: `tcp`, `80-90`, and `8/0` for ICMP type and code."""

from __future__ import annotations

import re
from typing import Final

from harness.scenario.document import Node
from harness.scenario.error import FormatError, Place, one_of, shown
from harness.scenario.reading import scalar
from model.domain.policy import PortRange
from model.domain.protocol import ICMP, ICMPV6, PORT_PROTOCOLS, PROTOCOL_NAMES, icmp_port

PROTOCOL_NUMBERS: Final = {name: number for number, name in PROTOCOL_NAMES.items()}
ICMP_PROTOCOLS: Final = frozenset({ICMP, ICMPV6})
PORT: Final = re.compile(r"([0-9]{1,5})(?:/([0-9]{1,3}))?")


def protocol(node: Node) -> int:
    """A protocol by name or number."""
    word = scalar(node)
    return parse_protocol(word.text, word.place)


def parse_protocol(word: str, place: Place) -> int:
    """A protocol by name or number."""
    if word in PROTOCOL_NUMBERS:
        return PROTOCOL_NUMBERS[word]
    if word.isdecimal() and len(word) <= 3 and int(word) <= 0xFF:
        return int(word)
    remedy = one_of(PROTOCOL_NUMBERS, word) + " or a number up to 255"
    raise FormatError(place, f"unknown protocol {shown(word)}", remedy)


def format_protocol(number: int) -> str:
    """A protocol's name, or its number where it has none."""
    return PROTOCOL_NAMES.get(number, str(number))


def parse_port(word: str, number: int, place: Place) -> int:
    """A port, or for ICMP type/code, of a protocol."""
    match = PORT.fullmatch(word)
    if match is None:
        raise FormatError(place, f"{shown(word)} is no port", "write 80, or 8/0 for ICMP")
    if match[2] is None:
        port = int(match[1])
    elif number not in ICMP_PROTOCOLS:
        raise FormatError(place, f"{word} is a type and code, for ICMP only", "write a port")
    elif max(int(match[1]), int(match[2])) > 0xFF:
        raise FormatError(place, f"{word}: type and code are at most 255")
    else:
        port = icmp_port(int(match[1]), int(match[2]))
    if port > 0xFFFF:
        raise FormatError(place, f"{word} is no port", "ports end at 65535")
    return port


def format_port(port: int, number: int) -> str:
    """A port as `parse_port` reads it."""
    return f"{port >> 8}/{port & 0xFF}" if number in ICMP_PROTOCOLS else str(port)


def parse_ports(word: str, number: int, place: Place) -> PortRange:
    """One port or a range of a protocol that has ports (POL-1)."""
    if number not in PORT_PROTOCOLS and number not in ICMP_PROTOCOLS:
        raise FormatError(
            place, f"protocol {format_protocol(number)} has no ports", "leave them out"
        )
    first, dash, last = word.partition("-")
    low = parse_port(first, number, place)
    high = parse_port(last, number, place) if dash else low
    if low > high:
        raise FormatError(place, f"{word} ends before it begins", f"write {last}-{first}")
    return PortRange(low, high)
