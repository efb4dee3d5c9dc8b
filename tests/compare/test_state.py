"""Entries and counters: changed, missing and extra ones are found, whichever side has them."""

from __future__ import annotations

from copy import copy
from dataclasses import fields, replace

import pytest

from harness.compare.difference import ABSENT, Difference, Kind
from harness.compare.state import compare_states, compare_value
from model.domain.address import parse_address
from model.domain.event import Hook
from model.domain.flow import (
    Affinity,
    AffinityKey,
    Datagram,
    Flow,
    FlowKey,
    FragmentKey,
    Opener,
    Selection,
)
from model.domain.protocol import TCP, UDP
from model.domain.reason import Reason
from model.domain.state import Counter, CounterKey, State, TableKey, TableValue, Window

POD, PEER = parse_address("10.0.1.5"), parse_address("10.0.3.1")
FLOW_KEY = FlowKey(POD, PEER, 40000, 80, TCP, Opener.ENDPOINT)
SELECTION_KEY = FlowKey(POD, parse_address("10.96.0.10"), 40000, 80, TCP, Opener.ENDPOINT)
AFFINITY_KEY = AffinityKey(POD, 7)
FRAGMENT_KEY = FragmentKey(POD, PEER, 0x1234, UDP, Hook.FROM_CONTAINER)
COUNTER_KEY = CounterKey(Hook.FROM_CONTAINER, Reason.NEW)
FLOW = Flow(expires=60, opener_packets=1, opener_bytes=54, policy_revision=2)
ENTRIES: dict[str, tuple[TableKey, TableValue, str]] = {
    "flow": (FLOW_KEY, FLOW, "tcp 10.0.1.5:40000 -> 10.0.3.1:80"),
    "selection": (SELECTION_KEY, Selection(7, 3), "tcp 10.0.1.5:40000 -> 10.96.0.10:80"),
    "affinity": (AFFINITY_KEY, Affinity(3, 1_000), "client 10.0.1.5 of service 7"),
    "datagram": (
        FRAGMENT_KEY,
        Datagram(30, 1000, 53, UDP),
        "udp datagram 0x1234 10.0.1.5 -> 10.0.3.1 (from_container)",
    ),
}
each_entry = pytest.mark.parametrize(("key", "value", "words"), ENTRIES.values(), ids=ENTRIES)


def state(**tables: object) -> State:
    """A state with an entry of every kind, and some tables replaced."""
    whole = State(
        {FLOW_KEY: replace(FLOW), SELECTION_KEY: Selection(7, 3)},
        {AFFINITY_KEY: Affinity(3, 1_000)},
        {FRAGMENT_KEY: Datagram(30, 1000, 53, UDP)},
        {COUNTER_KEY: Counter(1, 54)},
        Window(5, 1, 0),
        Window(6, 0, 2),
    )
    return replace(whole, **tables)  # type: ignore[arg-type]  # by name


def without(key: TableKey) -> State:
    """A state that lacks one entry."""
    lacking = state()
    del lacking.table_of(key)[key]
    return lacking


def test_equal_states_have_no_difference() -> None:
    assert compare_states(state(), state()) == ()


@each_entry
def test_an_entry_that_the_datapath_lacks(key: TableKey, value: TableValue, words: str) -> None:
    wanted = Difference(Kind.ENTRY, words, type(value).__name__, value, ABSENT)
    assert compare_states(state(), without(key)) == (wanted,)
    assert compare_value(key, value, None) == (wanted,)


@each_entry
def test_an_entry_that_only_the_datapath_has(key: TableKey, value: TableValue, words: str) -> None:
    wanted = Difference(Kind.ENTRY, words, type(value).__name__, ABSENT, value)
    assert compare_states(without(key), state()) == (wanted,)
    assert compare_value(key, None, value) == (wanted,)


