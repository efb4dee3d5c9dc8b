"""Keys of conntrack entries as people write them: `client:40000 > web:80 tcp`.

The endpoint stands on the left, the peer on the right; `>` says that the endpoint opened the
flow, `<` that the peer did (CT-1). For ICMP the left port is the identifier and the right one type
and code, as in `client:7 > server:8/0 icmp` (CT-8). IPv6 addresses stand in brackets.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from harness.scenario.address import resolve_address
from harness.scenario.document import Node, Scalar
from harness.scenario.error import FormatError, Place, shown
from harness.scenario.icmp import translate_icmp_port
from harness.scenario.protocol import (
    format_port,
    format_protocol,
    parse_port,
    parse_protocol,
)
from harness.scenario.reading import Reader, scalar
from harness.scenario.registry import Registry
from model.domain.address import Address, Family, format_address
from model.domain.flow import FlowKey, Opener
from model.domain.protocol import ICMP, ICMPV6

SIDE: Final = r"(\[[0-9a-fA-F:.]+\]|[^\s:\[\]]+):([0-9/]+)"
FLOW: Final = re.compile(rf"\s*{SIDE}\s*([<>])\s*{SIDE}\s+(\w+)\s*")
EXAMPLE: Final = "write client:40000 > web:80 tcp"


def flow_key_reader(registry: Registry, family: Family | None) -> Reader[FlowKey]:
    """A key; names stand for addresses of the scenario's family."""

    def read(node: Node) -> FlowKey:
        word = scalar(node)
        match = FLOW.fullmatch(word.text)
        if match is None:
            raise FormatError(word.place, f"{shown(word.text)} is no flow", EXAMPLE)
        return matched_key(registry, family, word, match)

    return read


def matched_key(
    registry: Registry, family: Family | None, word: Scalar, match: re.Match[str]
) -> FlowKey:
    """The key that a matched text says."""
    protocol = parse_protocol(match[6], word.at(match.start(6)))
    endpoint_port = parse_port(match[2], 0, word.at(match.start(2)))
    peer_port = parse_port(match[5], protocol, word.at(match.start(5)))
    family = written_family(match) or family or Family.IPV4
    if family is Family.IPV6 and match[6] == "icmp":
        protocol, peer_port = ICMPV6, icmpv6_port(peer_port, word.at(match.start(5)))
    return FlowKey(
        side_address(registry, family, word, match, 1),
        side_address(registry, family, word, match, 4),
        endpoint_port,
        peer_port,
        protocol,
        Opener.ENDPOINT if match[3] == ">" else Opener.PEER,
    )


def written_family(match: re.Match[str]) -> Family | None:
    """The family of an address that is written out; None where both are names."""
    for side in (match[1], match[4]):
        if side.startswith("["):
            return Family.IPV6
        if side[0].isdigit():
            return Family.IPV4
    return None


def icmpv6_port(port: int, place: Place) -> int:
    """The counterpart in IPv6 of an ICMP type and code."""
    translated = translate_icmp_port(port)
    if translated is None:
        problem = f"ICMP {format_port(port, ICMP)} has no counterpart in IPv6"
        raise FormatError(place, problem, "keep the scenario to `families: [ipv4]`")
    return translated


def side_address(
    registry: Registry, family: Family, word: Scalar, match: re.Match[str], group: int
) -> Address:
    """The address of one side."""
    return resolve_address(registry, match[group].strip("[]"), word.at(match.start(group)), family)


def format_flow_key(key: FlowKey, names: Mapping[Address, str]) -> str:
    """The text that `flow_key_reader` reads as this key; `names` by address."""
    arrow = ">" if key.opener is Opener.ENDPOINT else "<"
    endpoint = f"{format_side(key.endpoint_address, names)}:{key.endpoint_port}"
    peer_port = format_port(key.peer_port, key.protocol)
    peer = f"{format_side(key.peer_address, names)}:{peer_port}"
    foreign = key.protocol == ICMP and key.family is Family.IPV6  # the name would be translated
    name = str(key.protocol) if foreign else format_protocol(key.protocol)
    return f"{endpoint} {arrow} {peer} {name}"


def format_side(address: Address, names: Mapping[Address, str]) -> str:
    """An address by its name if it has one."""
    text = format_address(address)
    return names.get(address, f"[{text}]" if len(address) == 16 else text)
