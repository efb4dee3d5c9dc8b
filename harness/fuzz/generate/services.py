"""Services: frontends, backends, and how one is chosen for the other (LB)."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from harness.fuzz.generate import pool
from harness.fuzz.generate.dice import Dice
from harness.fuzz.generate.feature import Feature, Swarm
from model.domain.address import Address, Family
from model.domain.configuration import SECOND
from model.domain.protocol import SCTP, TCP, UDP
from model.domain.service import (
    Algorithm,
    Backend,
    BackendState,
    Frontend,
    FrontendKey,
    FrontendKind,
    Service,
)

MAGLEV_SIZES: Final = (2, 3, 7, 31, 127, 251)
AFFINITY_TIMEOUTS: Final = (1, SECOND, SECOND, 10 * SECOND, 10 * SECOND, 60 * SECOND, 61 * SECOND)
MAXIMUM_BACKENDS: Final = 6
MANY_BACKENDS: Final = 18
"""More than are tried where each clashes (NAT-4a)."""


class ServiceMaker:
    """Makes services whose frontends and backends do not collide with those it made before."""

    def __init__(self, dice: Dice, swarm: Swarm) -> None:
        self.dice = dice
        self.swarm = swarm
        self.taken: set[FrontendKey] = set()
        self.identifier = 0
        self.backend_identifier = 0

    def make(self, identifier: int | None = None) -> Service:
        """One service; under an identifier that another one had, or a new one."""
        dice, swarm = self.dice, self.swarm
        if identifier is None:
            self.identifier += 1
            identifier = self.identifier
        frontends = self.frontends()
        random = Feature.RANDOM in swarm and dice.chance(0.7)
        return Service(
            identifier,
            f"service_{identifier}",
            frontends,
            self.backends(frontends),
            Algorithm.RANDOM if random else Algorithm.MAGLEV,
            dice.pick(MAGLEV_SIZES),
            dice.pick(AFFINITY_TIMEOUTS) if self.is_affine() else None,
            Feature.LOCAL_POLICY in swarm and dice.chance(0.4),
            Feature.LOCAL_POLICY in swarm and dice.chance(0.4),
        )

    def is_affine(self) -> bool:
        """Whether a service has affinity."""
        return Feature.AFFINITY in self.swarm and self.dice.chance(0.7)

    def families(self) -> list[Family]:
        """Families of the round."""
        of = {Family.IPV4: Feature.IPV4, Family.IPV6: Feature.IPV6}
        return [family for family in Family if of[family] in self.swarm]

    def protocols(self) -> list[int]:
        """Protocols that services can have, of those of the round."""
        of = {TCP: Feature.TCP, UDP: Feature.UDP, SCTP: Feature.SCTP}
        return [number for number, feature in of.items() if feature in self.swarm] or [TCP]

    def frontends(self) -> tuple[Frontend, ...]:
        """A few frontends of one protocol or several."""
        wanted = [self.frontend() for _ in range(self.dice.between(1, 3))]
        fresh = {one.key: one for one in wanted if one.key not in self.taken}
        self.taken |= fresh.keys()
        return tuple(fresh.values())

    def frontend(self) -> Frontend:
        """One frontend, perhaps one that is taken."""
        dice = self.dice
        family, protocol = dice.pick(self.families()), dice.pick(self.protocols())
        if Feature.NODE_PORTS in self.swarm and dice.chance(0.3):
            key = FrontendKey(dice.pick(pool.NODES[family]), 30080, protocol)
            return Frontend(FrontendKind.NODE_PORT, key)
        kind = dice.pick(
            (FrontendKind.CLUSTER_IP, FrontendKind.CLUSTER_IP, *FrontendKind.__members__.values())
        )
        addresses = pool.NODES if kind is FrontendKind.NODE_PORT else pool.VIRTUAL
        port = dice.pick(pool.SERVICE_PORTS)
        return Frontend(kind, FrontendKey(dice.pick(addresses[family]), port, protocol))

    def backends(self, frontends: tuple[Frontend, ...]) -> tuple[Backend, ...]:
        """Backends that the frontends can reach, now and then none or very many."""
        dice = self.dice
        count = dice.pick((0, 1, 1, 2, 2, 3, MAXIMUM_BACKENDS))
        found: dict[tuple[Address, int], Backend] = {}
        if dice.chance(0.04):
            return tuple(self.many(MANY_BACKENDS))
        for _ in range(count):
            backend = self.backend(frontends)
            found.setdefault((backend.address, backend.port), backend)
        return tuple(found.values())

    def many(self, count: int) -> list[Backend]:
        """Backends at one address on ports in a row."""
        address = self.dice.pick(pool.REMOTE[self.dice.pick(self.families())])
        return [self.numbered(address, 9000 + number) for number in range(count)]

    def backend(self, frontends: tuple[Frontend, ...]) -> Backend:
        """One backend; SCTP takes none with another port than its frontend's (LB-10)."""
        dice, swarm = self.dice, self.swarm
        frontend = dice.pick(frontends).key if frontends else None
        if frontend is not None and Feature.OWN_FRONTEND in swarm and dice.chance(0.5):
            return self.stated(self.numbered(frontend.address, frontend.port))
        family = dice.pick(self.families())
        pods = Feature.HAIRPIN in swarm and dice.chance(0.5)
        address = dice.pick(pool.PODS[family] if pods else pool.REMOTE[family])
        same = frontend is not None and (frontend.protocol == SCTP or dice.chance(0.3))
        port = frontend.port if same and frontend is not None else dice.pick(pool.SERVER_PORTS)
        return self.stated(self.numbered(address, port))

    def numbered(self, address: Address, port: int) -> Backend:
        """A backend with an identifier that none had before (LB-6a)."""
        self.backend_identifier += 1
        return Backend(self.backend_identifier, address, port)

    def stated(self, backend: Backend) -> Backend:
        """The backend in some state."""
        dice = self.dice
        if Feature.BACKEND_STATES in self.swarm:
            state = dice.pick((BackendState.ACTIVE, *BackendState))
            backend = replace(backend, state=state, serving=dice.chance(0.7))
        if Feature.LOCAL_POLICY in self.swarm:
            backend = replace(backend, local=dice.chance(0.5))
        return backend
