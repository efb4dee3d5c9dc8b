"""The `expect:` of a packet step: what its author says must come of it."""

from __future__ import annotations

import re
from functools import partial
from typing import Any, Final

from harness.scenario.address import resolve_address
from harness.scenario.document import Node, Scalar
from harness.scenario.entry import read_expected_entries
from harness.scenario.error import FormatError, one_of, shown
from harness.scenario.notation.expression import Argument, Layer
from harness.scenario.notation.fields import Kind, descriptions, kind_of
from harness.scenario.notation.layers import ERROR_LAYERS, MODULE_OF
from harness.scenario.notation.translate import expected_field, expected_layer
from harness.scenario.notation.values import Values
from harness.scenario.reading import Fields, choice, integer, mapping, scalar
from harness.scenario.scope import Scope
from harness.step import Expectation, FieldExpectation
from model.domain.address import Family
from model.domain.packet import Verdict
from model.domain.reason import Reason

VERDICTS: Final = {verdict.name.lower(): verdict for verdict in Verdict}
REASONS: Final = {reason.name.lower(): reason for reason in Reason}
FIELD: Final = re.compile(r"([A-Za-z0-9_]+)(#[2-9])?\.([A-Za-z0-9_]+)")
LARGEST: Final = (1 << 64) - 1


def read_expectation(scope: Scope, node: Node, layers: tuple[Layer, ...]) -> Expectation:
    """An expectation; `layers` are those of the packet that is sent, as written."""
    given = Fields(node, "expect", ("verdict", "reason", "fields", "entries"))
    return Expectation(
        verdict=given.optional("verdict", choice(VERDICTS), None),
        reason=given.optional("reason", choice(REASONS), None),
        fields=given.optional("fields", lambda inner: read_fields(scope, inner, layers), ()),
        entries=given.optional("entries", lambda inner: read_expected_entries(scope, inner), ()),
    )


def read_fields(
    scope: Scope, node: Node, layers: tuple[Layer, ...]
) -> tuple[FieldExpectation, ...]:
    """Packet fields by Scapy's names, such as `TCP.dport: 8080`."""
    table = mapping(node)
    return tuple(
        read_field(scope, table.keys[key], scalar(value), layers)
        for key, value in table.entries.items()
    )


def read_field(
    scope: Scope, key: Scalar, value: Scalar, layers: tuple[Layer, ...]
) -> FieldExpectation:
    """One field, translated to the scenario's family."""
    match = FIELD.fullmatch(key.text)
    if match is None:
        raise FormatError(key.place, f"{shown(key.text)} is no packet field", "write TCP.dport")
    layer, field = match[1], match[3]
    if ERROR_LAYERS.get(layer, layer) not in MODULE_OF:
        known = (*MODULE_OF, *ERROR_LAYERS)
        raise FormatError(key.place, f"unknown layer {shown(layer)}", one_of(known, layer))
    if scope.family is Family.IPV6:
        layer, field = expected_layer(layers, layer), expected_field(layer, field)
    known_fields = descriptions(ERROR_LAYERS.get(layer, layer))
    if field not in known_fields:
        problem = f"{layer} has no field {shown(field)}"
        raise FormatError(key.place, problem, one_of(known_fields, field))
    expected = read_value(scope, value, ERROR_LAYERS.get(layer, layer), field)
    return FieldExpectation(layer + (match[2] or ""), field, expected)


def read_value(scope: Scope, value: Scalar, layer: str, field: str) -> Any:
    """A value as Scapy gives it when it takes a packet apart."""
    kind = kind_of(layer, field)
    given: int | str = value.text
    if kind is Kind.TEXT:
        return value.text.encode("latin-1", "replace")
    if kind is Kind.NUMBER or (kind is Kind.FLAGS and value.text[:1].isdigit()):
        given = integer(0, LARGEST)(value)
    argument = Argument(field, given, 0)
    text = Scalar(value.place, value.text)
    checked = Values(text, partial(resolve_address, scope.registry)).of_argument(
        Layer(layer, (argument,)), argument
    )
    return checked.lower() if kind is Kind.MAC else checked
