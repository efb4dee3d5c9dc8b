"""Conntrack: which flow a packet belongs to, and what the packet does to it (CT)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, TypeVar

from model import tcp
from model.domain.configuration import Configuration
from model.domain.event import Hook
from model.domain.flow import Flow, FlowKey, Opener, Selection
from model.domain.protocol import TCP
from model.domain.service import Backend, BackendState, FrontendKey
from model.hairpin import hairpin_key
from model.packet.transport import ECHO_REPLY, ECHO_REQUEST, is_icmp
from model.packet.view import View
from model.passage import Passage


@dataclass(slots=True)
class Match:
    """A live flow that a packet may belong to, and from which end the packet comes.

    `selection` is the recorded choice that led there, with its key.
    """

    key: FlowKey
    flow: Flow
    is_reply: bool
    selection: tuple[FlowKey, Selection] | None = None


class HasFlow(Protocol):
    """What has a live flow."""

    @property
    def flow(self) -> Flow:
        """The flow."""


Candidate = TypeVar("Candidate", bound=HasFlow)


@dataclass(slots=True)
class Finding:
    """What conntrack says of a packet (CT-2). Related ones take a way of their own (CT-9).

    For a new packet `match` is the flow of its opener's end that it replaces, if any (CT-6); for
    others the flow that it belongs to. `key` is where the packet's own tuple would be recorded.
    """

    is_new: bool
    key: FlowKey
    match: Match | None


def own_opener(hook: Hook) -> Opener:
    """The end that a packet at a hook comes from."""
    return Opener.ENDPOINT if hook is Hook.FROM_CONTAINER else Opener.PEER


def opposite(opener: Opener) -> Opener:
    """The other end."""
    return Opener.PEER if opener is Opener.ENDPOINT else Opener.ENDPOINT


def flow_key(view: View, hook: Hook, opener: Opener) -> FlowKey:
    """Key of a packet's tuple under an opener (CT-1, CT-8).

    Of ICMP's messages an echo reply alone is sought under the other opener (CT-8a): it has the key
    of its request.
    """
    if hook is Hook.FROM_CONTAINER:
        endpoint, peer = view.source, view.destination
        endpoint_port, peer_port = view.source_port, view.destination_port
    else:
        endpoint, peer = view.destination, view.source
        endpoint_port, peer_port = view.destination_port, view.source_port
    if is_icmp(view):
        endpoint_port, peer_port = view.source_port, view.destination_port
        if opener is not own_opener(hook):
            peer_port = ECHO_REQUEST[view.family]
    return FlowKey(endpoint, peer, endpoint_port, peer_port, view.protocol, opener)


def find(passage: Passage) -> Finding:
    """Which flow a packet belongs to (CT-1b, CT-2, CT-6)."""
    view, hook, trace = passage.view, passage.packet.hook, passage.trace
    key = flow_key(view, hook, own_opener(hook))
    match = choose(passage, find_own(passage, key), find_other(passage), view)
    if match is None:
        trace.note("CT-2", "new: no live flow")
        return Finding(is_new=True, key=key, match=None)
    if view.is_initial_syn and tcp.is_closing(match.flow):
        trace.note("CT-6", "new: initial SYN on a closing flow", match.key)
        return Finding(is_new=True, key=key, match=None if match.is_reply else match)
    trace.note("CT-2", "reply" if match.is_reply else "established", match.key)
    return Finding(is_new=False, key=key, match=match)


def find_own(passage: Passage, key: FlowKey) -> Match | None:
    """The live flow that the packet's own end opened, directly or through a selection."""
    table, trace = passage.table, passage.trace
    entry = table.get(key)
    if isinstance(entry, Selection):
        match = follow_selection(passage, key, entry, chooses=True)
        if match is not None:
            trace.note("LB-4", "the recorded choice is used", entry.backend)
        return match
    if entry is None:
        return None
    if key.opener is Opener.ENDPOINT:
        if needs_translation(key, entry):
            trace.note("CT-1a", "the tuple is a service's flow after translation", key)
            return None
        if not entry.load_balanced and passage.world.is_service(frontend_of(key)):
            trace.note("LB-13", "the peer of a direct flow has become a service", key)
            return None
    return Match(key, entry, is_reply=False)


def find_other(passage: Passage) -> Match | None:
    """The live flow that the other end opened and that the packet would reply to."""
    view, hook = passage.view, passage.packet.hook
    if not can_be_reply(view):
        if view.destination_port != ECHO_REQUEST[view.family]:
            passage.trace.note("CT-8a", "a flow by type and code, without replies")
        return None
    key = flow_key(view, hook, opposite(own_opener(hook)))
    entry = passage.table.get(key)
    if isinstance(entry, Selection):
        return find_own_reply(passage, key, entry)
    if entry is None:
        if is_icmp(view):
            passage.trace.note("CT-8a", "an echo reply that answers nothing")
        return None
    if is_icmp(view):
        passage.trace.note("CT-8", "reply to a tracked request", key)
    return Match(key, entry, is_reply=True)


