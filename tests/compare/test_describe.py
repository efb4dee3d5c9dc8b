"""Values and keys in words, as reports show them."""

from __future__ import annotations

from typing import NamedTuple

import pytest

from harness.compare.describe import key_words, value_words
from harness.compare.difference import ABSENT
from model.domain.address import parse_address
from model.domain.event import EMPTY_TUPLE, Hook, Tuple
from model.domain.flow import AffinityKey, Flow, FlowKey, FragmentKey, Opener, Selection
from model.domain.packet import Context, Verdict
from model.domain.protocol import ICMP, ICMPV6, TCP, UDP
from model.domain.reason import Reason
from model.domain.state import CounterKey

POD, PEER = parse_address("10.0.1.5"), parse_address("10.0.3.1")
POD6, PEER6 = parse_address("fd00:1::5"), parse_address("fd00:2::7")


class Side(NamedTuple):
    """An address, and a port if there is one."""

    address: bytes
    port: int | None


@pytest.mark.parametrize(
    ("key", "words"),
    [
        (
            FlowKey(POD, PEER, 40000, 80, TCP, Opener.ENDPOINT),
            "tcp 10.0.1.5:40000 -> 10.0.3.1:80",
        ),
        (
            FlowKey(POD6, PEER6, 40000, 80, UDP, Opener.PEER),
            "udp [fd00:1::5]:40000 <- [fd00:2::7]:80",
        ),
        (
            FlowKey(POD, PEER, 7, 8 << 8, ICMP, Opener.ENDPOINT),
            "icmp 10.0.1.5 -> 10.0.3.1 type 8 code 0 id 7",
        ),
        (
            FlowKey(POD6, PEER6, 7, 1 << 8 | 4, ICMPV6, Opener.PEER),
            "icmpv6 fd00:1::5 <- fd00:2::7 type 1 code 4 id 7",
        ),
        (FlowKey(POD, PEER, 0, 0, 47, Opener.ENDPOINT), "47 10.0.1.5:0 -> 10.0.3.1:0"),
        (AffinityKey(POD6, 7), "client fd00:1::5 of service 7"),
        (
            FragmentKey(POD, PEER, 0xBEEF, UDP, Hook.TO_CONTAINER),
            "udp datagram 0xbeef 10.0.1.5 -> 10.0.3.1 (to_container)",
        ),
        (FragmentKey(POD, PEER, 1, UDP, 9), "udp datagram 0x1 10.0.1.5 -> 10.0.3.1 (hook 9)"),
        (CounterKey(Hook.TO_CONTAINER, Reason.POLICY_DENIED), "to_container/policy_denied"),
    ],
)
def test_keys(key: object, words: str) -> None:
    assert key_words(key) == words


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (Verdict.REDIRECT, "redirect"),
        (Reason.NO_BACKEND, "no_backend"),
        (ABSENT, "absent"),
        (POD, "10.0.1.5"),
        (POD6, "fd00:1::5"),
        (b"", "none"),
        (b"\x01\x02", "0102"),
        (Tuple(POD, PEER, 1000, 53, UDP), "udp 10.0.1.5:1000 > 10.0.3.1:53"),
        (Tuple(POD6, PEER6, 1000, 53, UDP), "udp [fd00:1::5]:1000 > [fd00:2::7]:53"),
        (EMPTY_TUPLE, "none"),
        (Selection(7, 3, 2), "service=7 backend=3 service_revision=2"),
        (Flow(0), "expires=0"),
        (Side(PEER, None), "address=10.0.3.1"),
        (
            Flow(60, opener_packets=1, established=True, service_address=PEER),
            "expires=60 opener_packets=1 established=True service_address=10.0.3.1",
        ),
        (Context(1, 2, (0, 0, 0, 0, 5)), "mark=1 priority=2 control_block=(0, 0, 0, 0, 5)"),
        (FlowKey(POD, PEER, 1, 2, TCP, Opener.ENDPOINT), "tcp 10.0.1.5:1 -> 10.0.3.1:2"),
        (True, "True"),
        (17, "17"),
    ],
)
def test_values(value: object, words: str) -> None:
    assert value_words(value) == words
