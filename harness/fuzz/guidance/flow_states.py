"""Transitions of connections, as told by the entries that packets touch (CT-5, CT-6)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from harness.subject import StateKey, StateValue
from model.domain.flow import Flow, FlowKey
from model.domain.protocol import TCP

ABSENT = "absent"

Touched = tuple[tuple[StateKey, StateValue | None], ...]
"""The entries that a packet looked up or changed; empty for other steps."""


def transitions(touched: Iterable[Touched]) -> Counter[tuple[str, str]]:
    """How often a TCP flow went from one state to another, by what packets touched in order."""
    states: dict[StateKey, str] = {}
    found: Counter[tuple[str, str]] = Counter()
    for entries in touched:
        for key, value in entries:
            if isinstance(key, FlowKey) and key.protocol == TCP:
                after = state_of(value) if isinstance(value, Flow) else ABSENT
                before = states.get(key, ABSENT)
                if after != before:
                    found[before, after] += 1
                    states[key] = after
    return found


def state_of(flow: Flow) -> str:
    """A flow's state in a word or two."""
    if flow.opener_closing and flow.reply_closing:
        return "closed"
    if flow.opener_closing:
        return "opener closing"
    if flow.reply_closing:
        return "other end closing"
    if flow.picked_up:
        return "picked up"
    return "established" if flow.established else "opening"
