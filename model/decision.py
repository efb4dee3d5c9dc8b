"""What the machines decide about a packet, before anything happens."""

from __future__ import annotations

from dataclasses import dataclass, field

from model.domain.event import EMPTY_TUPLE, DropEvent, LimitedEvent, Tuple
from model.domain.packet import DEFAULT_CONTEXT, Context, Packet, Verdict
from model.domain.reason import Reason
from model.domain.state import TableKey, TableValue, Window
from model.passage import Passage
from model.trace import Trace


@dataclass(slots=True)
class Decision:
    """What becomes of a packet.

    `writes` maps keys to their new values, None removes. `redirect_interface` goes with the
    verdict REDIRECT. `reject_window` is the rate limit of answers if it was used (LB-8).
    """

    reason: Reason
    verdict: Verdict
    data: bytes
    events: list[LimitedEvent] = field(default_factory=list)
    writes: dict[TableKey, TableValue | None] = field(default_factory=dict)
    redirect_interface: int = 0
    reject_window: Window | None = None


def dropped(
    packet: Packet, now: int, reason: Reason, endpoint: int = 0, parsed: Tuple = EMPTY_TUPLE
) -> Decision:
    """The decision to drop: nothing changes but a counter and events (CT-10)."""
    event = DropEvent(now, packet.hook, endpoint, parsed, reason)
    return Decision(reason, Verdict.DROP, packet.data, [event])


def drop_passage(passage: Passage, reason: Reason) -> Decision:
    """The decision to drop a packet at its endpoint, after the events that led there."""
    decision = dropped(
        passage.packet, passage.now, reason, passage.endpoint.identifier, passage.view.tuple
    )
    decision.events = [*passage.events, *decision.events]
    decision.reject_window = passage.reject_window
    return decision


def redirect(decision: Decision, interface: int) -> Decision:
    """The same decision, but the packet goes to an interface."""
    decision.verdict = Verdict.REDIRECT
    decision.redirect_interface = interface
    return decision


def context_after(context: Context, decision: Decision, trace: Trace) -> Context:
    """A packet's metadata afterwards: a redirect names its interface in word 4 (PKT-9a)."""
    if context != DEFAULT_CONTEXT:
        trace.note("PKT-9", "metadata stays as it is")
    if not decision.redirect_interface:
        return context
    trace.note("PKT-9a", "control block word 4 names the interface", decision.redirect_interface)
    first, second, third, fourth, _ = context.control_block
    named = (first, second, third, fourth, decision.redirect_interface)
    return context._replace(control_block=named)
