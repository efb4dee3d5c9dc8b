"""ICMP messages of IPv4 and their counterparts in IPv6 (RFC 7915, section 4.2)."""

from __future__ import annotations

from typing import Final, NamedTuple

from model.domain.protocol import icmp_port

ECHO_REPLY: Final = 0
UNREACHABLE: Final = 3
ECHO_REQUEST: Final = 8
TIME_EXCEEDED: Final = 11
PARAMETER_PROBLEM: Final = 12

PROTOCOL_UNREACHABLE: Final = 2
PORT_UNREACHABLE: Final = 3
FRAGMENTATION_NEEDED: Final = 4
PROHIBITED_CODES: Final = frozenset({9, 10, 13, 15})
NO_COUNTERPART_CODES: Final = frozenset({14})


class Message(NamedTuple):
    """An ICMPv6 message: Scapy's name of it, type and code."""

    layer: str
    icmp_type: int
    code: int


def counterpart(icmp_type: int, code: int) -> Message | None:
    """The ICMPv6 message that says what an ICMP message says; None where there is none."""
    if icmp_type == ECHO_REQUEST:
        return Message("ICMPv6EchoRequest", 128, code)
    if icmp_type == ECHO_REPLY:
        return Message("ICMPv6EchoReply", 129, code)
    if icmp_type == UNREACHABLE:
        return unreachable(code)
    if icmp_type == TIME_EXCEEDED:
        return Message("ICMPv6TimeExceeded", 3, code)
    if icmp_type == PARAMETER_PROBLEM:
        return Message("ICMPv6ParamProblem", 4, 0)
    return None


def unreachable(code: int) -> Message | None:
    """The counterpart of a destination unreachable message."""
    if code in NO_COUNTERPART_CODES or code > 15:
        return None
    if code == PROTOCOL_UNREACHABLE:
        return Message("ICMPv6ParamProblem", 4, 1)
    if code == PORT_UNREACHABLE:
        return Message("ICMPv6DestUnreach", 1, 4)
    if code == FRAGMENTATION_NEEDED:
        return Message("ICMPv6PacketTooBig", 2, 0)
    return Message("ICMPv6DestUnreach", 1, 1 if code in PROHIBITED_CODES else 0)


def translate_icmp_port(port: int) -> int | None:
    """The number that takes a port's place (CT-8), for the ICMPv6 counterpart."""
    message = counterpart(port >> 8, port & 0xFF)
    return icmp_port(message.icmp_type, message.code) if message else None
