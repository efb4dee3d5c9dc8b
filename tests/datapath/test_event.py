"""Ring records become domain events; anything that a kind does not have is noticed."""

from __future__ import annotations

import numpy as np
import pytest

from harness.datapath.codec.codecs import Codecs
from harness.datapath.codec.errors import ContentError
from harness.kernel.btf import Btf
from model.domain.address import parse_address
from model.domain.event import (
    EMPTY_TUPLE,
    DropEvent,
    EventKind,
    Hook,
    PolicyVerdictEvent,
    SelectionEvent,
    Tuple,
)
from model.domain.policy import RuleVerdict
from model.domain.reason import Reason

POD = parse_address("10.0.0.1")
PEER = parse_address("10.0.0.2")
POD6 = parse_address("fd00::1")
PEER6 = parse_address("fd00::2")


def record(btf: Btf, **fields: object) -> bytes:
    """`struct event` by numpy, independently of the codec."""
    element = np.zeros((), btf.structures["event"])
    for name, value in fields.items():
        if isinstance(value, bytes):
            padded = np.frombuffer(value.ljust(16, b"\0"), ">u4")
            element[name] = padded
        else:
            element[name] = value
    return element.tobytes()


HEAD = {"time": 5, "hook": 1, "endpoint": 3, "family": 4, "protocol": 6}
TUPLE = {"source": POD, "destination": PEER, "source_port": 1000, "destination_port": 80}
PACKET = Tuple(POD, PEER, 1000, 80, 6)


def test_drop(codecs: Codecs, btf: Btf) -> None:
    data = record(btf, kind=EventKind.DROP, reason=Reason.MID_STREAM, **HEAD, **TUPLE)
    expected = DropEvent(5, Hook.TO_CONTAINER, 3, PACKET, Reason.MID_STREAM)
    assert codecs.event.decode(data) == expected


def test_drop_while_parsing_has_an_empty_tuple(codecs: Codecs, btf: Btf) -> None:
    data = record(btf, kind=EventKind.DROP, time=9, reason=Reason.UNKNOWN_L3)
    expected = DropEvent(9, Hook.FROM_CONTAINER, 0, EMPTY_TUPLE, Reason.UNKNOWN_L3)
    assert codecs.event.decode(data) == expected


def test_policy_verdict(codecs: Codecs, btf: Btf) -> None:
    verdict = {"reason": 1, "rule": 77, "local_identity": 8, "peer_identity": 9}
    data = record(btf, kind=EventKind.POLICY_VERDICT, **HEAD, **TUPLE, **verdict)
    expected = PolicyVerdictEvent(5, Hook.TO_CONTAINER, 3, PACKET, 8, 9, 77, RuleVerdict.ALLOW)
    assert codecs.event.decode(data) == expected


def test_selection(codecs: Codecs, btf: Btf) -> None:
    head = HEAD | {"family": 6}
    addresses = TUPLE | {"source": POD6, "destination": PEER6}
    chosen = {"service": 4, "backend": 5, "backend_port": 8080, "backend_address": POD6}
    data = record(btf, kind=EventKind.SELECTION, **head, **addresses, **chosen)
    packet = Tuple(POD6, PEER6, 1000, 80, 6)
    expected = SelectionEvent(5, Hook.TO_CONTAINER, 3, packet, 4, 5, POD6, 8080)
    assert codecs.event.decode(data) == expected


@pytest.mark.parametrize(
    ("fields", "complaint"),
    [
        ({"kind": 9}, "kind 9"),
        ({"kind": 3, "reason": 7}, "reason 7"),
        ({"kind": 3, "reason": 32, "rule": 1}, "fields that it does not have"),
        ({"kind": 3, "reason": 32, "backend": 1}, "fields that it does not have"),
        ({"kind": 1, "reason": 1}, "fields that it does not have"),
        ({"kind": 2, "reason": 2}, "neither 0 nor 1"),
        ({"kind": 3, "reason": 32, "source_port": 5}, "not empty"),
        ({"kind": 3, "reason": 32, "family": 4, "source": PEER6}, "first word"),
        ({"kind": 3, "reason": 32, "family": 5}, "family 5"),
        ({"kind": 3, "reason": 32, "hook": 2}, "hook 2"),
        ({"kind": 3, "reason": 32, "padding": 5}, "padding"),
    ],
)
def test_nonsense_is_noticed(
    codecs: Codecs, btf: Btf, fields: dict[str, object], complaint: str
) -> None:
    with pytest.raises(ContentError, match=complaint):
        codecs.event.decode(record(btf, **fields))


RULE = ("rule", "local_identity", "peer_identity")
CHOICE = ("service", "backend", "backend_address", "backend_port")


@pytest.mark.parametrize(
    ("kind", "field"),
    [
        *((EventKind.DROP, field) for field in (*RULE, *CHOICE)),
        *((EventKind.POLICY_VERDICT, field) for field in CHOICE),
        *((EventKind.SELECTION, field) for field in ("reason", *RULE)),
    ],
)
def test_a_field_that_the_kind_does_not_have_is_noticed(
    codecs: Codecs, btf: Btf, kind: EventKind, field: str
) -> None:
    fields = HEAD | {"kind": kind} | ({"reason": 33} if kind is EventKind.DROP else {})
    codecs.event.decode(record(btf, **fields))
    with pytest.raises(ContentError, match="fields that it does not have"):
        codecs.event.decode(record(btf, **fields | {field: PEER if "address" in field else 1}))


@pytest.mark.parametrize("field", ["source", "destination", "backend_address"])
@pytest.mark.parametrize("family", [0, 4])
def test_an_address_that_is_longer_than_its_family_is_noticed(
    codecs: Codecs, btf: Btf, family: int, field: str
) -> None:
    fields = {"kind": EventKind.SELECTION, "family": family}
    codecs.event.decode(record(btf, **fields))
    with pytest.raises(ContentError, match="event: "):
        codecs.event.decode(record(btf, **fields | {field: PEER6}))


@pytest.mark.parametrize("field", ["source_port", "destination_port", "protocol"])
def test_a_tuple_without_family_is_empty(codecs: Codecs, btf: Btf, field: str) -> None:
    with pytest.raises(ContentError, match="not empty"):
        codecs.event.decode(record(btf, kind=EventKind.DROP, reason=33, **{field: 1}))


def test_a_record_of_another_size_is_noticed(codecs: Codecs, btf: Btf) -> None:
    data = record(btf, kind=3, reason=32)
    for other in (data + b"\0", *(data[:length] for length in range(len(data)))):
        with pytest.raises(ContentError, match="bytes instead of"):
            codecs.event.decode(other)
