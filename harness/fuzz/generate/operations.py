"""Control-plane operations in mid-stream: what flows meet while they are alive."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final

from harness.fuzz.generate import pool
from harness.fuzz.generate.configuration import draw_configuration
from harness.fuzz.generate.dice import Dice
from harness.fuzz.generate.feature import Swarm
from harness.fuzz.generate.inventory import Inventory
from harness.fuzz.generate.rules import draw_identity, draw_rival, draw_rule
from harness.fuzz.generate.services import AFFINITY_TIMEOUTS
from model.domain.address import UNSPECIFIED
from model.domain.endpoint import Direction, Endpoint
from model.domain.flow import FlowKey
from model.domain.operation import (
    Operation,
    PutEndpoint,
    PutIdentity,
    PutRule,
    PutService,
    RemoveEndpoint,
    RemoveEntry,
    RemoveIdentity,
    RemoveRule,
    RemoveService,
    SetConfiguration,
)
from model.domain.protocol import PORT_PROTOCOLS
from model.domain.service import (
    Algorithm,
    Backend,
    BackendState,
    Frontend,
    FrontendKey,
    FrontendKind,
    Service,
)

MAXIMUM_RULES: Final = 12


class OperationMaker:
    """Makes transactions that suit what is there.

    `keys` are conntrack keys that packets have touched lately: entries can be taken away from under
    a flow, as a full table does (CT-12). `used` are backends that were chosen lately: what happens
    to them matters to someone.
    """

    def __init__(
        self,
        dice: Dice,
        swarm: Swarm,
        inventory: Inventory,
        keys: Sequence[FlowKey],
        used: Sequence[int] = (),
    ) -> None:
        self.dice = dice
        self.swarm = swarm
        self.inventory = inventory
        self.keys = keys
        self.used = used
        self.makers: tuple[Callable[[], Operation | None], ...] = (
            self.backend_state,
            self.backend_state,
            self.backend_away,
            self.backend_again,
            self.service_settings,
            self.service_away,
            self.frontend_away,
            self.frontend_there,
            self.rule,
            self.rule,
            self.rule_away,
            self.identity,
            self.identity_away,
            self.isolation,
            self.endpoint_away,
            self.back,
            self.configuration,
            self.entry_away,
            self.entry_away,
        )

        self.about_backends = (
            self.backend_state,
            self.backend_state,
            self.backend_away,
            self.backend_again,
        )

    def make(self) -> tuple[Operation, ...]:
        """One transaction; empty where nothing suits."""
        count = 2 if self.dice.chance(0.1) else 1
        found = []
        for _ in range(count):
            likely = self.about_backends if self.used and self.dice.chance(0.4) else self.makers
            operation = self.dice.pick(likely)()
            if operation is not None:
                self.inventory.apply(operation)
                found.append(operation)
        return tuple(found)

    def service(self) -> Service | None:
        """Some service that is there."""
        services = list(self.inventory.services.values())
        return self.dice.pick(services) if services else None

    def with_backends(
        self, change: Callable[[tuple[Backend, ...], int], tuple[Backend, ...]]
    ) -> Operation | None:
        """A service with other backends; `change` is given them, and the place of one of them."""
        places = [
            (service, place, backend.identifier)
            for service in self.inventory.services.values()
            for place, backend in enumerate(service.backends)
        ]
        if not places:
            return None
        used = [one for one in places if one[2] in self.used]
        service, place, _ = self.dice.pick(used if used and self.dice.chance(0.8) else places)
        return PutService(replace(service, backends=change(service.backends, place)))

    def backend_state(self) -> Operation | None:
        """A backend terminates, is quarantined, or comes back (LB-5)."""
        dice = self.dice

        def change(backends: tuple[Backend, ...], place: int) -> tuple[Backend, ...]:
            state = dice.pick((BackendState.QUARANTINED, *BackendState))
            changed = replace(backends[place], state=state, serving=dice.chance(0.7))
            return (*backends[:place], changed, *backends[place + 1 :])

        return self.with_backends(change)

    def backend_away(self) -> Operation | None:
        """A backend is gone (LB-6)."""

        def change(backends: tuple[Backend, ...], place: int) -> tuple[Backend, ...]:
            return backends[:place] + backends[place + 1 :]

        return self.with_backends(change)

    def backend_again(self) -> Operation | None:
        """A backend is removed and added again: another one at the same place (LB-6a)."""

        def change(backends: tuple[Backend, ...], place: int) -> tuple[Backend, ...]:
            number = self.inventory.highest_backend + 1
            again = replace(backends[place], identifier=number)
            return (*backends[:place], again, *backends[place + 1 :])

        return self.with_backends(change)

    def service_settings(self) -> Operation | None:
        """Affinity, traffic policies or the algorithm change (LB-3, LB-7, LB-12)."""
        service, dice = self.service(), self.dice
        if service is None:
            return None
        kind = dice.below(3)
        if kind == 0:
            timeout = dice.pick((None, *AFFINITY_TIMEOUTS))
            return PutService(replace(service, affinity_timeout=timeout))
        if kind == 1:
            internal, external = dice.chance(0.5), dice.chance(0.5)
            return PutService(replace(service, internal_local=internal, external_local=external))
        return PutService(replace(service, maglev_size=dice.pick((3, 31, 251))))

    def service_away(self) -> Operation | None:
        """A service is deleted (NAT-1)."""
        service = self.service()
        return None if service is None else RemoveService(service.identifier)

    def frontend_away(self) -> Operation | None:
        """A service loses a frontend, or another one takes it over (LB-4)."""
        service = self.service()
        if service is None or not service.frontends:
            return None
        place = self.dice.below(len(service.frontends))
        rest = service.frontends[:place] + service.frontends[place + 1 :]
        return PutService(replace(service, frontends=rest))

    def frontend_there(self) -> Operation | None:
        """A service gets a frontend where a flow's peer has been all the time (LB-13).

        Not at the loopback address: a pod's connections with itself would share a tuple with its
        connections to that service, and CT-1b says that no two open flows do. Nor at one that
        stands for none.
        """
        service, configuration = self.service(), self.inventory.configuration
        loopback = configuration.loopback_ipv4, configuration.loopback_ipv6
        barred = {*loopback, *UNSPECIFIED.values()}
        keys = [
            key
            for key in self.keys
            if key.protocol in PORT_PROTOCOLS and key.peer_port and key.peer_address not in barred
        ]
        if service is None or not keys:
            return None
        key = self.dice.pick(keys)
        wanted = FrontendKey(key.peer_address, key.peer_port, key.protocol)
        frontend = Frontend(self.dice.pick(tuple(FrontendKind)), wanted)
        changed = replace(service, frontends=(*service.frontends, frontend))
        taken = {one.key for other in self.inventory.services.values() for one in other.frontends}
        return None if wanted in taken else PutService(changed)

    def rule(self) -> Operation | None:
        """A rule comes, or changes."""
        endpoints = list(self.inventory.endpoints)
        if not endpoints:
            return None
        identifier = self.dice.between(1, MAXIMUM_RULES)
        others = [one for one in self.inventory.rules.values() if one.identifier != identifier]
        if others and self.dice.chance(0.5):
            return PutRule(draw_rival(self.dice, self.swarm, identifier, self.dice.pick(others)))
        return PutRule(draw_rule(self.dice, self.swarm, identifier, endpoints))

    def rule_away(self) -> Operation | None:
        """A rule goes (POL-5)."""
        rules = list(self.inventory.rules)
        return RemoveRule(self.dice.pick(rules)) if rules else None

    def identity(self) -> Operation:
        """A prefix gets an identity."""
        return PutIdentity(draw_identity(self.dice))

    def identity_away(self) -> Operation | None:
        """A prefix loses its identity."""
        networks = list(self.inventory.identities)
        return RemoveIdentity(self.dice.pick(networks)) if networks else None

    def endpoint(self) -> Endpoint | None:
        """Some endpoint that is there."""
        endpoints = list(self.inventory.endpoints.values())
        return self.dice.pick(endpoints) if endpoints else None

    def isolation(self) -> Operation | None:
        """An endpoint's isolation or identity changes (POL-2)."""
        endpoint, dice = self.endpoint(), self.dice
        if endpoint is None:
            return None
        isolated = frozenset(dice.some(tuple(Direction), 0.5))
        identity = dice.pick(pool.IDENTITIES[2:])
        return PutEndpoint(replace(endpoint, isolated=isolated, identity=identity))

    def endpoint_away(self) -> Operation | None:
        """A pod is deleted."""
        endpoint = self.endpoint()
        return None if endpoint is None else RemoveEndpoint(endpoint.identifier)

    def back(self) -> Operation | None:
        """What was deleted comes again; its backends are new ones (LB-6a)."""
        if not self.inventory.removed:
            return None
        gone = self.inventory.removed.pop()
        if isinstance(gone, Endpoint):
            return PutEndpoint(gone)
        number = self.inventory.highest_backend
        backends = (replace(one, identifier=number + i + 1) for i, one in enumerate(gone.backends))
        return PutService(replace(gone, backends=tuple(backends), algorithm=Algorithm.MAGLEV))

    def configuration(self) -> Operation:
        """The configuration changes; timeouts stay, most of the time."""
        before = self.inventory.configuration
        after = draw_configuration(self.dice, self.swarm)
        if self.dice.chance(0.7):
            after = replace(after, timeouts=before.timeouts)
        if self.dice.chance(0.3):
            after = replace(after, pick_up_mid_stream=not before.pick_up_mid_stream)
        return SetConfiguration(after)

    def entry_away(self) -> Operation | None:
        """An entry is evicted."""
        return RemoveEntry(self.dice.pick(self.keys)) if self.keys else None
