"""Hairpin: a pod that reaches itself through a service (LB-11)."""

from __future__ import annotations

from model.decision import Decision, redirect
from model.domain.address import Address, Family, family_of
from model.domain.configuration import Configuration
from model.domain.flow import Flow, FlowKey, Opener
from model.packet.rewrite import Translation, swap_ethernet_addresses
from model.passage import Passage


def loopback(configuration: Configuration, family: Family) -> Address:
    """The address that stands in for the pod as a client of itself."""
    if family is Family.IPV4:
        return configuration.loopback_ipv4
    return configuration.loopback_ipv6


def hairpin_key(configuration: Configuration, key: FlowKey, port: int) -> FlowKey:
    """Key of the flow behind a selection whose backend, at `port`, is the client (LB-11a)."""
    family = family_of(key.endpoint_address)
    return FlowKey(
        key.endpoint_address,
        loopback(configuration, family),
        port,
        key.endpoint_port,
        key.protocol,
        Opener.PEER,
    )


def to_itself(key: FlowKey) -> Translation:
    """Translation of what the pod sends to the service."""
    return Translation(
        source=key.peer_address,
        destination=key.endpoint_address,
        destination_port=key.endpoint_port,
    )


def back_to_itself(key: FlowKey, flow: Flow) -> Translation:
    """Translation of what the pod answers to the loopback address (LB-11b)."""
    return Translation(
        source=flow.service_address,
        source_port=flow.service_port,
        destination=key.endpoint_address,
        destination_port=key.peer_port,
    )


def into_pod(passage: Passage, decision: Decision) -> Decision:
    """The packet turns round: Ethernet addresses swapped, redirected into the pod."""
    decision.data = swap_ethernet_addresses(decision.data)
    return redirect(decision, passage.packet.interface)
