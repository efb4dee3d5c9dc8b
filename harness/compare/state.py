"""Compares what is remembered: single entries after a step, whole tables at intervals."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TypeVar

from harness.compare.describe import key_words
from harness.compare.difference import Difference, Kind
from harness.compare.fields import differing_fields
from model.domain.state import Counter, CounterKey, State, Window

Key = TypeVar("Key")


def compare_value(key: object, expected: object, actual: object) -> tuple[Difference, ...]:
    """Differences of one entry; None is an absent one."""
    if expected == actual:
        return ()
    kind = Kind.COUNTER if isinstance(key, CounterKey) else Kind.ENTRY
    return tuple(differing_fields(kind, key_words(key), expected, actual))


def compare_states(expected: State, actual: State) -> tuple[Difference, ...]:
    """Differences of everything that packets change: changed, missing and extra entries."""
    if expected == actual:
        return ()
    return tuple(differing_state(expected, actual))


def differing_state(expected: State, actual: State) -> Iterator[Difference]:
    """Differences between states that are not equal."""
    yield from differing_tables(expected.conntrack, actual.conntrack)
    yield from differing_tables(expected.affinities, actual.affinities)
    yield from differing_tables(expected.datagrams, actual.datagrams)
    yield from differing_counters(expected.counters, actual.counters)
    yield from differing_windows((expected.event_window, expected.reject_window), actual)


def differing_windows(expected: tuple[Window, Window], actual: State) -> Iterator[Difference]:
    """Differences of the windows of events and rejects."""
    events, rejects = expected
    yield from differing_fields(Kind.COUNTER, "event window", events, actual.event_window)
    yield from differing_fields(Kind.COUNTER, "reject window", rejects, actual.reject_window)


def differing_tables(
    expected: Mapping[Key, object], actual: Mapping[Key, object]
) -> Iterator[Difference]:
    """Differences of one table in both directions."""
    for key in [*expected, *(key for key in actual if key not in expected)]:
        yield from compare_value(key, expected.get(key), actual.get(key))


def differing_counters(
    expected: Mapping[CounterKey, Counter], actual: Mapping[CounterKey, Counter]
) -> Iterator[Difference]:
    """Differences of counters; one that is not there is zero."""
    zero = Counter(0, 0)
    for key in [*expected, *(key for key in actual if key not in expected)]:
        yield from compare_value(key, expected.get(key, zero), actual.get(key, zero))
