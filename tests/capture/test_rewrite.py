"""Translated addresses: right checksums stay right, wrong ones wrong, quotes included."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scapy.layers.inet import ICMP, IP, TCP, UDP
from scapy.layers.inet6 import (
    ICMPv6DestUnreach,
    ICMPv6EchoRequest,
    IPv6,
    IPv6ExtHdrDestOpt,
    IPv6ExtHdrFragment,
)
from scapy.layers.l2 import ARP, Ether

from harness.capture.rewrite import rewrite
from model.domain.address import Address, parse_address

MACS = {"src": "02:00:00:00:00:01", "dst": "02:00:00:00:00:02"}
OLD, NEW, PEER = "10.0.0.1", "172.31.255.254", "192.0.2.7"
OLD6, NEW6, PEER6 = "2001:db8::1", "fd00:ffff::1234", "2001:db8:ffff::7"
TRANSLATIONS: dict[Address, Address] = {
    parse_address(OLD): parse_address(NEW),
    parse_address(OLD6): parse_address(NEW6),
}


def four(address: str, **fields: Any) -> Any:
    return IP(src=address, dst=PEER, **fields)


def six(address: str, **fields: Any) -> Any:
    return IPv6(src=PEER6, dst=address, **fields)


PACKETS: dict[str, Callable[[str, str], Any]] = {
    "tcp": lambda a, _: four(a) / TCP(sport=1, dport=2) / b"data!",
    "udp": lambda a, _: four(a) / UDP(sport=1, dport=2) / b"data",
    "udp without checksum": lambda a, _: four(a) / UDP(sport=1, dport=2, chksum=0),
    "ping": lambda a, _: four(a) / ICMP(id=3) / b"x",
    "other protocol": lambda a, _: four(a, proto=47) / b"payload",
    "options": lambda a, _: four(a, options=[]) / TCP(options=[("MSS", 1400)]),
    "later fragment": lambda a, _: four(a, frag=5, proto=17) / b"12345678",
    "error": lambda a, _: IP(src=PEER, dst=a) / ICMP(type=3, code=3) / four(a) / UDP() / b"xyz",
    "tcp over ipv6": lambda _, a: six(a) / TCP(sport=1, dport=2) / b"data!",
    "udp behind options": lambda _, a: six(a) / IPv6ExtHdrDestOpt() / UDP(sport=1) / b"x",
    "ping over ipv6": lambda _, a: six(a) / ICMPv6EchoRequest(id=3, data=b"x"),
    "later fragment of ipv6": lambda _, a: (
        six(a) / IPv6ExtHdrFragment(nh=17, offset=3) / b"12345678"
    ),
    "error of ipv6": lambda _, a: (
        six(a) / ICMPv6DestUnreach(code=4) / IPv6(src=a, dst=PEER6) / TCP() / b"xyz"
    ),
    "arp": lambda _a, _b: ARP(hwsrc=MACS["src"], psrc=OLD, pdst=PEER),
}


def frame(name: str, address: str, address6: str) -> bytes:
    return bytes(Ether(**MACS) / PACKETS[name](address, address6))


@pytest.mark.parametrize("name", PACKETS)
def test_a_translated_packet_is_what_its_sender_would_have_sent(name: str) -> None:
    assert rewrite(frame(name, OLD, OLD6), TRANSLATIONS) == frame(name, NEW, NEW6)


@pytest.mark.parametrize("name", ["tcp", "udp", "tcp over ipv6", "error", "error of ipv6"])
@pytest.mark.parametrize("error", [1, 0x1234, 0xFF00])
def test_a_wrong_checksum_stays_wrong_by_as_much(name: str, error: int) -> None:
    whole = frame(name, OLD, OLD6)
    at = 36 if name == "error" else 14 + (20 if "ipv6" not in name else 40)
    at += {"tcp": 16, "udp": 6, "tcp over ipv6": 16, "error": 0, "error of ipv6": 2}[name]
    damaged = bytearray(whole)
    value = int.from_bytes(whole[at : at + 2], "big")
    damaged[at : at + 2] = ((value + error) % 0xFFFF).to_bytes(2, "big")
    found = int.from_bytes(rewrite(bytes(damaged), TRANSLATIONS)[at : at + 2], "big")
    right = int.from_bytes(frame(name, NEW, NEW6)[at : at + 2], "big")
    assert (found - right - error) % 0xFFFF == 0


def test_a_udp_checksum_that_comes_out_as_zero_is_sent_as_ones() -> None:
    # With source port 0 the checksum is the port that makes the sum 0xffff, hence the checksum 0.
    port = Ether(bytes(Ether(**MACS) / four(NEW) / UDP(sport=0, dport=2)))[UDP].chksum
    new = bytes(Ether(**MACS) / four(NEW) / UDP(sport=port, dport=2))
    assert Ether(new)[UDP].chksum == 0xFFFF
    old = bytes(Ether(**MACS) / four(OLD) / UDP(sport=port, dport=2))
    assert rewrite(old, TRANSLATIONS) == new


@settings(max_examples=200, deadline=None)
@given(name=st.sampled_from(sorted(PACKETS)), length=st.integers(0, 120), flip=st.integers(12, 60))
def test_damaged_frames_keep_their_length(name: str, length: int, flip: int) -> None:
    damaged = bytearray(frame(name, OLD, OLD6)[:length])
    if flip < length and flip < len(damaged):
        damaged[flip] ^= 0x5A
    assert len(rewrite(bytes(damaged), TRANSLATIONS)) == len(damaged)


def test_without_translations_nothing_changes() -> None:
    whole = frame("error", OLD, OLD6)
    assert rewrite(whole, {}) == whole
