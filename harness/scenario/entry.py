"""Conntrack entries: those that a scenario starts with, and those that it expects."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields
from typing import Any, Final

from harness.scenario.address import resolve_address
from harness.scenario.backend import backend_identifier
from harness.scenario.document import Node, Scalar
from harness.scenario.error import FormatError
from harness.scenario.flow_text import flow_key_reader
from harness.scenario.reading import Fields, Reader, boolean, integer, scalar, sequence, unknown
from harness.scenario.scope import Scope
from harness.step import EntryExpectation
from model.domain.flow import Flow, FlowKey, Selection
from model.domain.operation import PutEntry

COUNTER: Final = integer(0, (1 << 64) - 1)
NUMBER: Final = integer(0, 0xFFFFFFFF)
PORT: Final = integer(0, 0xFFFF)
FLOW_FIELDS: Final = tuple(field.name for field in fields(Flow))
SELECTION_FIELDS: Final = tuple(field.name for field in fields(Selection))
SELECTION_NEEDS: Final = ("service", "backend")


def read_entries(scope: Scope, node: Node) -> Iterator[PutEntry]:
    """Entries to put into the table."""
    for item in sequence(node).items:
        yield read_entry(scope, item)


def read_entry(scope: Scope, node: Node) -> PutEntry:
    """A flow or a selection; a flow's expiry has to be given, the rest has defaults."""
    given = Fields(node, "entry", ("flow", "selection", *FLOW_FIELDS, *SELECTION_FIELDS))
    kind = given.only_one(("flow", "selection"))
    key = given.required(kind, flow_key_reader(scope.registry, scope.family))
    values = dict(read_fields(scope, given, key, kind))
    if kind == "selection":
        for name in SELECTION_NEEDS:
            given.required(name, scalar)
        return PutEntry(key, Selection(**values))
    given.required("expires", scalar)
    return PutEntry(key, Flow(**values))


def read_expected_entries(scope: Scope, node: Node) -> tuple[EntryExpectation, ...]:
    """Entries as they have to be after a packet."""
    return tuple(read_expected_entry(scope, item) for item in sequence(node).items)


def read_expected_entry(scope: Scope, node: Node) -> EntryExpectation:
    """A flow or selection with some of its fields, or `absent`."""
    keys = ("flow", "selection", "absent", *FLOW_FIELDS, *SELECTION_FIELDS)
    given = Fields(node, "expected entry", keys)
    kind = given.only_one(("flow", "selection", "absent"))
    key = given.required(kind, flow_key_reader(scope.registry, scope.family))
    found = tuple(read_fields(scope, given, key, kind))
    if kind != "absent":
        return EntryExpectation(key, found)
    if found:
        raise FormatError(given.node.place, "an absent entry with fields", "remove them")
    return EntryExpectation(key, None)


def read_fields(scope: Scope, given: Fields, key: FlowKey, kind: str) -> Iterator[tuple[str, Any]]:
    """The fields of an entry that are given, by their names in the domain."""
    allowed = SELECTION_FIELDS if kind == "selection" else FLOW_FIELDS
    for name, node in given.node.entries.items():
        if name in ("flow", "selection", "absent"):
            continue
        if name not in allowed:
            raise unknown(given.node.keys[name], f"field of a {kind}", allowed)
        yield name, field_reader(scope, key, name)(node)


def field_reader(scope: Scope, key: FlowKey, name: str) -> Reader[Any]:
    """The reader for one field of an entry."""
    if name == "expires":
        return scope.from_now
    if name == "service":
        return lambda node: service_identifier(scope, scalar(node))
    if name == "backend":
        return lambda node: backend_number(scope, key, scalar(node))
    if name == "service_address":
        return lambda node: service_address(scope, key, scalar(node))
    if name == "service_port":
        return PORT
    if name in ("policy_revision", "service_revision"):
        return NUMBER
    if name.endswith(("_packets", "_bytes")):
        return COUNTER
    return boolean


def service_identifier(scope: Scope, word: Scalar) -> int:
    """A service by name or number."""
    known = scope.registry.known_services()
    if word.text[:1].isdigit():
        return NUMBER(word)
    if word.text not in known:
        raise unknown(word, "service", known)
    return known[word.text].service.identifier


def backend_number(scope: Scope, key: FlowKey, word: Scalar) -> int:
    """A backend as `service/backend` or by number."""
    if word.text[:1].isdigit():
        return NUMBER(word)
    return backend_identifier(scope.registry, word, key.family)


def service_address(scope: Scope, key: FlowKey, word: Scalar) -> bytes:
    """A service's address, by name or written out; `none` for none."""
    if word.text == "none":
        return b""
    return resolve_address(scope.registry, word.text, word.place, key.family)
