"""Random services that come, change and go, and what the tables have to say about them."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import Final

from harness.datapath.codec.codecs import Codecs
from harness.datapath.control_plane.control_plane import ControlPlane
from harness.datapath.control_plane.maglev import Server, maglev_table
from harness.kernel.btf import Btf
from model.domain.address import Address, family_of, parse_address
from model.domain.operation import Operation, PutService, RemoveService
from model.domain.service import (
    Algorithm,
    Backend,
    BackendState,
    Frontend,
    FrontendKey,
    FrontendKind,
    Service,
)
from tests.datapath.fake_maps import Faults, fake_maps
from tests.datapath.lookup import NO_SERVICE, NOT_A_SERVICE, Lookup, ServiceView

ADDRESSES: Final = [parse_address(text) for text in ("10.96.0.1", "10.96.0.2", "fd00:96::1")]
PORTS: Final = (80, 443)
SIZES: Final = {
    "eligible_backends": 512,
    "maglev_tables": 4096,
    "backends": 512,
    "policy_pages": 16,
}
KEYS: Final = [FrontendKey(address, port, 6) for address in ADDRESSES for port in PORTS]


class World:
    """Services as a test sees them, and the tables that the control plane made of them."""

    def __init__(self, seed: int, btf: Btf, codecs: Codecs) -> None:
        self.random = random.Random(seed)  # noqa: S311 a test that repeats itself
        self.faults = Faults()
        self.maps = fake_maps(btf, SIZES, self.faults)
        self.control_plane = ControlPlane(self.maps, codecs)
        self.lookup = Lookup(self.maps, codecs)
        self.services: dict[int, Service] = {}
        self.next_backend = 1

    def operations(self) -> list[Operation]:
        """Some operations that are sound, already reflected in `services`."""
        return [self._operation() for _ in range(self.random.randint(1, 4))]

    def careful_operation(self) -> Operation:
        """An operation that leaves the traffic policies of frontends that stay as they are.

        Such a change takes two elements, the frontend's and the service's row, so that a packet
        can see the one changed and the other not.
        """
        before = dict(self.services)
        operation = self._operation()
        if not isinstance(operation, PutService):
            return operation
        old, new = before.get(operation.service.identifier), operation.service
        if old is not None:
            kinds = {frontend.key: frontend.kind for frontend in old.frontends}
            new = replace(
                new,
                frontends=tuple(replace(f, kind=kinds.get(f.key, f.kind)) for f in new.frontends),
                internal_local=old.internal_local,
                external_local=old.external_local,
            )
            self.services[new.identifier] = new
        return PutService(new)

    def _operation(self) -> Operation:
        if self.services and self.random.random() < 0.2:
            identifier = self.random.choice(sorted(self.services))
            del self.services[identifier]
            return RemoveService(identifier)
        identifier = self.random.randint(1, 4)
        service = self._service(identifier, self.services.get(identifier))
        self.services[identifier] = service
        return PutService(service)

    def _service(self, identifier: int, old: Service | None) -> Service:
        taken = {
            frontend.key
            for service in self.services.values()
            for frontend in service.frontends
            if service.identifier != identifier
        }
        free = [key for key in KEYS if key not in taken]
        chosen = self.random.sample(free, self.random.randint(0, min(2, len(free))))
        frontends = [Frontend(self.random.choice(list(FrontendKind)), key) for key in chosen]
        return Service(
            identifier,
            "service",
            tuple(frontends),
            tuple(self._backends(old)),
            self.random.choice(list(Algorithm)),
            self.random.choice((7, 13)),
            self.random.choice((None, 5)),
            self.random.random() < 0.3,
            self.random.random() < 0.3,
        )

    def _backends(self, old: Service | None) -> list[Backend]:
        """Some of those that were there, in any state, and some new ones."""
        kept = [b for b in (old.backends if old else ()) if self.random.random() < 0.7]
        for _ in range(self.random.randint(0, 3)):
            number = self.next_backend
            self.next_backend += 1
            text = f"10.1.0.{number % 250}" if number % 3 else f"fd00:1::{number:x}"
            kept.append(Backend(number, parse_address(text), 1000 + number))
        return [self._any_state(backend) for backend in self.random.sample(kept, len(kept))]

    def _any_state(self, backend: Backend) -> Backend:
        return replace(
            backend,
            state=self.random.choice(list(BackendState)),
            serving=self.random.random() < 0.5,
            local=self.random.random() < 0.5,
        )


def expected_view(services: dict[int, Service], key: FrontendKey) -> ServiceView | str:
    """What LB-2, LB-3, LB-5, LB-9 and LB-12 say about a frontend."""
    for service in services.values():
        for frontend in service.frontends:
            if frontend.key == key:
                return _view(service, frontend)
    return NO_SERVICE if key.address in service_addresses(services) else NOT_A_SERVICE


def service_addresses(services: dict[int, Service]) -> set[Address]:
    """LB-9a."""
    return {
        frontend.key.address
        for service in services.values()
        for frontend in service.frontends
        if frontend.kind is not FrontendKind.NODE_PORT
    }


def _view(service: Service, frontend: Frontend) -> ServiceView:
    internal = frontend.kind is FrontendKind.CLUSTER_IP
    only_local = service.internal_local if internal else service.external_local
    pool = [
        backend
        for backend in service.backends
        if family_of(backend.address) is family_of(frontend.key.address)
        and (backend.local or not only_local)
    ]
    active = [backend for backend in pool if backend.state is BackendState.ACTIVE]
    serving = [b for b in pool if b.state is BackendState.TERMINATING and b.serving]
    eligible = sorted(active or serving, key=lambda backend: (backend.address, backend.port))
    table: list[int] = []
    if service.algorithm is Algorithm.MAGLEV and eligible:
        servers = [Server(backend.address, backend.port) for backend in eligible]
        table = maglev_table(servers, service.maglev_size).tolist()
    return ServiceView(
        service.identifier,
        service.algorithm,
        service.affinity_timeout or 0,
        tuple(backend.identifier for backend in eligible),
        tuple(eligible[place].identifier for place in table),
    )
