"""Translation of packets on known flows, and what stands in its way (NAT)."""

from __future__ import annotations

from model import conntrack
from model.conntrack import Match
from model.domain.flow import Flow, FlowKey, Opener, Selection
from model.domain.protocol import SCTP
from model.domain.reason import Reason
from model.drop import Drop
from model.load_balancer import is_open
from model.packet.rewrite import Translation
from model.passage import Passage, Table


def require_translation_data(flow: Flow) -> None:
    """Drop what would have to be translated but cannot be (NAT-3)."""
    if flow.load_balanced and not (flow.service_address and flow.service_port):
        raise Drop(Reason.NO_TRANSLATION_DATA, "NAT-3")


def require_same_port(match: Match) -> None:
    """Drop an SCTP packet of a known flow that would need another port (LB-10)."""
    key, flow = match.key, match.flow
    if key.protocol != SCTP or not conntrack.needs_translation(key, flow):
        return
    backend_port = key.endpoint_port if flow.hairpin else key.peer_port
    if flow.service_port != backend_port:
        raise Drop(Reason.UNSUPPORTED, "LB-10")


def require_no_clash(table: Table, key: FlowKey) -> None:
    """Drop a new direct connection that looks like an open load-balanced flow (NAT-4)."""
    flow = table.live_flow(key)
    if flow is not None and flow.load_balanced and is_open(flow):
        raise Drop(Reason.TUPLE_CLASH, "NAT-4")


def require_no_impostor(passage: Passage) -> None:
    """Drop what is new and enters as if it were a service's reply (NAT-4b)."""
    view, hook = passage.view, passage.packet.hook
    if not conntrack.can_be_reply(view):
        return
    key = conntrack.flow_key(view, hook, Opener.ENDPOINT)
    entry = passage.table.get(key)
    if not isinstance(entry, Selection):
        return
    match = conntrack.follow_selection(passage, key, entry, chooses=False)
    if match is not None and is_open(match.flow):
        raise Drop(Reason.TUPLE_CLASH, "NAT-4b")


def towards_backend(key: FlowKey) -> Translation:
    """Translation of a packet to a service: the flow's peer is the backend (LB-10)."""
    return Translation(destination=key.peer_address, destination_port=key.peer_port)


def back_to_service(flow: Flow) -> Translation:
    """Translation of a backend's reply: it comes from the service that the client used (NAT-1)."""
    return Translation(source=flow.service_address, source_port=flow.service_port)
