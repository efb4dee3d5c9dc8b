"""The trace of a packet on the ring (OBS-3), made from the notes taken on its way."""

from __future__ import annotations

from typing import Final

from model.decision import Decision
from model.domain.event import TRACE_HEADERS, TraceEvent
from model.domain.packet import Packet
from model.trace import Trace

TRACED: Final = {
    ("CT-5", "TCP state changed"): "CT-5",
    ("CT-6", "new: initial SYN on a closing flow"): "CT-6",
    ("CT-7", "mid-stream"): "CT-7",
    ("CT-8", "reply to a tracked request"): "CT-8",
    ("CT-9", "quotes the flow"): "CT-9",
    ("LB-3", "the algorithm is asked"): "LB-3",
    ("LB-4", "the recorded choice was made for another service"): "LB-4",
    ("LB-4a", "joins the live flow"): "LB-4a",
    ("LB-6", "the recorded backend is gone"): "LB-6",
    ("LB-6", "the recorded backend is quarantined"): "LB-6",
    ("LB-7", "affine to backend"): "LB-7",
    ("LB-7a", "the backend becomes the affine one"): "LB-7a",
    ("LB-8", "no eligible backend"): "LB-8",
    ("LB-10", "translated"): "LB-10",
    ("LB-11", "the backend is the client itself"): "LB-11",
    ("LB-13", "the peer of a direct flow has become a service"): "LB-13",
    ("NAT-1", "translated"): "NAT-1",
    ("NAT-2", "quote and error translated"): "NAT-2",
    ("NAT-2d", "quote and error translated"): "NAT-2",
    ("NAT-4", "an open flow is in the way"): "NAT-4",
    ("POL-1", "rule decides"): "POL-1",
    ("POL-2", "no rule matches; isolated"): "POL-2",
    ("POL-5", "judged again under revision"): "POL-5",
    ("POL-6", "the node reaches its pods"): "POL-6",
    ("FRAG-1", "ports from the first fragment"): "FRAG-1",
    ("FRAG-1", "first fragment remembered"): "FRAG-1",
    ("FRAG-2", "first fragment unknown"): "FRAG-2",
}
"""What a trace shows: the clause that it names, by a note's clause and words (OBS-3)."""


OF_NEW_PACKETS: Final = frozenset({"LB-4", "LB-6", "LB-13"})
"""What is only said of new packets: a known flow may have been found without these look-ups."""

KNOWN: Final = frozenset({("CT-2", "established"), ("CT-2", "reply"), ("CT-9", "quotes the flow")})
"""Notes of packets that belong to a flow."""


def trace_event(packet: Packet, now: int, decision: Decision, trace: Trace) -> TraceEvent:
    """The trace of a packet that has been decided."""
    keys = {(note.clause, note.what) for note in trace.notes}
    met = frozenset(TRACED[key] for key in keys if key in TRACED)
    if keys & KNOWN:
        met -= OF_NEW_PACKETS
    return TraceEvent(
        now,
        packet.hook,
        packet.interface,
        int(decision.verdict),
        decision.reason,
        headers(packet.data),
        headers(decision.data),
        len(packet.data),
        len(decision.data),
        met,
    )


def headers(frame: bytes) -> bytes:
    """The beginning of a frame at its fixed length."""
    return frame[:TRACE_HEADERS].ljust(TRACE_HEADERS, b"\0")
