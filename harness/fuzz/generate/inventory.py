"""What a generator knows to be there: the objects of the operations that it has seen."""

from __future__ import annotations

from collections.abc import Iterable

from model.domain.address import Network
from model.domain.configuration import Configuration
from model.domain.endpoint import Endpoint
from model.domain.flow import FlowKey
from model.domain.operation import (
    Operation,
    PutEndpoint,
    PutEntry,
    PutIdentity,
    PutRule,
    PutService,
    RemoveEndpoint,
    RemoveIdentity,
    RemoveRule,
    RemoveService,
    SetConfiguration,
)
from model.domain.policy import PolicyRule
from model.domain.service import Service


class Inventory:
    """Domain objects by identifier. `removed` are services and endpoints that could come back."""

    def __init__(self, operations: Iterable[Operation] = ()) -> None:
        self.configuration = Configuration()
        self.endpoints: dict[int, Endpoint] = {}
        self.identities: dict[Network, int] = {}
        self.services: dict[int, Service] = {}
        self.rules: dict[int, PolicyRule] = {}
        self.entries: list[FlowKey] = []
        self.removed: list[Endpoint | Service] = []
        self.highest_backend = 0
        for operation in operations:
            self.apply(operation)

    def apply(self, operation: Operation) -> None:
        """Take an operation in that has been carried out."""
        match operation:
            case PutEndpoint(endpoint):
                self.endpoints[endpoint.identifier] = endpoint
            case PutService(service):
                self.services[service.identifier] = service
                numbers = (backend.identifier for backend in service.backends)
                self.highest_backend = max(self.highest_backend, *numbers, 0)
            case PutIdentity(prefix):
                self.identities[prefix.network] = prefix.identity
            case PutRule(rule):
                self.rules[rule.identifier] = rule
            case SetConfiguration(configuration):
                self.configuration = configuration
            case PutEntry(key, _):
                self.entries.append(key)
            case RemoveIdentity(network):
                self.identities.pop(network, None)
            case RemoveRule(identifier):
                self.rules.pop(identifier, None)
            case RemoveEndpoint(identifier):
                self.forget_endpoint(identifier)
            case RemoveService(identifier):
                gone = self.services.pop(identifier, None)
                self.removed += [gone] if gone else []

    def allows(self, operation: Operation) -> bool:
        """Whether an operation can be carried out, as far as identifiers say."""
        match operation:
            case RemoveEndpoint(identifier):
                return identifier in self.endpoints
            case RemoveService(identifier):
                return identifier in self.services
            case RemoveRule(identifier):
                return identifier in self.rules
            case RemoveIdentity(network):
                return network in self.identities
            case PutRule(rule):
                return rule.endpoint in self.endpoints
            case PutService(service):
                return self.allows_service(service)
            case PutEndpoint(endpoint):
                others = self.endpoints.values()
                return all(
                    one.identifier == endpoint.identifier or one.interface != endpoint.interface
                    for one in others
                )
        return True

    def allows_service(self, service: Service) -> bool:
        """Whether a service takes no frontend from another and has no backend of the past."""
        others = [one for one in self.services.values() if one.identifier != service.identifier]
        taken = {frontend.key for one in others for frontend in one.frontends}
        if any(frontend.key in taken for frontend in service.frontends):
            return False
        known = self.services.get(service.identifier)
        backends = known.backends if known is not None else ()
        kept = {one.identifier: (one.address, one.port) for one in backends}
        return all(
            kept.get(one.identifier) == (one.address, one.port)
            or one.identifier > self.highest_backend
            for one in service.backends
        )

    def forget_endpoint(self, identifier: int) -> None:
        """An endpoint goes, and its rules with it."""
        gone = self.endpoints.pop(identifier, None)
        self.removed += [gone] if gone else []
        self.rules = {i: rule for i, rule in self.rules.items() if rule.endpoint != identifier}
