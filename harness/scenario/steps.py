"""The `steps:` of a scenario, in order."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from harness.scenario import packet
from harness.scenario.document import Node
from harness.scenario.error import FormatError
from harness.scenario.operation import read_operations
from harness.scenario.reading import Fields, Reader, choice, integer, sequence
from harness.scenario.scope import Scope
from harness.step import ClockStep, CollectStep, OperationStep, Step
from model.domain.address import Family

FAMILIES: Final = {"ipv4": Family.IPV4, "ipv6": Family.IPV6}
OTHER_KINDS: Final = ("advance", "apply", "collect", "steps")
COMMON: Final = ("repeat", "only")
KEYS: Final = {
    "packet": (*packet.KEYS, *COMMON),
    "advance": ("advance", *COMMON),
    "apply": ("apply", *COMMON),
    "collect": ("collect", *COMMON),
    "steps": ("steps", *COMMON),
}
MAXIMUM_STEPS: Final = 200_000
REPEAT: Final = integer(1, 100_000)


class Steps:
    """Reads steps for one family, keeping count and the scenario's clock."""

    def __init__(self, scope: Scope) -> None:
        self.scope = scope
        self.count = 0

    def read(self, node: Node, *, nested: bool = False) -> Iterator[Step]:
        """The steps of a list."""
        for item in sequence(node).items:
            yield from self.read_item(item, nested=nested)

    def read_item(self, node: Node, *, nested: bool) -> Iterator[Step]:
        """The steps that one item stands for: none in the other family, several if repeated."""
        every = Fields(node, "step", (*packet.KEYS, *OTHER_KINDS, *COMMON))
        kind = self.kind(every)
        given = Fields(node, f"{kind} step", KEYS[kind])
        if kind == "steps" and nested:
            raise FormatError(node.place, "steps within steps within steps", "write them out")
        only = given.optional("only", choice(FAMILIES), None)
        if only is not None and self.scope.family is None:
            place = given.value("only").place
            raise FormatError(place, "'only' in a scenario without families", "remove it")
        if only not in (None, self.scope.family):
            return
        for _ in range(given.optional("repeat", REPEAT, 1)):
            yield from self.read_kind(kind, given)

    def kind(self, given: Fields) -> str:
        """What kind of step a mapping is."""
        found = [key for key in OTHER_KINDS if key in given]
        if "from" in given or "to" in given:
            found.append("packet")
        if len(found) == 1:
            return found[0]
        problem = f"a step that is both {found[0]} and {found[1]}" if found else "an unknown step"
        remedy = f"give it one of: from, to, {', '.join(OTHER_KINDS)}"
        raise FormatError(given.node.place, problem, remedy)

    def read_kind(self, kind: str, given: Fields) -> Iterator[Step]:
        """One step, or those of a group."""
        if kind == "steps":
            yield from self.read(given.value("steps"), nested=True)
            return
        self.count += 1
        place = given.node.place
        if self.count > MAXIMUM_STEPS:
            raise FormatError(place, f"more than {MAXIMUM_STEPS} steps", "split the file")
        yield self.read_single(kind, given, f"{place.path}:{place.line}")

    def read_single(self, kind: str, given: Fields, origin: str) -> Step:
        """One step."""
        if kind == "packet":
            return packet.read_packet_step(self.scope, given, origin)
        if kind == "apply":
            return OperationStep(read_operations(self.scope, given.value("apply")), origin)
        if kind == "advance":
            span = given.required("advance", self.scope.span())
            self.scope.registry.clock += span
            return ClockStep(span, origin)
        given.required("collect", choice({"true": True}))
        return CollectStep(origin)


def families_reader() -> Reader[tuple[Family, ...]]:
    """The families that a scenario runs in."""

    def read(node: Node) -> tuple[Family, ...]:
        found = tuple(choice(FAMILIES)(item) for item in sequence(node).items)
        if not found or len(set(found)) < len(found):
            raise FormatError(node.place, "families name each family once", "write [ipv4, ipv6]")
        return found

    return read
