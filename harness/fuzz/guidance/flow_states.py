"""Transitions of connections, as told by the entries that packets touch (CT-5, CT-6)."""

from __future__ import annotations

from collections import Counter

from harness.subject import Prediction
from model.domain.flow import Flow, FlowKey
from model.domain.protocol import TCP

ABSENT = "absent"


class FlowStates:
    """The TCP state of every flow that was touched, and which changes there were, with counts."""

    def __init__(self) -> None:
        self.states: dict[FlowKey, str] = {}
        self.transitions: Counter[tuple[str, str]] = Counter()

    def saw(self, prediction: Prediction) -> None:
        """Take in one packet."""
        for key, value in prediction.touched:
            if isinstance(key, FlowKey) and key.protocol == TCP:
                after = state_of(value) if isinstance(value, Flow) else ABSENT
                before = self.states.get(key, ABSENT)
                if after != before:
                    self.transitions[before, after] += 1
                    self.states[key] = after


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
