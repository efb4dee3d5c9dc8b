"""New flows: may they begin, does policy allow them, and what is recorded of them."""

from __future__ import annotations

from model import affinity, conntrack, policy, room, service_revision
from model.conntrack import Finding
from model.domain.event import PolicyVerdictEvent, SelectionEvent, Tuple
from model.domain.flow import Flow, FlowKey, Opener, Selection
from model.domain.policy import RuleVerdict
from model.domain.protocol import TCP
from model.domain.reason import Reason
from model.domain.state import TableKey, TableValue
from model.drop import Drop
from model.load_balancer import Choice
from model.packet.transport import is_icmp_error
from model.packet.view import RST, SYN
from model.passage import Passage


def require_start(passage: Passage) -> None:
    """Drop mid-stream TCP where that is configured (CT-7, CT-7a)."""
    view = passage.view
    if view.protocol != TCP or view.is_initial_syn:
        return
    passage.trace.note("CT-7", "mid-stream")
    if view.tcp_flags & SYN:
        passage.trace.note("CT-7a", "a SYN-ACK is mid-stream as well")
    if view.is_later_fragment:
        passage.trace.note("FRAG-1b", "a later fragment without a flow is mid-stream")
    if not passage.world.configuration.pick_up_mid_stream:
        raise Drop(Reason.MID_STREAM, "CT-7")


def judge(passage: Passage, key: FlowKey) -> None:
    """Let policy judge a new flow, after translation, and report it (POL-4, OBS-2)."""
    view, endpoint = passage.view, passage.endpoint
    judged = judged_tuple(passage, key)
    connection = policy.Connection(
        policy.direction_of(passage.packet.hook),
        key.peer_address,
        view.protocol,
        judged.destination_port,
    )
    passage.trace.note("POL-4", "judged as it is after translation", judged)
    judgement = policy.judge(passage.world, endpoint, connection, passage.trace)
    event = PolicyVerdictEvent(
        passage.now,
        passage.packet.hook,
        endpoint.identifier,
        judged,
        endpoint.identity,
        judgement.peer_identity,
        judgement.rule,
        judgement.verdict,
    )
    passage.events.append(event)
    if judgement.verdict is RuleVerdict.DENY:
        raise Drop(Reason.POLICY_DENIED, "POL-4")


def judged_tuple(passage: Passage, key: FlowKey) -> Tuple:
    """A packet's tuple after translation; only packets that leave the pod are translated."""
    if not passage.leaves_pod:
        return passage.view.tuple
    return passage.view.tuple._replace(destination=key.peer_address, destination_port=key.peer_port)


def record(
    passage: Passage, finding: Finding, choice: Choice | None
) -> dict[TableKey, TableValue | None]:
    """Entries of a new flow: the flow, its selection, and the removal of what it replaces."""
    view, trace = passage.view, passage.trace
    if view.tcp_flags & RST:
        trace.note("CT-7", "an RST creates no entry")
        if choice is not None:
            trace.note("CT-7c", "an RST to a service is translated, not recorded")
        return {}
    if is_icmp_error(view):
        trace.note("CT-9", "an error creates no entry")
        return {}
    writes: dict[TableKey, TableValue | None] = {}
    if finding.match is not None:
        writes[finding.match.key] = None
    if choice is None:
        room.require(passage, [finding.key])
        writes |= overtaken_selection(passage, finding.key)
        writes[finding.key] = first_state(passage, None)
    else:
        room.require(passage, list({finding.key: None, choice.key: None}))
        note_choice(passage, finding.key, choice)
        if choice.key != finding.key:
            writes[finding.key] = selection(passage, choice)
        writes |= overtaken_selection(passage, choice.key)
        writes[choice.key] = first_state(passage, choice)
        writes |= affinity.recorded(passage, choice.service, choice.backend)
    note_other_kind(passage, writes)
    trace.note("CT-1", "flow created", finding.key if choice is None else choice.key)
    return writes


def overtaken_selection(passage: Passage, key: FlowKey) -> dict[TableKey, TableValue | None]:
    """The removal of the selection under the tuple of a new flow of the peer's (CT-13).

    A hairpin's flow is the peer's too (LB-11a): of the loopback address.
    """
    other = key._replace(opener=Opener.ENDPOINT)
    if key.opener is Opener.ENDPOINT or not isinstance(passage.table.get(other), Selection):
        return {}
    passage.trace.note("CT-13", "the peer's flow removes the selection", other)
    return {other: None}


def note_choice(passage: Passage, key: FlowKey, choice: Choice) -> None:
    """Note how a load-balanced flow is kept: under which key, and whether by a selection."""
    if choice.is_hairpin:
        passage.trace.note("LB-11a", "key of a hairpin flow", choice.key)
    elif choice.key != key:
        passage.trace.note("CT-1a", "the peer side is the backend", choice.key)
    if choice.key != key:
        passage.trace.note("LB-4", "the choice is recorded", key)


def note_other_kind(passage: Passage, writes: dict[TableKey, TableValue | None]) -> None:
    """Note where a flow takes a selection's place, or the other way round (CT-13)."""
    entries = passage.table.state.conntrack
    for key, value in writes.items():
        before = entries.get(key) if isinstance(key, FlowKey) else None
        if before is not None and value is not None and type(before) is not type(value):
            passage.trace.note("CT-13", "takes the place of another kind of entry", key)


def first_state(passage: Passage, choice: Choice | None) -> Flow:
    """A flow after its first packet."""
    view, world = passage.view, passage.world
    if choice is None:
        flow = Flow(
            expires=0,
            policy_revision=world.policy_revision,
            service_revision=world.service_revision,
        )
    else:
        flow = load_balanced_flow(passage, choice)
    flow.picked_up = view.protocol == TCP and not view.is_initial_syn
    return conntrack.after_packet(passage, flow, is_reply=False)


def load_balanced_flow(passage: Passage, choice: Choice) -> Flow:
    """A flow behind a choice, before its first packet."""
    return Flow(
        expires=0,
        policy_revision=passage.world.policy_revision,
        load_balanced=True,
        hairpin=choice.is_hairpin,
        service=choice.service.identifier,
        service_address=choice.frontend.address,
        service_port=choice.frontend.port,
        service_revision=service_revision.of_new_flow(passage, choice.service),
    )


def selection(passage: Passage, choice: Choice) -> Selection:
    """A choice as it is recorded (LB-4)."""
    return Selection(
        choice.service.identifier, choice.backend.identifier, passage.world.service_revision
    )


def selection_event(passage: Passage, choice: Choice) -> SelectionEvent:
    """Report of a recorded choice (OBS-2)."""
    return SelectionEvent(
        passage.now,
        passage.packet.hook,
        passage.endpoint.identifier,
        passage.view.tuple,
        choice.service.identifier,
        choice.backend.identifier,
        choice.backend.address,
        choice.backend.port,
    )
