"""The mapping file of a capture: `name.pcap` has `name.map.yaml` beside it (docs/formats)."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from harness.capture.stream import DEFAULT_ENDPOINTS, Mapping
from harness.scenario.address import literal_address, resolve_address
from harness.scenario.document import Node, read_document
from harness.scenario.duration import duration
from harness.scenario.error import FormatError
from harness.scenario.reading import Fields, choice, mapping, scalar, text
from harness.scenario.registry import Registry
from harness.scenario.topology import read_topology
from model.domain.address import Address, family_of
from model.domain.operation import Operation

KEYS: Final = ("description", "topology", "translate", "senders", "gap")
SENDERS: Final = {"peers": 0, "endpoints": DEFAULT_ENDPOINTS}
SUFFIX: Final = ".map.yaml"


def mapping_path(capture: Path) -> Path:
    """Where a capture's mapping file would be: `web.pcap.gz` has `web.map.yaml`."""
    stem = capture.name.removesuffix(".gz").rpartition(".")[0]
    return capture.with_name(stem + SUFFIX)


def read_mapping(path: Path) -> tuple[tuple[Operation, ...], Mapping]:
    """A mapping file: the operations of its topology, and how addresses map. FormatError."""
    given = Fields(read_document(path), "mapping", KEYS)
    given.optional("description", text, "")
    registry = Registry()
    topology = read_topology(registry, path, given.required("topology", lambda node: node))
    translations = given.optional("translate", lambda node: read_translations(registry, node), {})
    known = tuple(registry.endpoints.values())
    limit = given.optional("senders", choice(SENDERS), 0)
    if limit and known:
        place = given.value("senders").place
        problem = "senders become endpoints only where the topology has none"
        raise FormatError(place, problem, "remove `senders` or the endpoints")
    gap = given.optional("gap", duration(registry.configuration.timeouts), None)
    return topology, Mapping(known, translations, limit, gap)


def read_translations(registry: Registry, node: Node) -> dict[Address, Address]:
    """Captured addresses with the addresses or names that they become, of the same family."""
    table = mapping(node)
    result: dict[Address, Address] = {}
    for key, value in table.entries.items():
        captured = literal_address(key, table.keys[key].place, None)
        word = scalar(value)
        result[captured] = resolve_address(registry, word.text, word.place, family_of(captured))
    return result
