"""The way of a packet through the two programs: look up, decide, then say what changes.

`decide` follows the numbered steps of docs/specification.md and changes nothing. What it returns
is made to happen by model/machine.py.
"""

from __future__ import annotations

from model import (
    affinity,
    conntrack,
    fragments,
    hairpin,
    load_balancer,
    new_flow,
    policy,
    reject,
    related,
    reverse_nat,
    room,
    service_revision,
    tcp,
)
from model.conntrack import Finding, Match
from model.decision import Decision, drop_passage, dropped
from model.domain.failure import Failure
from model.domain.flow import Flow, FlowKey, Opener, Selection
from model.domain.packet import Packet, Verdict
from model.domain.policy import RuleVerdict
from model.domain.reason import Reason
from model.drop import Drop
from model.load_balancer import Choice, NoBackend
from model.packet import frame
from model.packet.rewrite import Translation, translate
from model.packet.transport import is_icmp_error
from model.passage import Draw, Passage, Table
from model.trace import Trace
from model.world import World


def decide(  # noqa: PLR0913, PLR0917 - all that a packet meets
    world: World,
    table: Table,
    packet: Packet,
    draw: Draw,
    trace: Trace,
    failure: Failure | None = None,
) -> Decision:
    """Verdict, rewritten frame, events and state changes of one packet: steps 1 and 2."""
    try:
        view = frame.parse(packet.data, trace)
    except Drop as drop:
        note_drop(trace, drop.clause, drop.reason)
        return dropped(packet, table.now, drop.reason)
    if view is None:
        return Decision(Reason.UNTRACKED, Verdict.PASS, packet.data)
    endpoint = world.endpoint_at.get(packet.interface)
    if endpoint is None:
        note_drop(trace, "PKT-7a", Reason.UNKNOWN_ENDPOINT)
        return dropped(packet, table.now, Reason.UNKNOWN_ENDPOINT, 0, view.tuple)
    passage = Passage(world, table, packet, view, endpoint, draw, trace, failure)
    try:
        return walk(passage)
    except Drop as drop:
        note_drop(trace, drop.clause, drop.reason)
        decision = drop_passage(passage, drop.reason)
        decision.writes |= dict.fromkeys(drop.lost)
        return decision


def note_drop(trace: Trace, clause: str, reason: Reason) -> None:
    """Note a drop, and that nothing else comes of it."""
    trace.note("CT-10", "nothing changes but counters and events")
    trace.note(clause, "dropped", reason)


def walk(passage: Passage) -> Decision:
    """Steps 2 and 3, then the rest, and what a first fragment leaves behind."""
    view = passage.view
    if passage.leaves_pod and view.source != passage.endpoint.address(view.family):
        raise Drop(Reason.INVALID_SOURCE, "PKT-7")
    if view.fragment is None:
        return track(passage)
    decision = fragments.place(passage, view.fragment)
    if decision is None:
        decision = track(passage)
        fragments.remember_first(passage, decision)
    return decision


def track(passage: Passage) -> Decision:
    """Step 4, then the way of errors, of new or of known flows."""
    view, hook = passage.view, passage.packet.hook
    if passage.is_for_another:
        return let_in(passage)
    if is_icmp_error(view):
        quoted = related.find_quoted(passage)
        if quoted is not None:
            return related.relate(passage, quoted)
        key = conntrack.flow_key(view, hook, conntrack.own_opener(hook))
        return open_flow(passage, Finding(is_new=True, key=key, match=None))
    finding = conntrack.find(passage)
    if finding.is_new:
        return open_flow(passage, finding)
    assert finding.match is not None  # noqa: S101 - a known flow has a match
    return continue_flow(passage, finding.match)


def let_in(passage: Passage) -> Decision:
    """A packet for another address than the pod's: judged, and nothing remembered (PKT-7b)."""
    passage.trace.note("PKT-7b", "belongs to no flow, being for", passage.view.destination)
    new_flow.require_start(passage)
    new_flow.judge(passage, conntrack.flow_key(passage.view, passage.packet.hook, Opener.PEER))
    return Decision(Reason.NEW, Verdict.PASS, passage.packet.data, passage.events)


def continue_flow(passage: Passage, match: Match, lost: FlowKey | None = None) -> Decision:
    """A packet of a known flow: translation data, policy change, rewrite, record.

    `lost` is the key of a selection that is to be recorded again (LB-4a).
    """
    reason = Reason.REPLY if match.is_reply else Reason.ESTABLISHED
    if match.flow.hairpin:
        passage.trace.note("LB-11", "the backend is the client itself")
    reverse_nat.require_translation_data(match.flow)
    if match.flow.hairpin and not passage.leaves_pod:
        passage.trace.note("LB-11c", "passes unchanged")
        return Decision(reason, Verdict.PASS, passage.packet.data)
    reverse_nat.require_same_port(match)
    if not is_still_allowed(passage, match):
        passage.trace.note("POL-5", "no longer allowed, flow removed", match.key)
        decision = drop_passage(passage, Reason.POLICY_REVOKED)
        decision.writes[match.key] = None
        return decision
    decision = translated(passage, Decision(reason, Verdict.PASS, passage.packet.data), match)
    if lost is not None:
        room.require(passage, [lost])
    flow = conntrack.after_packet(passage, match.flow, match.is_reply)
    if tcp.state(flow) != tcp.state(match.flow):
        passage.trace.note("CT-5", "TCP state changed", tcp.state(flow))
    if not flow.hairpin:
        flow.policy_revision = passage.world.policy_revision
    decision.writes |= service_revision.renewed(passage, match, flow)
    decision.writes[match.key] = flow
    decision.writes |= affinity.renewed(passage, match.key.endpoint_address, flow.service)
    return decision


