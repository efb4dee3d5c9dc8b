"""Holds the specification alone against recorded vectors."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path

from harness.lockstep.free_choice import always
from harness.reference import ModelReference
from harness.step import (
    START_CLOCK,
    ClockStep,
    CollectStep,
    OperationStep,
    PacketStep,
    Scenario,
)
from harness.vectors.vector import REFUSED, Vector, read_vectors, vector_of, vector_path
from model.domain.packet import Packet


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
    """What a run without a datapath has shown."""

    packets: int = 0
    without_vectors: list[str] = field(default_factory=list)
    mismatches: list[Mismatch] = field(default_factory=list)


def check(scenarios: Iterable[Scenario], folder: Path, root: Path) -> Checked:
    """Run scenarios on the specification and compare with the vectors below `folder`.

    `root` is the folder that the vectors' folder mirrors. Captures have no vectors.
    """
    checked = Checked()
    for scenario in scenarios:
        path = vector_path(folder, Path(scenario.path), root)
        recorded = read_vectors(path) if path is not None and path.exists() else {}
        if scenario.name in recorded:
            check_scenario(scenario, recorded[scenario.name], checked)
        else:
            checked.without_vectors.append(scenario.name)
    return checked


def check_scenario(scenario: Scenario, recorded: list[Vector], checked: Checked) -> None:
    """One scenario up to its first mismatch."""
    answers = answer(scenario, recorded)
    for number, (step, now) in enumerate(answers):
        checked.packets += 1
        if number >= len(recorded):
            mismatch = Mismatch(scenario.name, step.origin, "packet", "not recorded", now.verdict)
        elif now != recorded[number]:
            mismatch = first_mismatch(scenario, step, recorded[number], now)
        else:
            continue
        checked.mismatches.append(mismatch)
        return


def first_mismatch(scenario: Scenario, step: PacketStep, recorded: Vector, now: Vector) -> Mismatch:
    """The first field in which two vectors differ."""
    before, after = asdict(recorded), asdict(now)
    name = next(name for name in before if before[name] != after[name])
    return Mismatch(scenario.name, step.origin, name, str(before[name]), str(after[name]))


def answer(scenario: Scenario, recorded: list[Vector]) -> Iterator[tuple[PacketStep, Vector]]:
    """The specification's answers to a scenario's packets, with the recorded free choices."""
    reference, now = ModelReference(), START_CLOCK
    reference.set_clock(now)
    reference.apply(scenario.topology)
    number = 0
    for step in scenario.steps:
        match step:
            case PacketStep(packet):
                vector = recorded[number] if number < len(recorded) else None
                yield step, answer_packet(reference, packet, vector)
                number += 1
            case ClockStep(advance):
                now += advance
                reference.set_clock(now)
            case OperationStep(operations):
                reference.apply(operations)
            case CollectStep():
                reference.collect()


def answer_packet(reference: ModelReference, packet: Packet, recorded: Vector | None) -> Vector:
    """The specification's answer to one packet."""
    if recorded == REFUSED:
        return REFUSED
    prediction = reference.predict(packet, always(recorded.draw if recorded else 0))
    reference.commit(prediction)
    return vector_of(prediction.outcome, prediction)
