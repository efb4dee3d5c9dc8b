"""What the control plane has said: endpoints, identities, services, rules, configuration.

Kept as the domain objects themselves, with the indexes that clauses look things up by. Nothing is
compiled: policy judges rules (POL-7), the load balancer lists of backends.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from model.domain.address import Address, Network
from model.domain.configuration import Configuration
from model.domain.endpoint import WORLD_IDENTITY, Direction, Endpoint
from model.domain.operation import (
    Operation,
    PutEndpoint,
    PutEntry,
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
from model.domain.policy import PolicyRule
from model.domain.service import Backend, Frontend, FrontendKey, FrontendKind, Service
from model.trace import Trace


@dataclass(slots=True)
class World:
    """Control-plane state. `policy_revision` as in POL-5a, `service_revision` as in LB-15a."""

    configuration: Configuration = field(default_factory=Configuration)
    policy_revision: int = 1
    service_revision: int = 1
    endpoints: dict[int, Endpoint] = field(default_factory=dict)
    identities: dict[Network, int] = field(default_factory=dict)
    services: dict[int, Service] = field(default_factory=dict)
    rules: dict[int, PolicyRule] = field(default_factory=dict)
    endpoint_at: dict[int, Endpoint] = field(default_factory=dict)
    frontends: dict[FrontendKey, tuple[Service, Frontend]] = field(default_factory=dict)
    service_addresses: frozenset[Address] = frozenset()
    node_addresses: frozenset[Address] = frozenset()
    backends: dict[int, tuple[Service, Backend]] = field(default_factory=dict)
    rules_of: dict[tuple[int, Direction], tuple[PolicyRule, ...]] = field(default_factory=dict)

    def copy(self) -> World:
        """A world of its own. Indexes are shared: they are replaced, never changed."""
        return replace(
            self,
            endpoints=dict(self.endpoints),
            identities=dict(self.identities),
            services=dict(self.services),
            rules=dict(self.rules),
        )

    def apply(self, operations: Sequence[Operation], trace: Trace) -> None:
        """Carry out the control-plane operations of one transaction; others are not looked at."""
        before = self.copy()
        touched: set[str] = set()
        for operation in operations:
            touched.add(self.apply_one(operation))
        if self.configuration.host_reaches_pods != before.configuration.host_reaches_pods:
            touched.add("policy")
        if self.configuration != before.configuration:
            trace.note("OBS-4", "configuration changed at run time")
        if "policy" in touched:
            self.policy_revision += 1
            trace.note("POL-5a", "policy revision raised", self.policy_revision)
            self.index_policy()
        if "service" in touched:
            self.index_services()
            if self.answers_differ(before, operations):
                self.service_revision += 1
                trace.note("LB-15a", "service revision raised", self.service_revision)

    def apply_one(self, operation: Operation) -> str:
        """Carry out one operation; what it touched: `policy`, `service` or nothing."""
        match operation:
            case PutEndpoint(endpoint):
                self.endpoints[endpoint.identifier] = endpoint
            case RemoveEndpoint(identifier):
                del self.endpoints[identifier]
                self.rules = {i: r for i, r in self.rules.items() if r.endpoint != identifier}
            case PutIdentity(prefix):
                self.identities[prefix.network] = prefix.identity
            case RemoveIdentity(network):
                del self.identities[network]
            case PutRule(rule):
                self.rules[rule.identifier] = rule
            case RemoveRule(identifier):
                del self.rules[identifier]
            case PutService(service):
                self.services[service.identifier] = service
                return "service"
            case RemoveService(identifier):
                del self.services[identifier]
                return "service"
            case SetConfiguration(configuration):
                self.configuration = configuration
                return ""
            case PutEntry() | RemoveEntry():
                return ""
        return "policy"

    def index_policy(self) -> None:
        """Endpoints by interface, rules by endpoint and direction."""
        self.endpoint_at = {endpoint.interface: endpoint for endpoint in self.endpoints.values()}
        by_place: dict[tuple[int, Direction], list[PolicyRule]] = {}
        for rule in self.rules.values():
            by_place.setdefault((rule.endpoint, rule.direction), []).append(rule)
        self.rules_of = {place: tuple(rules) for place, rules in by_place.items()}

    def index_services(self) -> None:
        """Services by frontend (LB-1), addresses of services and nodes (LB-9a), backends."""
        pairs = [(s, f) for s in self.services.values() for f in s.frontends]
        self.frontends = {frontend.key: (service, frontend) for service, frontend in pairs}
        nodes = {f.key.address for _, f in pairs if f.kind is FrontendKind.NODE_PORT}
        services = {f.key.address for _, f in pairs if f.kind is not FrontendKind.NODE_PORT}
        self.node_addresses, self.service_addresses = frozenset(nodes), frozenset(services)
        self.backends = {
            backend.identifier: (service, backend)
            for service in self.services.values()
            for backend in service.backends
        }

    def answers_differ(self, before: World, operations: Sequence[Operation]) -> bool:
        """Whether what packets have asked the services has to be asked again (LB-15a)."""
        put = {one.service.identifier for one in operations if isinstance(one, PutService)}
        removed = {one.identifier for one in operations if isinstance(one, RemoveService)}
        affine = (put | removed) & (self.services_with_affinity() | before.services_with_affinity())
        return bool(affine) or self.frontend_answers() != before.frontend_answers()

    def frontend_answers(self) -> tuple[object, ...]:
        """Service of each frontend and whether only this node counts (LB-12), and addresses."""
        frontends = {
            key: (service.identifier, service.is_local(frontend))
            for key, (service, frontend) in self.frontends.items()
        }
        return frontends, self.service_addresses

    def services_with_affinity(self) -> set[int]:
        """Identifiers of the services that have affinity (LB-7)."""
        return {i for i, one in self.services.items() if one.affinity_timeout is not None}

    def is_service(self, key: FrontendKey) -> bool:
        """Whether a destination is a frontend or lies at a service address (LB-9, LB-13)."""
        return key.address in self.service_addresses or key in self.frontends

    def identity_of(self, address: Address) -> int:
        """Identity of a peer: longest prefix, or world (POL-3)."""
        matching = [network for network in self.identities if network.contains(address)]
        if not matching:
            return WORLD_IDENTITY
        return self.identities[max(matching, key=lambda network: network.length)]
