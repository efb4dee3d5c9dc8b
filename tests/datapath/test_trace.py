"""Traces on the ring become domain events, with clauses as the specification calls them (OBS-3)."""

from __future__ import annotations

from types import SimpleNamespace
from typing import cast

import numpy as np
import pytest

from harness.datapath.codec.codecs import Codecs
from harness.datapath.codec.errors import ContentError
from harness.datapath.codec.trace import TraceCodec
from harness.kernel.btf import Btf
from harness.kernel.errors import LayoutError
from model.clauses import CLAUSES
from model.domain.event import TRACE_HEADERS, EventKind, Hook, TraceEvent
from model.domain.packet import Verdict
from model.domain.reason import Reason

HEAD = {
    "kind": EventKind.TRACE,
    "time": 5,
    "hook": Hook.TO_CONTAINER,
    "verdict": Verdict.DROP,
    "reason": Reason.TUPLE_CLASH,
    "interface": 7,
}
BEFORE, AFTER = bytes(range(TRACE_HEADERS)), bytes(TRACE_HEADERS)


def record(btf: Btf, **fields: object) -> bytes:
    """`struct trace` by numpy, independently of the codec."""
    element = np.zeros((), btf.structures["trace"])
    for name, value in {**HEAD, **fields}.items():
        element[name] = np.frombuffer(value, np.uint8) if isinstance(value, bytes) else value
    return element.tobytes()


def bits(btf: Btf, *names: str) -> int:
    return sum(1 << btf.enumerations["trace_clause"][name] for name in names)


def test_a_trace(codecs: Codecs, btf: Btf) -> None:
    clauses = bits(btf, "CLAUSE_LB_4A", "CLAUSE_NAT_4", "CLAUSE_FRAG_1")
    frames = {"before": BEFORE, "after": AFTER, "length_before": 1400, "length_after": 60}
    expected = TraceEvent(
        5,
        Hook.TO_CONTAINER,
        7,
        2,
        Reason.TUPLE_CLASH,
        BEFORE,
        AFTER,
        1400,
        60,
        frozenset({"LB-4a", "NAT-4", "FRAG-1"}),
    )
    assert codecs.event.decode(record(btf, clauses=clauses, **frames)) == expected


def test_every_clause_is_one_of_the_specification(codecs: Codecs, btf: Btf) -> None:
    every = bits(btf, *btf.enumerations["trace_clause"])
    event = codecs.event.decode(record(btf, clauses=every))
    assert isinstance(event, TraceEvent)
    assert len(event.clauses) == every.bit_count()
    assert event.clauses <= set(CLAUSES)


@pytest.mark.parametrize(
    ("fields", "complaint"),
    [
        ({"clauses": 1 << 63}, "clauses 0x8000000000000000"),
        ({"reason": 7}, "reason 7"),
        ({"hook": 2}, "hook 2"),
        ({"verdict": 1}, "verdict 1"),
    ],
)
def test_nonsense_is_noticed(
    codecs: Codecs, btf: Btf, fields: dict[str, object], complaint: str
) -> None:
    with pytest.raises(ContentError, match=complaint):
        codecs.event.decode(record(btf, **fields))


def test_a_record_of_another_kind_is_no_trace(btf: Btf) -> None:
    codec = TraceCodec(btf.structures, btf.enumerations)
    with pytest.raises(ContentError, match="trace of kind 3 at hook 1"):
        codec.decode(record(btf, kind=EventKind.DROP))


def test_a_record_of_another_size_is_noticed(codecs: Codecs, btf: Btf) -> None:
    with pytest.raises(ContentError, match="bytes instead of"):
        codecs.event.decode(record(btf)[:-8])


@pytest.mark.parametrize(
    ("structures", "enumerations", "complaint"),
    [
        ({}, {"trace_clause": {"CLAUSE_LB4": 0}}, "CLAUSE_LB4 names no clause"),
        ({"event": "trace"}, {}, "struct event"),
    ],
)
def test_other_layouts_are_noticed(
    btf: Btf, structures: dict[str, str], enumerations: dict[str, object], complaint: str
) -> None:
    changed = {name: btf.structures[other] for name, other in structures.items()}
    types = SimpleNamespace(
        structures={**btf.structures, **changed}, enumerations={**btf.enumerations, **enumerations}
    )
    with pytest.raises(LayoutError, match=complaint):
        Codecs(cast("Btf", types))


def test_headers_of_another_length_are_noticed(btf: Btf) -> None:
    fields = btf.structures["trace"].fields
    assert fields is not None
    shorter = [
        (name, ("u1", (64,)) if name in ("before", "after") else layout[0])
        for name, layout in fields.items()
    ]
    structures = {**btf.structures, "trace": np.dtype(shorter)}
    with pytest.raises(LayoutError, match="128 bytes"):
        Codecs(cast("Btf", SimpleNamespace(structures=structures, enumerations=btf.enumerations)))


def test_a_kind_at_another_place_is_noticed(btf: Btf) -> None:
    """It tells the two structs apart, so it has to stand in the same place."""
    fields = btf.structures["trace"].fields
    assert fields is not None
    turned = [(name, fields[name][0]) for name in sorted(fields, key=lambda name: name != "hook")]
    names = [name for name, _ in turned]
    first, second = names.index("kind"), names.index("hook")
    assert first != second
    structures = {**btf.structures, "trace": np.dtype(turned)}
    with pytest.raises(LayoutError, match="kind"):
        Codecs(cast("Btf", SimpleNamespace(structures=structures, enumerations=btf.enumerations)))
