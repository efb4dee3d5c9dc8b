"""Packets of one family as the cases need them: who sends what to whom."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Final

from harness.bench import frames
from harness.bench.addresses import INTERFACE, REMOTES, SERVICES, Addresses, last_word
from harness.bench.topology import (
    BACKEND_PORT,
    DNS_PORT,
    POD_PORT,
    SERVICE_PORT,
    SINGLE_SERVICE,
)
from harness.bench.wrapper import Series
from model.domain.address import Address
from model.domain.event import Hook
from model.domain.packet import Packet

CLIENT_PORT: Final = 62_000
"""Above the ports of connections that are new each time."""

FIRST_PORT: Final = 32_768
PORTS: Final = 28_000
"""Client ports as Linux takes them."""


@dataclass(frozen=True, slots=True)
class Traffic:
    """Makes packets of one family."""

    addresses: Addresses

    def leave(self, destination: Address, payload: Any) -> Packet:
        """From the pod."""
        sent = frames.frame(self.addresses, self.addresses.pod, destination, payload)
        return Packet(Hook.FROM_CONTAINER, INTERFACE, sent)

    def enter(self, source: Address, payload: Any) -> Packet:
        """To the pod."""
        sent = frames.frame(self.addresses, source, self.addresses.pod, payload)
        return Packet(Hook.TO_CONTAINER, INTERFACE, sent)

    def request(self, flags: str, service: int = SINGLE_SERVICE) -> Packet:
        """From the pod to a service."""
        segment = frames.tcp(CLIENT_PORT, SERVICE_PORT, flags)
        return self.leave(self.addresses.service(service), segment)

    def answer(self, flags: str) -> Packet:
        """From the only backend of the single service."""
        return self.enter(self.addresses.backend(), frames.tcp(BACKEND_PORT, CLIENT_PORT, flags))

    def service_connection(self) -> tuple[Packet, ...]:
        """A connection to a service."""
        return self.request("S"), self.answer("SA"), self.request("A")

    def direct(self, flags: str) -> Packet:
        """From the pod to a pod on another node."""
        segment = frames.tcp(CLIENT_PORT, BACKEND_PORT, flags)
        return self.leave(self.addresses.remote(), segment)

    def direct_answer(self, flags: str) -> Packet:
        """Back from there."""
        return self.enter(self.addresses.remote(), frames.tcp(BACKEND_PORT, CLIENT_PORT, flags))

    def visit(self, flags: str) -> Packet:
        """From a pod on another node to the pod."""
        return self.enter(self.addresses.remote(), frames.tcp(CLIENT_PORT, POD_PORT, flags))

    def visit_answer(self, flags: str) -> Packet:
        """Back to there."""
        return self.leave(self.addresses.remote(), frames.tcp(POD_PORT, CLIENT_PORT, flags))

    def first_fragment(self) -> Packet:
        """The beginning of a datagram to a service."""
        return self._fragment(frames.udp(CLIENT_PORT, DNS_PORT), 0)

    def later_fragment(self) -> Packet:
        """What comes behind it."""
        return self._fragment(frames.DATA, frames.FIRST_FRAGMENT)

    def fresh_to_service(self) -> Series:
        """New connections to services that have several backends."""
        first = last_word(self.addresses.service(SINGLE_SERVICE + 1))
        offset = frames.destination_word(self.addresses)
        return replace(self.fresh_ports(SERVICES - 1), address_offset=offset, first_address=first)

    def fresh_to_remote(self) -> Series:
        """New connections to pods on other nodes, all but the first."""
        first = last_word(self.addresses.remote(1))
        offset = frames.destination_word(self.addresses)
        return replace(self.fresh_ports(REMOTES - 1), address_offset=offset, first_address=first)

    def fresh_from_remote(self) -> Series:
        """New connections from pods on other nodes, all but the first."""
        first = last_word(self.addresses.remote(1))
        offset = frames.source_word(self.addresses)
        return replace(self.fresh_ports(REMOTES - 1), address_offset=offset, first_address=first)

    def _fragment(self, payload: Any, offset: int) -> Packet:
        service = self.addresses.service(SINGLE_SERVICE)
        sent = frames.fragment(self.addresses, self.addresses.pod, service, payload, offset)
        return Packet(Hook.FROM_CONTAINER, INTERFACE, sent)

    def fresh_ports(self, addresses: int = 1) -> Series:
        """A client port of its own for each packet; addresses are added by the caller."""
        offset = frames.layer_4(self.addresses)
        return Series(PORTS * addresses, PORTS, offset, FIRST_PORT)
