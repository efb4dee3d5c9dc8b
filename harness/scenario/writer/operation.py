"""Operations as items of an `apply:` list, each checked by reading it again."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from harness.scenario.address import named_addresses
from harness.scenario.document import Node, parse_document
from harness.scenario.error import FormatError, Place
from harness.scenario.flow_text import format_flow_key
from harness.scenario.operation import read_one
from harness.scenario.registry import Numbers
from harness.scenario.rule_text import format_rule
from harness.scenario.scope import Scope
from harness.scenario.writer.emit import Line, Row, emit
from harness.scenario.writer.error import WriteError
from harness.scenario.writer.values import (
    backend_value,
    configuration_value,
    endpoint_value,
    entry_fields,
    family_key,
    flow_values,
    service_value,
)
from model.domain.address import Address, Family
from model.domain.endpoint import Endpoint
from model.domain.flow import FlowKey, Selection
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
from model.domain.policy import IdentityPeer, PolicyRule
from model.domain.service import Backend, Service


def as_node(value: Any) -> Node:
    """A value as the reader sees it in a file."""
    return parse_document(emit({"value": value}), "written").entries["value"]


class OperationWriter:
    """Writes operations in order, keeping the names that a reader would have by then."""

    def __init__(self, scope: Scope) -> None:
        self.scope = scope
        self.registry = scope.registry

    def write(self, operation: Operation) -> list[dict[str, Any]]:
        """The items that amount to one operation. Raises WriteError."""
        named = list(self.new_identities(operation))
        for item in named:
            self.read(item)
        item = self.item(operation)
        if self.read(item) != [operation]:
            raise WriteError(f"the format cannot say {operation!r}")
        return [*named, item]

    def read(self, item: dict[str, Any]) -> list[Operation]:
        """What a reader makes of an item; its names are known from here on."""
        try:
            return list(read_one(self.scope, as_node(item)))
        except FormatError as error:
            raise WriteError(f"the format cannot say this: {error}") from error

    def item(self, operation: Operation) -> dict[str, Any]:
        """The item for one operation."""
        match operation:
            case SetConfiguration(configuration):
                return {
                    "configure": configuration_value(configuration, self.registry.configuration)
                }
            case PutEntry(key, entry):
                kind = "selection" if isinstance(entry, Selection) else "flow"
                fields = entry_fields(flow_values(entry), self.registry.clock)
                text = format_flow_key(key, self.names_for(key))
                return {"add": {"entries": [Line({kind: text} | fields)]}}
            case RemoveEntry(key):
                return {"remove": Line(entries=Row([format_flow_key(key, self.names_for(key))]))}
            case PutEndpoint() | PutIdentity() | PutService() | PutRule():
                verb, section, name, value = self.put(operation)
                return {verb: {section: {name: value}}}
        section, name = self.removed(operation)
        return {"remove": Line({section: Row([name])})}

    def names(self) -> dict[Address, str]:
        """Names of endpoints and services by address; of two that share one, the first."""
        result: dict[Address, str] = {}
        for name in (*self.registry.endpoints, *self.registry.services):
            for address in named_addresses(self.registry, name, Place("written")):
                result.setdefault(address, name)
        return result

    def names_for(self, key: FlowKey) -> dict[Address, str]:
        """Names that a reader of this scenario takes for addresses of a key's family."""
        return self.names() if key.family is (self.scope.family or Family.IPV4) else {}

    def put(
        self, operation: PutEndpoint | PutIdentity | PutService | PutRule
    ) -> tuple[str, str, str, Any]:
        """Verb, section, name and value of something that is put."""
        registry = self.registry
        match operation:
            case PutEndpoint(endpoint):
                known = endpoint.name in registry.endpoints
                return verb(known), "endpoints", endpoint.name, self.endpoint(endpoint)
            case PutIdentity(prefix):
                known = prefix.network in registry.prefixes
                identity = self.identity_names()[prefix.identity]
                return verb(known), "prefixes", str(prefix.network), identity
            case PutService(service):
                known = service.name in registry.services
                return verb(known), "services", service.name, self.service(service)
            case PutRule(rule):
                name = f"rule_{rule.identifier}"
                return verb(name in registry.rules), "rules", name, self.rule(rule)

    def removed(self, operation: Operation) -> tuple[str, str]:
        """Section and name of something that is removed."""
        registry = self.registry
        match operation:
            case RemoveIdentity(network):
                return "prefixes", str(network)
            case RemoveRule(identifier):
                return "rules", f"rule_{identifier}"
            case RemoveEndpoint(identifier):
                named = {one.identifier: name for name, one in registry.endpoints.items()}
                return "endpoints", known_name(named, identifier, operation)
            case RemoveService(identifier):
                numbers = {one.service.identifier: name for name, one in registry.services.items()}
                return "services", known_name(numbers, identifier, operation)
        raise WriteError(f"the format cannot say {operation!r}")

    def identity_names(self) -> dict[int, str]:
        """Names of identities by number."""
        return {number: name for name, number in self.registry.identities.items()}

    def new_identities(self, operation: Operation) -> Iterator[dict[str, Any]]:
        """An item that names the identity of an operation, where it has no name yet."""
        number = identity_of(operation)
        if number is not None and number not in self.identity_names():
            yield {"add": {"identities": Line({f"identity_{number}": number})}}

    def endpoint(self, endpoint: Endpoint) -> Line:
        """An endpoint, with the numbers that a reader would not give it."""
        kept = self.registry.endpoints.get(endpoint.name)
        numbers = self.registry
        value = endpoint_value(endpoint, self.identity_names())
        expected = kept.identifier if kept else numbers.endpoint_numbers.next
        if endpoint.identifier != expected:
            value["id"] = endpoint.identifier
        expected = kept.interface if kept else numbers.interface_numbers.next
        if endpoint.interface != expected:
            value["interface"] = endpoint.interface
        return value

    def service(self, service: Service) -> dict[str, Any]:
        """A service, with the numbers that a reader would not give it."""
        kept = self.registry.services.get(service.name)
        expected = kept.service.identifier if kept else self.registry.service_numbers.next
        stay = {(one.address, one.port): one for one in kept.service.backends} if kept else {}
        numbers = Numbers(1)
        numbers.used |= self.registry.backend_numbers.used
        backends = {}
        for backend in service.backends:
            value = backend_value(backend)
            staying = stay.get((backend.address, backend.port))
            if not (staying and staying.identifier == backend.identifier):
                self.number_backend(backend, staying, numbers, value)
            backends[f"backend_{backend.identifier}"] = value
        number = {} if service.identifier == expected else {"id": service.identifier}
        return number | service_value(service, backends)

    def number_backend(
        self, backend: Backend, staying: Backend | None, numbers: Numbers, value: Line
    ) -> None:
        """Write a backend's number where a reader would give another."""
        if staying or backend.identifier != numbers.next:
            value["id"] = Line({family_key(backend.address): backend.identifier})
        numbers.use(backend.identifier)

    def rule(self, rule: PolicyRule) -> str | Line:
        """A rule, with its number where a reader would give another."""
        names = {one.identifier: name for name, one in self.registry.endpoints.items()}
        endpoint = known_name(names, rule.endpoint, rule)
        text = format_rule(rule, endpoint, self.identity_names())
        kept = self.registry.rules.get(f"rule_{rule.identifier}")
        if kept or rule.identifier == self.registry.rule_numbers.next:
            return text
        return Line(rule=text, id=rule.identifier)


def verb(known: bool) -> str:
    """How something is put that is known, or not."""
    return "replace" if known else "add"


def known_name(names: dict[int, str], identifier: int, what: object) -> str:
    """The name of something that has to be there."""
    if identifier not in names:
        raise WriteError(f"nothing has the identifier {identifier} in {what!r}")
    return names[identifier]


def identity_of(operation: Operation) -> int | None:
    """The identity that an operation mentions."""
    match operation:
        case PutEndpoint(endpoint):
            return endpoint.identity
        case PutIdentity(prefix):
            return prefix.identity
        case PutRule(PolicyRule(peer=IdentityPeer(identity))):
            return identity
    return None
