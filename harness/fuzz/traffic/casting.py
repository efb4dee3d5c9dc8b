"""Conversations that a topology calls for: hits, near misses, one tuple from both ends."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from harness.frames.headers import ICMP_OF, Headers
from harness.fuzz.generate import pool
from harness.fuzz.generate.dice import Dice
from harness.fuzz.generate.feature import Feature, Swarm
from harness.fuzz.generate.inventory import Inventory
from harness.fuzz.traffic.conversation import UNKNOWN_INTERFACE, Conversation
from model.domain.address import Address, Family, Network, family_of
from model.domain.endpoint import Direction, Endpoint
from model.domain.event import Hook
from model.domain.flow import FlowKey
from model.domain.policy import CidrPeer, IdentityPeer, Peer, PolicyRule
from model.domain.protocol import ICMP, ICMPV6, PORT_PROTOCOLS, SCTP, TCP, UDP
from model.domain.service import FrontendKey

ECHO: Final = {Family.IPV4: 8, Family.IPV6: 128}
OTHER_ICMP: Final = {Family.IPV4: (0, 13, 5, 9), Family.IPV6: (129, 130, 5, 200)}
OTHER_PROTOCOLS: Final = {Family.IPV4: (47, 50, 58, 0, 59), Family.IPV6: (47, 50, 1, 59)}
IDENTIFIERS: Final = (1, 2, 40000, 65535)


class Caster:
    """Draws conversations for a topology."""

    def __init__(self, dice: Dice, swarm: Swarm, inventory: Inventory) -> None:
        self.dice = dice
        self.swarm = swarm
        self.inventory = inventory
        self.ports = self.port_pool()

    def port_pool(self) -> tuple[int, ...]:
        """Ports that mean something here, and their neighbours."""
        rules = self.inventory.rules.values()
        edges = [
            port for rule in rules if rule.ports for port in (rule.ports.first, rule.ports.last)
        ]
        near = [port + distance for port in edges for distance in (-1, 0, 1)]
        known = [port for port in near if 0 <= port <= 65535]
        return (*pool.SERVICE_PORTS, *pool.SERVER_PORTS, *known)

    def cast(self, count: int) -> list[Conversation]:
        """So many conversations, some of them the same from both ends."""
        found: list[Conversation] = []
        while len(found) < count:
            found.append(self.conversation())
            found[-1].bare = Feature.BARE_UDP in self.swarm and self.dice.chance(0.5)
            if self.dice.chance(0.25):
                found.append(self.mirrored(found[-1]))
        return found

    def conversation(self) -> Conversation:
        """One conversation."""
        dice = self.dice
        if self.inventory.entries and dice.chance(0.4):
            return self.of_entry(dice.pick(self.inventory.entries))
        rules = [one for one in self.inventory.rules.values() if self.fits(one)]
        if rules and dice.chance(0.3):
            contested = [one for one in rules if is_contested(one, rules)]
            return self.of_rule(dice.pick(contested if contested and dice.chance(0.5) else rules))
        endpoint = self.endpoint()
        fitting = [one for one in self.families() if endpoint.address(one) is not None]
        family = dice.pick(fitting or [one for one in Family if endpoint.address(one)])
        own = endpoint.address(family)
        assert own is not None  # noqa: S101 - it was looked at
        if dice.chance(0.6):
            frontend = self.frontend(family)
            if frontend is not None:
                return self.to_service(endpoint, own, frontend)
            return self.leaving(endpoint, own)
        return self.entering(endpoint, own)

    def endpoint(self) -> Endpoint:
        """Some endpoint with an address; where there is none, one that nobody has put there."""
        endpoints = [one for one in self.inventory.endpoints.values() if one.ipv4 or one.ipv6]
        if not endpoints:
            return Endpoint(1, "nobody", UNKNOWN_INTERFACE, 100, pool.PODS[Family.IPV4][0])
        return self.dice.pick(endpoints)

    def fits(self, rule: PolicyRule) -> bool:
        """Whether packets of the round's protocols can meet a rule."""
        return rule.endpoint in self.inventory.endpoints and (
            rule.protocol is None or rule.protocol in PORT_PROTOCOLS
        )

    def of_rule(self, rule: PolicyRule) -> Conversation:
        """Packets that a rule is about, or just not: by peer and port (POL-1)."""
        dice = self.dice
        endpoint = self.inventory.endpoints[rule.endpoint]
        family = dice.pick([one for one in Family if endpoint.address(one) is not None])
        own = endpoint.address(family)
        assert own is not None  # noqa: S101 - it was looked at
        near = [one for network in self.meant_by(rule.peer) for one in pool.edges(network)]
        fitting = [one for one in near if len(one) == len(own)]
        peer = dice.pick(fitting or pool.everyone(family))
        protocol = rule.protocol or dice.pick((TCP, UDP))
        port = dice.pick(self.ports)
        if rule.ports is not None:
            ports = rule.ports.first, rule.ports.last
            port = min(max(dice.pick(ports) + dice.pick((0, 0, -1, 1)), 0), 65535)
        if rule.direction is Direction.EGRESS:
            headers = Headers(own, peer, protocol, self.client_port(), port)
            return Conversation(endpoint.interface, Hook.FROM_CONTAINER, headers)
        headers = Headers(peer, own, protocol, self.client_port(), port)
        return Conversation(endpoint.interface, Hook.TO_CONTAINER, headers)

    def meant_by(self, peer: Peer) -> list[Network]:
        """The prefixes of a rule's peer; none for any."""
        if isinstance(peer, IdentityPeer):
            known = self.inventory.identities.items()
            return [network for network, identity in known if identity == peer.identity]
        return [peer.network] if isinstance(peer, CidrPeer) else []

    def of_entry(self, key: FlowKey) -> Conversation:
        """Packets of a conntrack entry that was there before them, from either end (NAT-3)."""
        own, peer = key.endpoint_address, key.peer_address
        ports = key.endpoint_port, key.peer_port
        at = [one for one in self.inventory.endpoints.values() if own in (one.ipv4, one.ipv6)]
        interface = at[0].interface if at else UNKNOWN_INTERFACE
        headers = Headers(own, peer, key.protocol, *ports)
        leaving = Conversation(interface, Hook.FROM_CONTAINER, headers)
        return leaving if self.dice.chance(0.5) else self.mirrored(leaving)

    def families(self) -> list[Family]:
        """Families of the round."""
        of = {Family.IPV4: Feature.IPV4, Family.IPV6: Feature.IPV6}
        return [family for family in Family if of[family] in self.swarm] or [Family.IPV4]

    def frontend(self, family: Family) -> FrontendKey | None:
        """Some frontend of a family, most of the time."""
        keys = [
            frontend.key
            for service in self.inventory.services.values()
            for frontend in service.frontends
            if family_of(frontend.key.address) is family
        ]
        return self.dice.pick(keys) if keys and self.dice.chance(0.8) else None

    def to_service(self, endpoint: Endpoint, own: Address, key: FrontendKey) -> Conversation:
        """To a frontend, or past it by port or protocol (LB-9)."""
        address, port, protocol = key
        if self.dice.chance(0.12):
            port = self.dice.pick((port + 1 & 0xFFFF, port - 1, *pool.SERVICE_PORTS))
        if self.dice.chance(0.06):
            return self.leaving(endpoint, own, address)
        headers = Headers(own, address, protocol, self.client_port(), port)
        return Conversation(endpoint.interface, Hook.FROM_CONTAINER, headers)

    def client_port(self) -> int:
        """A port that clients use; one and the same in rounds about clashes."""
        ports = pool.CLIENT_PORTS
        return ports[0] if Feature.FEW_PORTS in self.swarm else self.dice.pick(ports)

    def leaving(
        self, endpoint: Endpoint, own: Address, peer: Address | None = None
    ) -> Conversation:
        """From a pod to a peer."""
        headers = self.headers(own, peer or self.peer(own))
        return Conversation(endpoint.interface, Hook.FROM_CONTAINER, headers)

    def entering(self, endpoint: Endpoint, own: Address) -> Conversation:
        """From a peer to a pod."""
        return Conversation(
            endpoint.interface, Hook.TO_CONTAINER, self.headers(self.peer(own), own)
        )

    def peer(self, own: Address) -> Address:
        """Someone: from the pool, a backend, the edge of a prefix, the loopback address."""
        family, dice = family_of(own), self.dice
        kind = dice.below(8)
        found: list[Address] = []
        if kind == 0:
            found = [e for network in self.networks() for e in pool.edges(network)]
        elif kind <= 3:
            services = self.inventory.services.values()
            found = [backend.address for service in services for backend in service.backends]
        elif kind == 4:
            configuration = self.inventory.configuration
            found = [configuration.loopback_ipv4, configuration.loopback_ipv6]
        elif kind == 5:
            found = list(pool.VIRTUAL[family])
        fitting = [address for address in found if len(address) == len(own)]
        return dice.pick(fitting or pool.everyone(family))

    def networks(self) -> list[Network]:
        """Every prefix that policy speaks of."""
        peers = [rule.peer for rule in self.inventory.rules.values()]
        cidrs = [peer for peer in peers if isinstance(peer, CidrPeer)]
        found = [one for peer in cidrs for one in (peer.network, *peer.exceptions)]
        return [*found, *self.inventory.identities]

    def headers(self, source: Address, destination: Address) -> Headers:
        """Headers of one of the round's protocols."""
        family, dice = family_of(source), self.dice
        protocol = dice.pick(self.protocols())
        if protocol in (ICMP, ICMPV6):
            kind = ECHO[family] if dice.chance(0.8) else dice.pick(OTHER_ICMP[family])
            identifier = dice.pick(IDENTIFIERS)
            number = ICMP_OF[family]
            return Headers(source, destination, number, icmp_type=kind, identifier=identifier)
        if protocol not in (TCP, UDP, SCTP):
            return Headers(source, destination, dice.pick(OTHER_PROTOCOLS[family]), payload=16)
        return Headers(source, destination, protocol, self.client_port(), dice.pick(self.ports))

    def protocols(self) -> list[int]:
        """Protocols of the round."""
        of = {
            TCP: Feature.TCP,
            UDP: Feature.UDP,
            SCTP: Feature.SCTP,
            ICMP: Feature.ICMP,
            0: Feature.OTHER_PROTOCOLS,
        }
        return [number for number, feature in of.items() if feature in self.swarm]

    def mirrored(self, conversation: Conversation) -> Conversation:
        """The same tuple, opened from the other end."""
        one = conversation.headers
        hook = (
            Hook.TO_CONTAINER if conversation.hook is Hook.FROM_CONTAINER else Hook.FROM_CONTAINER
        )
        headers = Headers(
            one.destination,
            one.source,
            one.protocol,
            one.destination_port,
            one.source_port,
            icmp_type=one.icmp_type,
            identifier=one.identifier,
        )
        return Conversation(conversation.interface, hook, headers)


def is_contested(rule: PolicyRule, rules: Sequence[PolicyRule]) -> bool:
    """Whether another rule of the same rank says the opposite of the same endpoint's traffic."""
    rank = rule.endpoint, rule.direction, rule.priority
    return any(
        (other.endpoint, other.direction, other.priority) == rank and other.verdict != rule.verdict
        for other in rules
    )
