"""The `topology:` of a scenario: inline, or from a file beside it, or both."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from harness.scenario.configuration import read_configuration
from harness.scenario.document import Node, Scalar, read_document
from harness.scenario.files import beside
from harness.scenario.reading import Fields, scalar
from harness.scenario.registry import Registry
from harness.scenario.sections import SECTIONS, Mode
from model.domain.operation import Operation, SetConfiguration

TOPOLOGY_SECTIONS: Final = tuple(section for section in SECTIONS if section != "backends")
FILE_KEYS: Final = ("configuration", *TOPOLOGY_SECTIONS)
KEYS: Final = ("include", *FILE_KEYS)


def read_topology(registry: Registry, file: Path, node: Node) -> tuple[Operation, ...]:
    """The operations that build a topology; `file` is the scenario that it is part of."""
    return tuple(operations(registry, file, node))


def operations(registry: Registry, file: Path, node: Node) -> Iterator[Operation]:
    """The operations of a topology, those of an included file first."""
    if isinstance(node, Scalar):
        yield from included(registry, file, scalar(node))
        return
    given = Fields(node, "topology", KEYS)
    if "include" in given:
        yield from included(registry, file, given.required("include", scalar))
    yield from sections(registry, given)


def included(registry: Registry, file: Path, word: Scalar) -> Iterator[Operation]:
    """The operations of a topology file, which cannot include another."""
    document = read_document(beside(file, word))
    yield from sections(registry, Fields(document, "topology file", FILE_KEYS))


def sections(registry: Registry, given: Fields) -> Iterator[Operation]:
    """The operations of the sections that are there."""
    if "configuration" in given:
        node = given.value("configuration")
        registry.configuration = read_configuration(node, registry.configuration)
        yield SetConfiguration(registry.configuration)
    for section in TOPOLOGY_SECTIONS:
        if section in given:
            node = given.value(section)
            yield from SECTIONS[section](registry, node, Mode.ADD)
