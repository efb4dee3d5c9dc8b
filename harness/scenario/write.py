"""A scenario as the text of a scenario file."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Final

from harness.scenario.limits import limits_value
from harness.scenario.registry import Registry
from harness.scenario.scope import Scope
from harness.scenario.writer.emit import Line, Row, emit
from harness.scenario.writer.error import WriteError
from harness.scenario.writer.operation import OperationWriter
from harness.scenario.writer.step import StepWriter
from harness.step import Scenario
from model.domain.address import Family
from model.domain.limits import UNLIMITED
from model.domain.operation import Operation

FAMILY_NAMES: Final = {Family.IPV4: "ipv4", Family.IPV6: "ipv6"}


def write_scenario(scenario: Scenario, notation: bool = True) -> str:
    """The text of a file that reads as the same steps.

    Raises WriteError for what the format cannot say; FormatError is never raised. A scenario whose
    steps are a stream is walked once, to its end. Without `notation` packets are written in
    hexadecimal: for the many that nobody reads.
    """
    scope = Scope(Path(scenario.path or "written"), Registry(), scenario.family)
    document: dict[str, Any] = {"name": plain_name(scenario.name)}
    if scenario.description:
        document["description"] = scenario.description
    if scenario.clauses:
        document["clauses"] = Row(scenario.clauses)
    if scenario.misses:
        document["misses"] = Row(scenario.misses)
    if scenario.family is not None:
        document["families"] = Row([FAMILY_NAMES[scenario.family]])
    if scenario.limits != UNLIMITED:
        document["limits"] = Line(limits_value(scenario.limits))
    if scenario.failing_calls:
        document["failing_calls"] = True
    document |= topology_value(OperationWriter(scope), scenario.topology)
    writer = StepWriter(scope, notation)
    document["steps"] = [writer.write(step) for step in scenario.steps]
    return emit(document)


def plain_name(name: str) -> str:
    """A scenario's name without the family, as the format allows names."""
    bare = re.sub(r"\[ipv[46]\]$", "", name)
    cleaned = re.sub(r"[^A-Za-z0-9_.-]", "_", bare)[:60]
    return cleaned if cleaned[:1].isalpha() else f"scenario_{cleaned}"


def topology_value(writer: OperationWriter, operations: tuple[Operation, ...]) -> dict[str, Any]:
    """The `topology:` and `entries:` of operations that only build."""
    topology: dict[str, Any] = {}
    entries: list[Any] = []
    for operation in operations:
        for item in writer.write(operation):
            for verb, value in item.items():
                if verb == "configure":
                    topology.setdefault("configuration", {}).update(value)
                elif verb != "add":
                    raise WriteError(f"a topology cannot {verb} what it has built: {operation!r}")
                else:
                    entries += value.pop("entries", [])
                    for section, things in value.items():
                        topology.setdefault(section, {}).update(things)
    document: dict[str, Any] = {"topology": topology}
    return document | {"entries": entries} if entries else document
