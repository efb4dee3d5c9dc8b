"""The way of a packet through the two programs: look up, decide, then say what changes.

`decide` follows the numbered steps of docs/specification.md and changes nothing. What it returns
is made to happen by model/machine.py.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from model import conntrack, load_balancer, new_flow, policy, reverse_nat, tcp
from model.conntrack import Finding, Match, Status
from model.domain.event import EMPTY_TUPLE, DropEvent, Event, Tuple
from model.domain.flow import Entry, Flow, FlowKey
from model.domain.packet import Packet, Verdict
from model.domain.policy import RuleVerdict
from model.domain.reason import Reason
from model.drop import Drop
from model.load_balancer import Choice
from model.packet import frame
from model.packet.rewrite import translate
from model.packet.transport import is_icmp_error
from model.passage import Draw, Passage, Table
from model.trace import Trace
from model.world import World


@dataclass(slots=True)
class Decision:
    """What becomes of a packet: `writes` maps conntrack keys to their new entry, None removes."""

    reason: Reason
    verdict: Verdict
    data: bytes
    events: list[Event] = field(default_factory=list)
    writes: dict[FlowKey, Entry | None] = field(default_factory=dict)


def decide(world: World, table: Table, packet: Packet, draw: Draw, trace: Trace) -> Decision:
    """Verdict, rewritten frame, events and state changes of one packet: steps 1 and 2."""
    try:
        view = frame.parse(packet.data)
    except Drop as drop:
        trace.note(drop.clause, "dropped", drop.reason)
        return dropped(packet, table.now, drop.reason, 0, EMPTY_TUPLE)
    if view is None:
        trace.note("PKT-1", "passes untracked")
        return Decision(Reason.UNTRACKED, Verdict.PASS, packet.data)
    endpoint = world.endpoint_at.get(packet.interface)
    if endpoint is None:
        trace.note("PKT-7a", "dropped", Reason.UNKNOWN_ENDPOINT)
        return dropped(packet, table.now, Reason.UNKNOWN_ENDPOINT, 0, view.tuple)
    passage = Passage(world, table, packet, view, endpoint, draw, trace)
    try:
        return walk(passage)
    except Drop as drop:
        trace.note(drop.clause, "dropped", drop.reason)
        return drop_passage(passage, drop.reason)


def drop_passage(passage: Passage, reason: Reason) -> Decision:
    """The decision to drop a packet that could be parsed."""
    decision = dropped(
        passage.packet, passage.now, reason, passage.endpoint.identifier, passage.view.tuple
    )
    decision.events = [*passage.events, *decision.events]
    return decision


def dropped(
    packet: Packet, now: int, reason: Reason, endpoint: int, packet_tuple: Tuple
) -> Decision:
    """The decision to drop: nothing changes but a counter and events (CT-10)."""
    event = DropEvent(now, packet.hook, endpoint, packet_tuple, reason)
    return Decision(reason, Verdict.DROP, packet.data, [event])


def walk(passage: Passage) -> Decision:
    """Steps 2 to 4, then the way of new or of known flows."""
    view, hook = passage.view, passage.packet.hook
    if passage.leaves_pod and view.source != passage.endpoint.address(view.family):
        raise Drop(Reason.INVALID_SOURCE, "PKT-7")
    if view.fragment is not None:
        raise Drop(Reason.FRAGMENT_NOT_FOUND, "FRAG-2")
    if is_icmp_error(view):
        passage.trace.note("CT-9", "quotes no live flow")
        key = conntrack.flow_key(view, hook, conntrack.own_opener(hook))
        return open_flow(passage, Finding(Status.NEW, key, None))
    finding = conntrack.find(passage)
    if finding.status is Status.NEW:
        return open_flow(passage, finding)
    assert finding.match is not None  # noqa: S101 - a known flow has a match
    return continue_flow(passage, finding.match)


def continue_flow(passage: Passage, match: Match) -> Decision:
    """A packet of a known flow: translation data, policy change, record, rewrite."""
    reverse_nat.require_translation_data(match.flow)
    if not is_still_allowed(passage, match):
        passage.trace.note("POL-5", "no longer allowed, flow removed", match.key)
        decision = drop_passage(passage, Reason.POLICY_REVOKED)
        decision.writes[match.key] = None
        return decision
    flow = conntrack.after_packet(passage, match.flow, match.is_reply)
    flow.policy_revision = passage.world.policy_revision
    return Decision(
        Reason.REPLY if match.is_reply else Reason.ESTABLISHED,
        Verdict.PASS,
        translated(passage, match),
        writes={match.key: flow},
    )


def is_still_allowed(passage: Passage, match: Match) -> bool:
    """Whether policy, changed since, still allows a flow as it was opened (POL-5)."""
    world, trace = passage.world, passage.trace
    if match.flow.policy_revision == world.policy_revision:
        return True
    connection = policy.connection_of_flow(match.key)
    judgement = policy.judge(world, passage.endpoint, connection, trace)
    trace.note("POL-5", "judged again under revision", world.policy_revision)
    return judgement.verdict is RuleVerdict.ALLOW


def translated(passage: Passage, match: Match) -> bytes:
    """The frame of a known flow's packet, translated if the flow is load-balanced."""
    if not match.flow.load_balanced:
        return passage.packet.data
    if match.is_reply:
        translation = reverse_nat.back_to_service(match.flow)
        passage.trace.note("NAT-1", "comes from the service", translation)
    else:
        translation = reverse_nat.towards_backend(match.key)
        passage.trace.note("LB-10", "goes to the backend", translation)
    return translate(passage.packet.data, passage.view, translation)


def open_flow(passage: Passage, finding: Finding) -> Decision:
    """A new packet: load balancer, clashes, mid-stream, policy, record, rewrite."""
    choice = None
    if passage.leaves_pod:
        choice = load_balancer.choose_backend(passage, finding.key)
        if choice is None:
            reverse_nat.require_no_clash(passage.table, finding.key)
        elif choice.joined is not None and not is_reopening(passage, choice.joined):
            return join_flow(passage, finding.key, choice, choice.joined)
    new_flow.require_start(passage)
    new_flow.judge(passage, finding.key if choice is None else choice.key)
    writes = new_flow.record(passage, finding, choice)
    events, data = passage.events, passage.packet.data
    if choice is not None:
        translation = reverse_nat.towards_backend(choice.key)
        passage.trace.note("LB-10", "goes to the backend", translation)
        data = translate(data, passage.view, translation)
        if writes:
            events = [new_flow.selection_event(passage, choice), *events]
    return Decision(Reason.NEW, Verdict.PASS, data, events, writes)


def is_reopening(passage: Passage, flow: Flow) -> bool:
    """Whether a packet opens a new connection in a closing flow's place (CT-6)."""
    return passage.view.is_initial_syn and tcp.is_closing(flow)


def join_flow(passage: Passage, selection_key: FlowKey, choice: Choice, flow: Flow) -> Decision:
    """The choice leads to a live flow of the same frontend: the packet is part of it (LB-4a)."""
    passage.trace.note("LB-4a", "joins the live flow", choice.key)
    decision = continue_flow(passage, Match(choice.key, flow, is_reply=False))
    if decision.verdict is Verdict.PASS:
        decision.writes[selection_key] = new_flow.selection(choice)
        decision.events = [new_flow.selection_event(passage, choice), *decision.events]
    return decision