def is_still_allowed(passage: Passage, match: Match) -> bool:
    """Whether policy, changed since, still allows a flow as it was opened (POL-5, LB-11d)."""
    world, trace = passage.world, passage.trace
    if match.flow.policy_revision == world.policy_revision:
        return True
    if match.flow.hairpin:
        trace.note("LB-11d", "a policy change does not apply to hairpin flows")
        return True
    connection = policy.connection_of_flow(match.key)
    judgement = policy.judge(world, passage.endpoint, connection, trace)
    trace.note("POL-5", "judged again under revision", world.policy_revision)
    return judgement.verdict is RuleVerdict.ALLOW


def translated(passage: Passage, decision: Decision, match: Match) -> Decision:
    """The decision with its frame translated, if the packet's flow is load-balanced."""
    if not conntrack.needs_translation(match.key, match.flow):
        if match.flow.load_balanced:
            passage.trace.note("LB-14", "the backend is its own frontend")
        return decision
    translation = translation_of(passage, match)
    clause = "NAT-1" if match.is_reply else "LB-10"
    passage.trace.note(clause, "translated", translation)
    passage.require_change()
    decision.data = translate(passage.packet.data, passage.view, translation, passage.trace)
    return hairpin.into_pod(passage, decision) if match.flow.hairpin else decision


def translation_of(passage: Passage, match: Match) -> Translation:
    """What a load-balanced flow does to the addresses and ports of its packets."""
    if match.flow.hairpin:
        if match.is_reply:
            passage.trace.note("LB-11b", "a pod's reply to itself")
            return hairpin.back_to_itself(match.key, match.flow)
        return hairpin.to_itself(match.key)
    if match.is_reply:
        return reverse_nat.back_to_service(match.flow)
    return reverse_nat.towards_backend(match.key)


def open_flow(passage: Passage, finding: Finding) -> Decision:
    """A new packet: load balancer, clashes, mid-stream, policy, rewrite, record."""
    choice = None
    if passage.leaves_pod:
        try:
            choice = load_balancer.choose_backend(passage, finding.key)
        except NoBackend:
            return reject.no_backend(passage)
        if choice is None:
            reverse_nat.require_no_clash(passage.table, finding.key)
        elif choice.joined is not None:
            return join_flow(passage, finding, choice, choice.joined)
    else:
        reverse_nat.require_no_impostor(passage)
    new_flow.require_start(passage)
    if choice is None:
        new_flow.judge(passage, finding.key)
        writes = new_flow.record(passage, finding, None)
        return Decision(Reason.NEW, Verdict.PASS, passage.packet.data, passage.events, writes)
    return open_load_balanced(passage, finding, choice)


def open_load_balanced(passage: Passage, finding: Finding, choice: Choice) -> Decision:
    """A new packet to a service; policy has no say where a pod reaches itself (LB-11d)."""
    if choice.is_hairpin:
        passage.trace.note("LB-11d", "policy does not apply to hairpin flows")
    else:
        new_flow.judge(passage, choice.key)
    flow = new_flow.load_balanced_flow(passage, choice)
    decision = Decision(Reason.NEW, Verdict.PASS, passage.packet.data)
    decision = translated(passage, decision, Match(choice.key, flow, is_reply=False))
    decision.writes = new_flow.record(passage, finding, choice)
    decision.events = passage.events
    if isinstance(decision.writes.get(finding.key), Selection):
        decision.events = [new_flow.selection_event(passage, choice), *passage.events]
    return decision


def join_flow(passage: Passage, finding: Finding, choice: Choice, flow: Flow) -> Decision:
    """The choice leads to a live flow of the same frontend: the packet is part of it (LB-4a).

    A flow that the packet would have replaced goes all the same (CT-6).
    """
    passage.trace.note("LB-4a", "joins the live flow", choice.key)
    decision = continue_flow(passage, Match(choice.key, flow, is_reply=False), finding.key)
    if not decision.reason.is_drop:
        if finding.match is not None:
            decision.writes[finding.match.key] = None
        decision.writes[finding.key] = new_flow.selection(passage, choice)
        decision.events = [new_flow.selection_event(passage, choice), *decision.events]
    return decision
