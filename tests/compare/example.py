"""Frames and outcomes for the comparer's tests."""

from __future__ import annotations

from dataclasses import replace

from scapy.layers.inet import ICMP, IP, TCP, UDP, IPerror, UDPerror
from scapy.layers.l2 import Ether
from scapy.packet import Packet as Layer
from scapy.packet import Raw

from model.domain.address import parse_address
from model.domain.event import Hook, PolicyVerdictEvent, SelectionEvent, Tuple
from model.domain.packet import Context, Outcome, Verdict
from model.domain.policy import RuleVerdict
from model.domain.protocol import TCP as TCP_NUMBER

CLIENT, SERVER, SERVICE = "10.0.1.5", "10.0.3.1", "10.96.0.10"
ETHERNET = Ether(src="02:00:00:00:00:01", dst="02:00:00:00:00:02")
TUPLE = Tuple(parse_address(CLIENT), parse_address(SERVER), 40000, 8080, TCP_NUMBER)
VERDICT_EVENT = PolicyVerdictEvent(
    1_000, Hook.FROM_CONTAINER, 1, TUPLE, 100, 2, 0, RuleVerdict.ALLOW
)
SELECTION_EVENT = SelectionEvent(
    1_000, Hook.FROM_CONTAINER, 1, TUPLE, 7, 3, parse_address(SERVER), 8080
)


def tcp(payload: bytes = b"hello", **fields: object) -> bytes:
    """A TCP packet; `fields` are of its IP header, by Scapy's names."""
    ip = IP(**{"src": CLIENT, "dst": SERVER, "id": 7} | fields)
    return bytes(ETHERNET / ip / TCP(sport=40000, dport=8080, flags="S") / Raw(payload))


def udp(dport: int = 53) -> bytes:
    """A UDP packet."""
    return bytes(ETHERNET / IP(src=CLIENT, dst=SERVER, id=7) / UDP(sport=1000, dport=dport))


def unreachable(quoted_destination: str = SERVER, quoted_port: int = 53) -> bytes:
    """An ICMP error that quotes a UDP packet."""
    quote: Layer = IPerror(src=CLIENT, dst=quoted_destination, chksum=1) / UDPerror(
        sport=1000, dport=quoted_port, chksum=2
    )
    outer = IP(src="192.0.2.1", dst=CLIENT, id=9)
    return bytes(ETHERNET / outer / ICMP(type=3, code=3, chksum=3) / quote)


PASSED = Outcome(Verdict.PASS, tcp(), Context(mark=5, priority=6), (SELECTION_EVENT, VERDICT_EVENT))


def passed(**changes: object) -> Outcome:
    """A packet that passed, with something else about it."""
    return replace(PASSED, **changes)  # type: ignore[arg-type]  # by name