@pytest.mark.parametrize(
    ("name", "field", "value"),
    [
        *(
            ("flow", field, value)
            for field, value in {
                "expires": 61,
                "opener_packets": 2,
                "opener_bytes": 55,
                "reply_packets": 1,
                "reply_bytes": 1,
                "established": True,
                "opener_closing": True,
                "reply_closing": True,
                "picked_up": True,
                "policy_revision": 3,
                "load_balanced": True,
                "hairpin": True,
                "service": 7,
                "service_address": PEER,
                "service_port": 80,
                "service_revision": 2,
            }.items()
        ),
        ("selection", "service", 8),
        ("selection", "backend", 4),
        ("selection", "service_revision", 2),
        ("affinity", "backend", 4),
        ("affinity", "last_use", 1_001),
        ("datagram", "expires", 31),
        ("datagram", "source_port", 0),
        ("datagram", "destination_port", 54),
        ("datagram", "protocol", TCP),
        ("datagram", "reassembly", True),
    ],
)
def test_a_field_of_an_entry(name: str, field: str, value: object) -> None:
    key, entry, words = ENTRIES[name]
    changed = copy(entry)
    setattr(changed, field, value)
    actual = state()
    actual.table_of(key)[key] = changed
    wanted = Difference(Kind.ENTRY, words, field, getattr(entry, field), value)
    assert compare_states(state(), actual) == (wanted,)
    assert compare_value(key, entry, changed) == (wanted,)


def test_every_field_of_every_entry_is_in_the_list_above() -> None:
    marks = test_a_field_of_an_entry.pytestmark[0].args[1]  # type: ignore[attr-defined]  # pytest's
    for name, (_, value, _) in ENTRIES.items():
        listed = [field for of, field, _ in marks if of == name]
        assert listed == [item.name for item in fields(value)]


def test_every_table_of_a_state() -> None:
    for item in fields(State):
        emptied = replace(state(), **{item.name: getattr(State(), item.name)})
        assert compare_states(state(), emptied)
        assert compare_states(emptied, state())


def test_a_selection_in_a_flows_place() -> None:
    found = compare_value(FLOW_KEY, FLOW, Selection(7, 3))
    assert found == (
        Difference(Kind.ENTRY, "tcp 10.0.1.5:40000 -> 10.0.3.1:80", "Flow", FLOW, Selection(7, 3)),
    )


@pytest.mark.parametrize(("field", "counter"), [("packets", (2, 54)), ("bytes", (1, 55))])
def test_a_counter(field: str, counter: tuple[int, int]) -> None:
    actual = state(counters={COUNTER_KEY: Counter(*counter)})
    (found,) = compare_states(state(), actual)
    assert (found.kind, found.where, found.field) == (Kind.COUNTER, "from_container/new", field)


def test_a_counter_that_is_not_there_is_zero() -> None:
    other = {COUNTER_KEY: Counter(1, 54), CounterKey(Hook.TO_CONTAINER, Reason.NEW): Counter(0, 0)}
    assert compare_states(state(), state(counters=other)) == ()
    missing = compare_states(state(), state(counters={}))
    assert [(one.field, one.expected, one.actual) for one in missing] == [
        ("packets", 1, 0),
        ("bytes", 54, 0),
    ]
    extra = compare_states(state(counters={}), state())
    assert [(one.field, one.expected, one.actual) for one in extra] == [
        ("packets", 0, 1),
        ("bytes", 0, 54),
    ]


@pytest.mark.parametrize("which", ["event_window", "reject_window"])
@pytest.mark.parametrize("field", ["begin", "used", "suppressed"])
def test_a_rate_limits_window(which: str, field: str) -> None:
    before = getattr(state(), which)
    changed = replace(before, **{field: 99})
    (found,) = compare_states(state(), state(**{which: changed}))
    words = which.replace("_", " ")
    assert found == Difference(Kind.COUNTER, words, field, getattr(before, field), 99)


def test_several_differences_come_in_the_order_of_the_tables() -> None:
    actual = State()
    kinds = [(one.kind, one.where) for one in compare_states(state(), actual)]
    words = [words for _, _, words in ENTRIES.values()]
    assert [where for kind, where in kinds if kind is Kind.ENTRY] == words
    assert {kind for kind, _ in kinds[len(words) :]} == {Kind.COUNTER}
