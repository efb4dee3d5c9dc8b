"""ICMP errors about tracked flows: found by what they quote, translated as it was (CT-9, NAT-2)."""

from __future__ import annotations

from dataclasses import dataclass

from model import conntrack, hairpin, reverse_nat
from model.conntrack import (
    can_be_reply,
    choose,
    flow_key,
    needs_translation,
    opposite,
    own_opener,
)
from model.decision import Decision
from model.domain.event import Hook
from model.domain.flow import Flow, FlowKey, Selection
from model.domain.packet import Verdict
from model.domain.reason import Reason
from model.domain.service import BackendState
from model.packet import quote
from model.packet.rewrite import Translation, translate, update_quoting_checksum
from model.packet.transport import is_icmp
from model.packet.view import View
from model.passage import Passage


@dataclass(frozen=True, slots=True)
class Quoted:
    """A quoted packet of a tracked flow; `selection` is the selection's key that led there."""

    view: View
    key: FlowKey
    flow: Flow
    selection: FlowKey | None


def find_quoted(passage: Passage) -> Quoted | None:
    """The live flow that an ICMP error is about (CT-9)."""
    error, trace = passage.view, passage.trace
    view = quote.parse(passage.packet.data, error, trace)
    if view is None:
        return None
    if end_at_pod(passage, error) != end_at_pod_of_quote(passage, view):
        trace.note("CT-9a", "the quoted packet was not this pod's")
        return None
    trace.note("CT-9a", "sought as the quoted packet travelled")
    hook = Hook.TO_CONTAINER if passage.leaves_pod else Hook.FROM_CONTAINER
    own = find_under(passage, view, flow_key(view, hook, own_opener(hook)))
    other = None
    if can_be_reply(view):
        other = find_under(passage, view, flow_key(view, hook, opposite(own_opener(hook))))
    if other is not None and is_icmp(view):
        trace.note("CT-8", "reply to a tracked request", other.key)
    quoted = choose(passage, own, other, view)
    if quoted is None:
        trace.note("CT-9", "quotes no live flow")
        return None
    trace.note("CT-9", "quotes the flow", quoted.key)
    return quoted


def end_at_pod(passage: Passage, view: View) -> bytes:
    """The address of an error at the pod's end."""
    return view.source if passage.leaves_pod else view.destination


def end_at_pod_of_quote(passage: Passage, view: View) -> bytes:
    """The address of a quoted packet, which went the other way, at the pod's end (CT-9a)."""
    return view.destination if passage.leaves_pod else view.source


def find_under(passage: Passage, view: View, key: FlowKey) -> Quoted | None:
    """The quoted packet with a live flow under a key of it.

    An entering error quotes what left the pod after translation, so that a selection can only be
    that of a hairpin flow, whose errors have been translated already (NAT-2d).
    """
    entry = passage.table.get(key)
    if isinstance(entry, Selection):
        match = conntrack.follow_selection(passage, key, entry, chooses=False)
        note_backend(passage, entry)
        if match is None or not (passage.leaves_pod or match.flow.hairpin):
            return None
        return Quoted(view, match.key, match.flow, key)
    return None if entry is None else Quoted(view, key, entry, None)


def note_backend(passage: Passage, selection: Selection) -> None:
    """Note a recorded backend that new connections would not get (CT-9c)."""
    _, backend = passage.world.backends.get(selection.backend, (None, None))
    if backend is None:
        passage.trace.note("CT-9c", "the recorded backend is gone", selection.backend)
    elif backend.state is BackendState.QUARANTINED:
        passage.trace.note("CT-9c", "the recorded backend is quarantined", selection.backend)


def relate(passage: Passage, quoted: Quoted) -> Decision:
    """An error about a live flow: it passes, translated where its flow is (NAT-2)."""
    if quoted.flow.hairpin:
        passage.trace.note("LB-11", "the backend is the client itself")
    reverse_nat.require_translation_data(quoted.flow)
    decision = Decision(Reason.RELATED, Verdict.PASS, passage.packet.data)
    flow = quoted.flow
    if not needs_translation(quoted.key, flow):
        return decision
    if flow.hairpin and not passage.leaves_pod:
        passage.trace.note("NAT-2d", "passes unchanged")
        return decision
    if flow.hairpin:
        passage.require_change()
        outer, inner = translations_of_hairpin(quoted)
        passage.trace.note("NAT-2d", "quote and error translated", inner)
        decision.data = translate_error(passage, quoted.view, outer, inner)
        return hairpin.into_pod(passage, decision)
    if passage.leaves_pod and quoted.selection is None:
        return decision
    passage.require_change()
    outer, inner = translations(passage, quoted)
    passage.trace.note("NAT-2", "quote and error translated", inner)
    decision.data = translate_error(passage, quoted.view, outer, inner)
    return decision


def translations(passage: Passage, quoted: Quoted) -> tuple[Translation, Translation]:
    """Of the error and of its quote, for a flow with a backend elsewhere (NAT-2a, NAT-2b)."""
    flow, key, error = quoted.flow, quoted.key, passage.view
    if passage.leaves_pod:
        passage.trace.note("NAT-2b", "the quote's source becomes the backend")
        to_service = error.destination == flow.service_address
        return (
            Translation(destination=key.peer_address if to_service else None),
            Translation(source=key.peer_address, source_port=key.peer_port),
        )
    passage.trace.note("NAT-2a", "the quote's destination becomes the service")
    from_backend = error.source == key.peer_address
    return (
        Translation(source=flow.service_address if from_backend else None),
        Translation(destination=flow.service_address, destination_port=flow.service_port),
    )


def translations_of_hairpin(quoted: Quoted) -> tuple[Translation, Translation]:
    """Of the error and of its quote, for a pod that talks to itself (NAT-2d).

    Found by its selection, the error is the client's; otherwise it is the server's, whose quote has
    the client's own port already (LB-11a).
    """
    flow, key = quoted.flow, quoted.key
    pod, loopback = key.endpoint_address, key.peer_address
    if quoted.selection is not None:
        return (
            Translation(source=loopback, destination=pod),
            Translation(
                source=pod,
                source_port=key.endpoint_port,
                destination=loopback,
                destination_port=key.peer_port,
            ),
        )
    return (
        Translation(source=flow.service_address, destination=pod),
        Translation(
            source=pod,
            destination=flow.service_address,
            destination_port=flow.service_port,
        ),
    )


def translate_error(
    passage: Passage, quoted: View, outer: Translation, inner: Translation
) -> bytes:
    """The error with its quote and its own addresses translated (NAT-2c)."""
    error, frame, trace = passage.view, passage.packet.data, passage.trace
    header = quote.header_begin(error)
    inside = translate(frame, quoted, inner, trace, header)
    trace.note("NAT-2c", "the ICMP checksum follows the quote")
    inside = update_quoting_checksum(inside, frame, error, header)
    if outer.source is None and outer.destination is None:
        return inside
    return translate(inside, error, outer, trace)