def can_be_reply(view: View) -> bool:
    """Whether a packet can belong to a flow that the other end opened (CT-8, CT-8a)."""
    return not is_icmp(view) or view.destination_port == ECHO_REPLY[view.family]


def find_own_reply(passage: Passage, key: FlowKey, selection: Selection) -> Match | None:
    """The hairpin flow whose translated reply comes back into the pod (LB-11c)."""
    match = follow_selection(passage, key, selection, chooses=False)
    if match is None or not match.flow.hairpin:
        return None
    return Match(match.key, match.flow, is_reply=True)


def choose(
    passage: Passage, own: Candidate | None, other: Candidate | None, view: View
) -> Candidate | None:
    """Of two flows the one that a packet, or a quoted one, belongs to (CT-1b, CT-8)."""
    if own is None or other is None:
        return own or other
    if is_icmp(view):
        return other
    passage.trace.note("CT-1b", "two live flows to choose from")
    return other if tcp.is_closing(own.flow) and not tcp.is_closing(other.flow) else own


def follow_selection(
    passage: Passage, key: FlowKey, selection: Selection, chooses: bool
) -> Match | None:
    """The live flow that a selection leads to, if the selection may still be used.

    Its frontend has to belong to the service that it was made for (LB-4), its backend to be one
    of that service (LB-6), its flow to be live and of that frontend (CT-4a). Where another
    backend can be chosen instead, this one must not be quarantined (LB-5, CT-9c).
    """
    world, trace = passage.world, passage.trace
    owner, _ = world.frontends.get(frontend_of(key), (None, None))
    if owner is None or owner.identifier != selection.service:
        trace.note("LB-4", "the recorded choice was made for another service", key)
        return None
    found = world.backends.get(selection.backend)
    if found is None or found[0] is not owner:
        trace.note("LB-6", "the recorded backend is gone", key)
        return None
    _, backend = found
    if backend.state is not BackendState.ACTIVE:
        trace.note("LB-5", "the recorded backend is", backend.state.name.lower())
    if chooses and backend.state is BackendState.QUARANTINED:
        trace.note("LB-6", "the recorded backend is quarantined", key)
        return None
    target = translated_key(world.configuration, key, backend)
    flow = passage.table.live_flow(target)
    if flow is None or not is_flow_of(flow, frontend_of(key)):
        trace.note("CT-4a", "the selection leads to no live flow", key)
        return None
    return Match(target, flow, is_reply=False, selection=(key, selection))


def frontend_of(key: FlowKey) -> FrontendKey:
    """The peer side of a key as a frontend."""
    return FrontendKey(key.peer_address, key.peer_port, key.protocol)


def translated_key(configuration: Configuration, key: FlowKey, backend: Backend) -> FlowKey:
    """Key of the flow behind a selection: the backend is the peer (CT-1a), or the client itself."""
    if backend.address == key.endpoint_address:
        return hairpin_key(configuration, key, backend.port)
    return key._replace(peer_address=backend.address, peer_port=backend.port)


def is_flow_of(flow: Flow, frontend: FrontendKey) -> bool:
    """Whether a flow was opened through a frontend. The protocol is in the flow's key.

    One that no service has opened has no service address.
    """
    return flow.service_address == frontend.address and flow.service_port == frontend.port


def needs_translation(key: FlowKey, flow: Flow) -> bool:
    """Whether a flow's packets are translated: not where the backend is its frontend (LB-14).

    A hairpin's always are (LB-11): its peer side is the loopback address, whatever is there.
    """
    return flow.load_balanced and (flow.hairpin or not is_flow_of(flow, frontend_of(key)))


def after_packet(passage: Passage, flow: Flow, is_reply: bool) -> Flow:
    """The flow after a passing packet: counted, advanced, refreshed (CT-3, CT-5, CT-11)."""
    flow, view, trace = flow.copy(), passage.view, passage.trace
    was_fully_closed = tcp.is_fully_closed(flow)
    length = len(passage.packet.data)
    if is_reply:
        flow.reply_packets += 1
        flow.reply_bytes += length
    else:
        flow.opener_packets += 1
        flow.opener_bytes += length
    if view.protocol == TCP and not view.is_later_fragment:
        tcp.advance(flow, view, is_reply, trace)
    elif view.protocol == TCP:
        trace.note("FRAG-1b", "a later fragment changes no TCP state")
    if was_fully_closed:
        trace.note("CT-5", "a fully closed flow is not refreshed")
    else:
        timeouts = passage.world.configuration.timeouts
        timeout = tcp.timeout(flow, view.protocol, timeouts)
        trace.note("CT-3", "expires after", timeout)
        flow.expires = passage.now + timeout
    trace.note("CT-11", "counted as a reply" if is_reply else "counted")
    return flow
