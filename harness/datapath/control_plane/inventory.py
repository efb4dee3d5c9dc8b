"""What the control plane has been told: the domain objects as they stand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from harness.datapath.control_plane import validation
from harness.datapath.control_plane.journal import Journal
from harness.subject import OperationError
from model.domain.address import Network, format_address
from model.domain.configuration import Configuration
from model.domain.endpoint import Endpoint
from model.domain.flow import Entry, FlowKey, Selection
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
from model.domain.service import FrontendKey, Service


@dataclass
class Changes:
    """What one transaction touches, with what was there before it (None: nothing).

    `rules` are the endpoints whose rules change. `policy_relevant` is set where a rule, an identity
    or an endpoint is put or removed (POL-5a).
    """

    endpoints: dict[int, Endpoint | None] = field(default_factory=dict)
    services: dict[int, Service | None] = field(default_factory=dict)
    identities: dict[Network, int | None] = field(default_factory=dict)
    rules: set[int] = field(default_factory=set)
    configuration: Configuration | None = None
    entries: list[PutEntry | RemoveEntry] = field(default_factory=list)
    policy_relevant: bool = False

    @property
    def entries_after(self) -> dict[FlowKey, Entry | None]:
        """What is afterwards under the keys that entries are put or removed under."""
        return {
            operation.key: operation.entry if isinstance(operation, PutEntry) else None
            for operation in self.entries
        }


class Inventory:
    """Domain objects by what identifies them, each operation checked against all the others."""

    def __init__(self) -> None:
        self.endpoints: dict[int, Endpoint] = {}
        self.interfaces: dict[int, int] = {}
        self.identities: dict[Network, int] = {}
        self.services: dict[int, Service] = {}
        self.rules: dict[int, PolicyRule] = {}
        self.rules_of: dict[int, dict[int, PolicyRule]] = {}
        self.configuration = Configuration()
        self._frontends: dict[FrontendKey, int] = {}
        self._backends: dict[int, int] = {}
        self._retired: dict[int, int] = {}
        self._handlers: dict[type, Callable[[Any, Journal, Changes], None]] = {
            PutEndpoint: self._put_endpoint,
            RemoveEndpoint: self._remove_endpoint,
            PutIdentity: self._put_identity,
            RemoveIdentity: self._remove_identity,
            PutService: self._put_service,
            RemoveService: self._remove_service,
            PutRule: self._put_rule,
            RemoveRule: self._remove_rule,
            SetConfiguration: self._set_configuration,
            PutEntry: self._put_entry,
            RemoveEntry: self._remove_entry,
        }

    def apply(self, operation: Operation, journal: Journal, changes: Changes) -> None:
        """Carry out one operation on the domain objects. Raises OperationError."""
        self._handlers[type(operation)](operation, journal, changes)

    def reserve_backends(self, changes: Changes, journal: Journal) -> None:
        """Identifiers of backends that put selections name, and that are not there, are used up.

        Another one must not be taken for the one that such a selection was made for (LB-6a).
        """
        for entry in changes.entries_after.values():
            if isinstance(entry, Selection) and entry.backend not in self._backends:
                journal.set(self._retired, entry.backend, entry.service)

    def _put_endpoint(self, operation: PutEndpoint, journal: Journal, changes: Changes) -> None:
        endpoint = operation.endpoint
        validation.check_endpoint(endpoint)
        owner = self.interfaces.get(endpoint.interface, endpoint.identifier)
        if owner != endpoint.identifier:
            raise OperationError(
                f"endpoint {endpoint.identifier}: interface {endpoint.interface} is endpoint"
                f" {owner}'s"
            )
        old = self.endpoints.get(endpoint.identifier)
        changes.endpoints.setdefault(endpoint.identifier, old)
        changes.policy_relevant = True
        if old is not None:
            journal.drop(self.interfaces, old.interface)
        journal.set(self.interfaces, endpoint.interface, endpoint.identifier)
        journal.set(self.endpoints, endpoint.identifier, endpoint)

    def _remove_endpoint(
        self, operation: RemoveEndpoint, journal: Journal, changes: Changes
    ) -> None:
        identifier = operation.identifier
        if identifier not in self.endpoints:
            raise OperationError(f"endpoint {identifier} cannot be removed: it is not there")
        for rule in list(self.rules_of.get(identifier, ())):
            self._drop_rule(rule, journal, changes)
        old = journal.drop(self.endpoints, identifier)
        journal.drop(self.interfaces, old.interface)
        changes.endpoints.setdefault(identifier, old)
        changes.policy_relevant = True

    def _put_identity(self, operation: PutIdentity, journal: Journal, changes: Changes) -> None:
        prefix = operation.prefix
        validation.check_identity(prefix)
        changes.identities.setdefault(prefix.network, self.identities.get(prefix.network))
        changes.policy_relevant = True
        journal.set(self.identities, prefix.network, prefix.identity)

    def _remove_identity(
        self, operation: RemoveIdentity, journal: Journal, changes: Changes
    ) -> None:
        network = operation.network
        if network not in self.identities:
            raise OperationError(f"identity of {network} cannot be removed: it has none")
        changes.identities.setdefault(network, self.identities[network])
        changes.policy_relevant = True
        journal.drop(self.identities, network)

    def _put_service(self, operation: PutService, journal: Journal, changes: Changes) -> None:
        service = operation.service
        validation.check_service(service)
        old = self.services.get(service.identifier)
        changes.services.setdefault(service.identifier, old)
        if old is not None:
            self._drop_frontends(old, journal)
        self._claim_frontends(service, journal)
        self._claim_backends(service, old, journal)
        journal.set(self.services, service.identifier, service)

    def _remove_service(self, operation: RemoveService, journal: Journal, changes: Changes) -> None:
        identifier = operation.identifier
        if identifier not in self.services:
            raise OperationError(f"service {identifier} cannot be removed: it is not there")
        old = journal.drop(self.services, identifier)
        changes.services.setdefault(identifier, old)
        self._drop_frontends(old, journal)
        self._retire([backend.identifier for backend in old.backends], journal)

    def _put_rule(self, operation: PutRule, journal: Journal, changes: Changes) -> None:
        rule = operation.rule
        validation.check_rule(rule)
        if rule.endpoint not in self.endpoints:
            raise OperationError(
                f"rule {rule.identifier}: endpoint {rule.endpoint} is unknown: put it first"
            )
        if rule.identifier in self.rules:
            self._drop_rule(rule.identifier, journal, changes)
        if rule.endpoint not in self.rules_of:
            journal.set(self.rules_of, rule.endpoint, {})
        journal.set(self.rules_of[rule.endpoint], rule.identifier, rule)
        journal.set(self.rules, rule.identifier, rule)
        changes.rules.add(rule.endpoint)
        changes.policy_relevant = True

    def _remove_rule(self, operation: RemoveRule, journal: Journal, changes: Changes) -> None:
        if operation.identifier not in self.rules:
            raise OperationError(f"rule {operation.identifier} cannot be removed: it is not there")
        self._drop_rule(operation.identifier, journal, changes)
        changes.policy_relevant = True

    def _set_configuration(
        self, operation: SetConfiguration, journal: Journal, changes: Changes
    ) -> None:
        configuration, old = operation.configuration, self.configuration
        validation.check_configuration(configuration)
        for (address, *_), service in self._frontends.items():
            validation.check_frontend_address(service, address, configuration)
        changes.configuration = changes.configuration or old
        journal.undo_with(lambda: setattr(self, "configuration", old))
        self.configuration = configuration

    def _put_entry(self, operation: PutEntry, _: Journal, changes: Changes) -> None:
        validation.check_entry(operation.key, operation.entry)
        changes.entries.append(operation)

    def _remove_entry(self, operation: RemoveEntry, _: Journal, changes: Changes) -> None:
        validation.check_key(operation.key)
        changes.entries.append(operation)

    def _drop_rule(self, identifier: int, journal: Journal, changes: Changes) -> None:
        rule = journal.drop(self.rules, identifier)
        journal.drop(self.rules_of[rule.endpoint], identifier)
        changes.rules.add(rule.endpoint)

    def _drop_frontends(self, service: Service, journal: Journal) -> None:
        for frontend in service.frontends:
            journal.drop(self._frontends, frontend.key)

    def _claim_frontends(self, service: Service, journal: Journal) -> None:
        for frontend in service.frontends:
            address = frontend.key.address
            validation.check_frontend_address(service.identifier, address, self.configuration)
            owner = self._frontends.get(frontend.key)
            if owner is not None:
                address, port, protocol = frontend.key
                raise OperationError(
                    f"service {service.identifier}: frontend {format_address(address)} port {port}"
                    f" protocol {protocol} is service {owner}'s"
                )
            journal.set(self._frontends, frontend.key, service.identifier)

    def _claim_backends(self, service: Service, old: Service | None, journal: Journal) -> None:
        kept = {backend.identifier: backend for backend in old.backends} if old else {}
        for backend in service.backends:
            before = kept.pop(backend.identifier, None)
            if before is None:
                self._claim_backend(service.identifier, backend.identifier, journal)
            elif (before.address, before.port) != (backend.address, backend.port):
                raise OperationError(
                    f"service {service.identifier}: backend {backend.identifier} has another"
                    " address or port than before: another backend needs another identifier"
                )
        self._retire(list(kept), journal)

    def _claim_backend(self, service: int, backend: int, journal: Journal) -> None:
        if backend in self._backends:
            raise OperationError(
                f"service {service}: backend {backend} is service {self._backends[backend]}'s"
            )
        if backend in self._retired:
            raise OperationError(
                f"service {service}: backend identifier {backend} was used before: a backend that"
                " is added again needs a new one (LB-6a)"
            )
        journal.set(self._backends, backend, service)

    def _retire(self, backends: list[int], journal: Journal) -> None:
        for backend in backends:
            journal.set(self._retired, backend, journal.drop(self._backends, backend))
