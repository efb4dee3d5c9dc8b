"""Steps as the format writes them, packets in notation where it rebuilds the same bytes."""

from __future__ import annotations

from functools import partial
from typing import Any

from harness.scenario.address import resolve_address
from harness.scenario.document import Mapping
from harness.scenario.duration import format_duration
from harness.scenario.error import FormatError
from harness.scenario.flow_text import format_flow_key
from harness.scenario.notation.build import Surroundings
from harness.scenario.notation.write import write_notation
from harness.scenario.packet import KEYS as PACKET_KEYS
from harness.scenario.packet import read_packet_step
from harness.scenario.reading import Fields
from harness.scenario.scope import Scope
from harness.scenario.writer.emit import Line, Row
from harness.scenario.writer.error import WriteError
from harness.scenario.writer.operation import OperationWriter, as_node
from harness.scenario.writer.values import entry_fields
from harness.step import (
    ClockStep,
    CollectStep,
    EntryExpectation,
    Expectation,
    FieldExpectation,
    OperationStep,
    PacketStep,
    Step,
)
from model.domain.event import Hook
from model.domain.packet import DEFAULT_CONTEXT, Context, Packet


class StepWriter:
    """Writes steps in order; without `notation` every packet in hexadecimal, which is quick."""

    def __init__(self, scope: Scope, notation: bool = True) -> None:
        self.scope = scope
        self.notation = notation
        self.operations = OperationWriter(scope)

    def write(self, step: Step) -> dict[str, Any]:
        """One step. Raises WriteError."""
        match step:
            case PacketStep():
                return self.packet(step)
            case ClockStep(advance):
                self.scope.registry.clock += advance
                return Line(advance=format_duration(advance))
            case OperationStep(operations):
                items = [item for one in operations for item in self.operations.write(one)]
                return {"apply": items}
            case CollectStep():
                return Line(collect=True)

    def packet(self, step: PacketStep) -> dict[str, Any]:
        """A packet: in notation, or else in hexadecimal."""
        if not self.notation and step.expectation is None:
            return self.packet_value(step, {"hex": step.packet.data.hex()})
        notation = self.in_notation(step.packet) if self.notation else None
        sources = [{"packet": notation}] if notation else []
        for source in [*sources, {"hex": step.packet.data.hex()}]:
            value = self.packet_value(step, source)
            if self.reads_as(value, step):
                return value
        raise WriteError(f"the format cannot say what {step.origin or 'a packet'} expects")

    def in_notation(self, packet: Packet) -> str | None:
        """A packet in Scapy's notation, if that can say it."""
        return write_notation(packet.data, self.surroundings(packet), self.operations.names())

    def reads_as(self, value: dict[str, Any], step: PacketStep) -> bool:
        """Whether the reader makes this very step of a value."""
        node = as_node(value)
        if not isinstance(node, Mapping):
            return False
        try:
            found = read_packet_step(self.scope, Fields(node, "step", PACKET_KEYS), step.origin)
        except FormatError:
            return False
        return found == step

    def packet_value(self, step: PacketStep, source: dict[str, str]) -> dict[str, Any]:
        """The mapping of a packet step."""
        packet = step.packet
        side = "from" if packet.hook is Hook.FROM_CONTAINER else "to"
        value: dict[str, Any] = {side: self.place(packet.interface)} | source
        value |= context_value(packet.context)
        if step.note:
            value["note"] = step.note
        if step.expectation is not None:
            value["expect"] = self.expectation(step.expectation)
        return value

    def place(self, interface: int) -> str | int:
        """The endpoint at an interface, or the interface's index."""
        for name, endpoint in self.scope.registry.endpoints.items():
            if endpoint.interface == interface:
                return name
        return interface

    def surroundings(self, packet: Packet) -> Surroundings:
        """What the text of a packet may leave out."""
        own = self.place(packet.interface)
        return Surroundings(
            packet.hook,
            packet.interface,
            own if isinstance(own, str) else None,
            self.scope.family,
            partial(resolve_address, self.scope.registry),
        )

    def expectation(self, expectation: Expectation) -> dict[str, Any]:
        """An expectation."""
        value: dict[str, Any] = {}
        if expectation.verdict is not None:
            value["verdict"] = expectation.verdict.name.lower()
        if expectation.reason is not None:
            value["reason"] = expectation.reason.name.lower()
        if expectation.fields:
            value["fields"] = Line(field_value(field) for field in expectation.fields)
        if expectation.entries:
            value["entries"] = [self.entry(entry) for entry in expectation.entries]
        return value if len(value) > 2 or "entries" in value else Line(value)

    def entry(self, entry: EntryExpectation) -> Line:
        """An expected conntrack entry."""
        key = format_flow_key(entry.key, self.operations.names_for(entry.key))
        if entry.fields is None:
            return Line(absent=key)
        fields = dict(entry.fields)
        kind = "selection" if "backend" in fields else "flow"
        return Line({kind: key} | entry_fields(fields, self.scope.registry.clock))


def field_value(field: FieldExpectation) -> tuple[str, object]:
    """A packet field with its value."""
    value = field.value
    if isinstance(value, bytes):
        value = value.decode("latin-1")
    return f"{field.layer}.{field.field}", value


def context_value(context: Context) -> dict[str, Any]:
    """The metadata that is not at its default."""
    value: dict[str, Any] = {}
    if context.mark != DEFAULT_CONTEXT.mark:
        value["mark"] = context.mark
    if context.priority != DEFAULT_CONTEXT.priority:
        value["priority"] = context.priority
    if context.control_block != DEFAULT_CONTEXT.control_block:
        value["cb"] = Row(context.control_block)
    return value
