"""Rejecting packets to a service without backend (LB-8)."""

from __future__ import annotations

from model import hairpin
from model.decision import Decision, drop_passage
from model.domain.configuration import NoBackendAction
from model.domain.protocol import TCP
from model.domain.reason import Reason
from model.drop import Drop
from model.packet import answer
from model.packet.view import ETHERNET_LENGTH, RST
from model.passage import Passage
from model.rate_limit import pass_limit


def no_backend(passage: Passage) -> Decision:
    """The answer to a packet for a service without eligible backend; raises Drop without one."""
    view, packet = passage.view, passage.packet
    if passage.configuration.no_backend is NoBackendAction.DROP:
        raise Drop(Reason.NO_BACKEND, "LB-8")
    if view.is_later_fragment:
        raise Drop(Reason.NO_BACKEND, "LB-8c")
    if view.tcp_flags & RST:
        raise Drop(Reason.NO_BACKEND, "LB-8a")
    require_within_limit(passage)
    passage.require_change()
    make = answer.reset if view.protocol == TCP else answer.port_unreachable
    passage.trace.note("LB-8a" if view.protocol == TCP else "LB-8b", "rejected")
    passage.trace.note("LB-8c", "headers of the answer")
    passage.trace.note("CT-10", "nothing changes but counters and events")
    decision = drop_passage(passage, Reason.REJECTED)
    decision.data = packet.data[:ETHERNET_LENGTH] + make(packet.data, view)
    return hairpin.into_pod(passage, decision)


def require_within_limit(passage: Passage) -> None:
    """Use the rate limit of answers up by one; drop what is beyond it."""
    window = passage.table.state.reject_window
    limit = passage.configuration.rejects_per_second
    passage.reject_window, allowed = pass_limit(window, passage.now, limit)
    if not allowed:
        passage.trace.note("OBS-2a", "beyond the limit of answers")
        raise Drop(Reason.NO_BACKEND, "LB-8")
