"""TCP's part of a flow: opening, established, closing (CT-5, CT-7)."""

from __future__ import annotations

from typing import NamedTuple

from model.domain.configuration import Timeouts
from model.domain.flow import Flow
from model.domain.protocol import TCP
from model.packet.view import FIN, RST, SYN, View
from model.trace import Trace


class State(NamedTuple):
    """What TCP's flags have told about a flow (CT-5, CT-7)."""

    established: bool
    opener_closing: bool
    reply_closing: bool
    picked_up: bool


def is_closing(flow: Flow) -> bool:
    """Whether a FIN or RST has been seen in at least one direction."""
    return flow.opener_closing or flow.reply_closing


def is_fully_closed(flow: Flow) -> bool:
    """Whether both directions are closing."""
    return flow.opener_closing and flow.reply_closing


def state(flow: Flow) -> State:
    """Everything that TCP's flags have told about a flow."""
    return State(flow.established, flow.opener_closing, flow.reply_closing, flow.picked_up)


def advance(flow: Flow, view: View, is_reply: bool, trace: Trace) -> None:
    """Take a passing TCP packet's flags into its flow (CT-5, CT-7b)."""
    flags = view.tcp_flags
    if is_reply and flow.picked_up:
        trace.note("CT-7b", "a reply to a flow that was picked up")
        flow.picked_up = False
    if not flags & SYN and not flow.picked_up:
        flow.established = True
    if flags & RST:
        trace.note("CT-5a", "an RST establishes, then closes")
        flow.opener_closing = flow.reply_closing = True
    elif flags & FIN:
        if is_reply:
            flow.reply_closing = True
        else:
            flow.opener_closing = True
        if not is_fully_closed(flow):
            trace.note("CT-5a", "one direction is closing: the timeout stays")


def timeout(flow: Flow, protocol: int, timeouts: Timeouts) -> int:
    """How long a flow lives on after a packet, by the state it is in now (CT-3)."""
    if protocol != TCP:
        return timeouts.other
    if is_fully_closed(flow):
        return timeouts.tcp_closing
    return timeouts.tcp_established if flow.established else timeouts.tcp_opening
