"""Holds the specification alone against recorded vectors."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path

from harness.lockstep.alone import walk_alone
from harness.lockstep.free_choice import always
from harness.reference import ModelReference
from harness.step import PacketStep, Scenario
from harness.subject import Draw
from harness.vectors.vector import REFUSED, Vector, read_vectors, vector_of, vector_path


@dataclass(frozen=True, slots=True)
class Mismatch:
    """A packet that the specification now treats in another way than was recorded."""

    scenario: str
    origin: str
    field: str
    recorded: str
    now: str


@dataclass(slots=True)
class Checked:
    """What a run without a datapath has shown.

    `evicting` are scenarios that cannot be checked: what a full table evicts only a kernel tells.
    """

    packets: int = 0
    evicting: list[str] = field(default_factory=list)
    without_vectors: list[str] = field(default_factory=list)
    mismatches: list[Mismatch] = field(default_factory=list)


def check(scenarios: Iterable[Scenario], folder: Path, root: Path) -> Checked:
    """Run scenarios on the specification and compare with the vectors below `folder`.

    `root` is the folder that the vectors' folder mirrors. Captures have no vectors.
    """
    checked = Checked()
    for scenario in scenarios:
        if scenario.limits.evict:
            checked.evicting.append(scenario.name)
            continue
        path = vector_path(folder, Path(scenario.path), root)
        recorded = read_vectors(path) if path is not None and path.exists() else {}
        if scenario.name in recorded:
            check_scenario(scenario, recorded[scenario.name], checked)
        else:
            checked.without_vectors.append(scenario.name)
    return checked


def check_scenario(scenario: Scenario, recorded: list[Vector], checked: Checked) -> None:
    """One scenario up to its first mismatch."""
    answered = 0
    for step, now in answer(scenario, recorded):
        before = recorded[answered] if answered < len(recorded) else None
        if now != before:
            checked.mismatches.append(first_mismatch(scenario, step, before, now))
            return
        answered += 1
        checked.packets += now != REFUSED
    if answered < len(recorded):
        verdict = recorded[answered].verdict
        checked.mismatches.append(
            Mismatch(scenario.name, scenario.path, "packet", verdict, "not in the scenario")
        )


def first_mismatch(
    scenario: Scenario, step: PacketStep, recorded: Vector | None, now: Vector
) -> Mismatch:
    """The first field in which two vectors differ."""
    if recorded is None:
        return Mismatch(scenario.name, step.origin, "packet", "not recorded", now.verdict)
    before, after = asdict(recorded), asdict(now)
    name = next(name for name in before if before[name] != after[name])
    return Mismatch(scenario.name, step.origin, name, str(before[name]), str(after[name]))


def answer(scenario: Scenario, recorded: list[Vector]) -> Iterator[tuple[PacketStep, Vector]]:
    """The specification's answers to a scenario's packets, with the recorded free choices."""

    def choose(number: int) -> Draw | None:
        if number >= len(recorded):
            return always(0)
        vector = recorded[number]
        # A choice may be gone since: the last one then, and the vectors differ.
        return None if vector == REFUSED else lambda count: min(vector.draw, count - 1)

    for step, prediction in walk_alone(ModelReference(), scenario, choose):
        if isinstance(step, PacketStep):
            yield step, REFUSED if prediction is None else vector_of(prediction.outcome, prediction)
