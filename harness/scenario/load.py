"""A scenario file to scenarios: one, or one for each family that it runs in."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from harness.scenario.claims import read_claims
from harness.scenario.document import Mapping, read_document
from harness.scenario.entry import read_entries
from harness.scenario.error import FormatError
from harness.scenario.limits import read_limits
from harness.scenario.reading import Fields, boolean, named_scalar, text
from harness.scenario.registry import Registry
from harness.scenario.scope import Scope
from harness.scenario.steps import Steps, families_reader
from harness.scenario.topology import read_topology
from harness.step import Scenario
from model.domain.address import Family
from model.domain.limits import UNLIMITED

KEYS: Final = (
    "name",
    "description",
    "clauses",
    "misses",
    "families",
    "limits",
    "failing_calls",
    "topology",
    "entries",
    "steps",
)
SUFFIXES: Final = {Family.IPV4: "[ipv4]", Family.IPV6: "[ipv6]"}


def load_scenarios(path: Path) -> list[Scenario]:
    """The scenarios of a file, in the order of its `families`. Raises FormatError."""
    document = read_document(path)
    return scenarios_of(path, document)


def scenarios_of(path: Path, document: Mapping) -> list[Scenario]:
    """The scenarios of a document that was read from a path."""
    given = Fields(document, "scenario", KEYS)
    families = given.optional("families", families_reader(), ())
    several = len(families) > 1
    return [
        read_scenario(given, Scope(path, Registry(), family, translated=several))
        for family in families or (None,)
    ]


def read_scenario(given: Fields, scope: Scope) -> Scenario:
    """The scenario of one family."""
    path, registry, family = scope.file, scope.registry, scope.family
    title = given.required("name", named_scalar).text if "name" in given else path.stem
    topology = read_topology(registry, path, given.required("topology", lambda node: node))
    if "entries" in given:
        topology += tuple(read_entries(scope, given.value("entries")))
    steps = tuple(Steps(scope).read(given.required("steps", lambda node: node)))
    if not steps:
        place = given.value("steps").place
        raise FormatError(place, "a scenario without steps", "add a packet")
    clauses, misses = read_claims(given)
    return Scenario(
        name=title + SUFFIXES[family] if family else title,
        path=str(path),
        topology=topology,
        steps=steps,
        family=family,
        description=" ".join(given.optional("description", text, "").split()),
        clauses=clauses,
        misses=misses,
        limits=given.optional("limits", read_limits, UNLIMITED),
        failing_calls=given.optional("failing_calls", boolean, False),
    )
