"""The `apply:` of a step: one control-plane transaction, a list of operations in order.

- apply:
    - change: {backends: {web: {server: {state: terminating}}}}
    - remove: {rules: [deny_all]}
    - configure: {pick_up_mid_stream: false}
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from harness.scenario.address import network_word
from harness.scenario.configuration import read_configuration
from harness.scenario.document import Node
from harness.scenario.endpoint import remove_endpoint
from harness.scenario.entry import read_entries
from harness.scenario.error import FormatError
from harness.scenario.flow_text import flow_key_reader
from harness.scenario.reading import Fields, named_entries, scalar, sequence, unknown
from harness.scenario.rule import remove_rule
from harness.scenario.scope import Scope
from harness.scenario.sections import SECTIONS, Mode, put_backends
from harness.scenario.service import find_service, remove_service
from model.domain.operation import (
    Operation,
    RemoveEndpoint,
    RemoveEntry,
    RemoveIdentity,
    RemoveRule,
    RemoveService,
    SetConfiguration,
)

MODES: Final = {mode.value: mode for mode in Mode}
VERBS: Final = (*MODES, "remove", "configure")
MODE_SECTIONS: Final = {
    Mode.ADD: (*SECTIONS, "entries"),
    Mode.REPLACE: ("endpoints", "prefixes", "services", "backends", "rules", "entries"),
    Mode.CHANGE: ("endpoints", "services", "backends"),
}


def read_operations(scope: Scope, node: Node) -> tuple[Operation, ...]:
    """One transaction."""
    return tuple(operation for item in sequence(node).items for operation in read_one(scope, item))


def read_one(scope: Scope, node: Node) -> Iterator[Operation]:
    """The operations of one item of the list."""
    given = Fields(node, "operation", VERBS)
    verb = given.only_one(VERBS)
    value = given.value(verb)
    if verb == "configure":
        registry = scope.registry
        registry.configuration = read_configuration(value, registry.configuration)
        yield SetConfiguration(registry.configuration)
    elif verb == "remove":
        yield from read_removals(scope, value)
    else:
        yield from read_sections(scope, value, MODES[verb])


def read_sections(scope: Scope, node: Node, mode: Mode) -> Iterator[Operation]:
    """Sections of a topology, and entries."""
    given = Fields(node, mode.value, MODE_SECTIONS[mode])
    for section, read in SECTIONS.items():
        if section in given:
            yield from read(scope.registry, given.value(section), mode)
    if "entries" in given:
        yield from read_entries(scope, given.value("entries"))


def read_removals(scope: Scope, node: Node) -> Iterator[Operation]:
    """Names of what goes, by section."""
    given = Fields(node, "remove", REMOVALS)
    for section, removal in REMOVALS.items():
        if section in given:
            yield from removal(scope, given.value(section))


def remove_rules(scope: Scope, node: Node) -> Iterator[Operation]:
    """Take rules away."""
    for item in sequence(node).items:
        yield from map(RemoveRule, remove_rule(scope.registry, scalar(item)))


def remove_backends(scope: Scope, node: Node) -> Iterator[Operation]:
    """Take backends out of services: `{web: [server]}`."""
    for key, word, value in named_entries(node):
        backends = dict(find_service(scope.registry, word).backends)
        for item in sequence(value).items:
            name = scalar(item)
            if name.text not in backends:
                raise unknown(name, "backend", backends)
            del backends[name.text]
        yield put_backends(scope.registry, key, backends)


def remove_services(scope: Scope, node: Node) -> Iterator[Operation]:
    """Take services away."""
    for item in sequence(node).items:
        yield RemoveService(remove_service(scope.registry, scalar(item)))


def remove_prefixes(scope: Scope, node: Node) -> Iterator[Operation]:
    """Take the identity of prefixes, or of all that a name stands for, away."""
    for item in sequence(node).items:
        word, networks = network_word(scope.registry, item)
        for network in networks:
            if network not in scope.registry.prefixes:
                raise FormatError(word.place, f"{network} has no identity", "remove this line")
            del scope.registry.prefixes[network]
            yield RemoveIdentity(network)


def remove_endpoints(scope: Scope, node: Node) -> Iterator[Operation]:
    """Take endpoints and their rules away."""
    for item in sequence(node).items:
        yield RemoveEndpoint(remove_endpoint(scope.registry, scalar(item)))


def remove_entries(scope: Scope, node: Node) -> Iterator[Operation]:
    """Take entries out of the conntrack table."""
    read = flow_key_reader(scope.registry, scope.family)
    for item in sequence(node).items:
        yield RemoveEntry(read(item))


REMOVALS: Final[dict[str, Callable[[Scope, Node], Iterator[Operation]]]] = {
    "rules": remove_rules,
    "backends": remove_backends,
    "services": remove_services,
    "prefixes": remove_prefixes,
    "endpoints": remove_endpoints,
    "entries": remove_entries,
}
"""What can be removed."""
