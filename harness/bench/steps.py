"""Suite `steps`: compared steps on one core, and where the time of a step goes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, fields
from itertools import cycle, islice
from pathlib import Path
from statistics import median
from time import thread_time
from typing import Final

from harness.bench.measurement import Measurement
from harness.compare.outcome import compare_outcomes
from harness.compare.state import compare_value
from harness.datapath.bench import Bench
from harness.datapath.subject import KernelSubject
from harness.errors import UserError
from harness.kernel.interface import LoaderName
from harness.lockstep.engine import Lockstep
from harness.lockstep.free_choice import always
from harness.reference import ModelReference
from harness.sources import Source
from harness.step import OperationStep, PacketStep, Scenario
from harness.subject import Prediction, Refused
from model.domain.packet import Outcome, Packet

REPOSITORY: Final = Path(__file__).resolve().parents[2]
SCENARIO: Final = REPOSITORY / "corpora" / "scenarios" / "conntrack" / "established-flow.yaml"
STEPS: Final = 10_000


@dataclass(frozen=True, slots=True)
class Split:
    """Microseconds of the thread's own time per step, by part.

    `generation` is the making of the steps, `step` the lockstep engine itself.
    """

    kernel: float
    model: float
    reads: float
    comparison: float
    generation: float
    step: float


def steps(
    loaders: Sequence[LoaderName], rounds: int, advance: Callable[[str], None]
) -> Iterator[Measurement]:
    """Figures by loader. Raises UserError where the sides do not agree."""
    scenario = Source(SCENARIO, is_capture=False).scenarios()[0]
    with Bench() as bench:
        for loader in loaders:
            subject = bench.open(loader=loader)
            splits = []
            for number in range(rounds):
                advance(f"{loader.value}, round {number + 1}")
                splits.append(measure(subject, scenario))
            subject.close()
            yield from figures(loader.value, splits)


def figures(loader: str, splits: Sequence[Split]) -> Iterator[Measurement]:
    """Each part's least and median, and steps per second."""
    for one in fields(Split):
        times = sorted(getattr(split, one.name) for split in splits)
        noise = max(median(times) / times[0] - 1, 0.01)
        yield Measurement(f"steps/{loader}/{one.name}", "us", times[0], median(times), noise)
        if one.name == "step":
            name = f"steps/{loader}/per-second"
            rates = 1e6 / times[0], 1e6 / median(times)
            yield Measurement(name, "1/s", *rates, noise, more_is_better=True)


def measure(subject: KernelSubject, scenario: Scenario) -> Split:
    """One round over a scenario. Raises UserError."""
    reference = ModelReference()
    lockstep = Lockstep(reference, subject)
    begin = thread_time()
    long = lengthened(scenario)
    generation = thread_time() - begin
    begin = thread_time()
    result = lockstep.run(long)
    step = thread_time() - begin
    if result.divergences or not result.packets:
        raise UserError(f"{scenario.path}: the sides do not agree on it; nothing to measure")
    lockstep.reset()
    lockstep.apply(OperationStep(scenario.topology))
    packets = [step.packet for step in long.steps if isinstance(step, PacketStep)]
    begin = thread_time()
    outcomes = [subject.process(packet) for packet in packets]
    kernel = thread_time() - begin
    begin = thread_time()
    predictions = [predict(reference, packet) for packet in packets]
    model = thread_time() - begin
    reads = timed(lambda: [subject.read(key) for one in predictions for key, _ in one.touched])
    comparison = timed(lambda: compare(predictions, outcomes))
    parts = kernel, model, reads, comparison, generation, step
    return Split(*(part / STEPS * 1e6 for part in parts))


def lengthened(scenario: Scenario) -> Scenario:
    """The scenario's packets over and over."""
    packets = [step.packet for step in scenario.steps if isinstance(step, PacketStep)]
    again = tuple(PacketStep(packet) for packet in islice(cycle(packets), STEPS))
    return Scenario(scenario.name, scenario.path, scenario.topology, again)


def predict(reference: ModelReference, packet: Packet) -> Prediction:
    """One packet on the reference."""
    prediction = reference.predict(packet, always(0))
    reference.commit(prediction)
    return prediction


def compare(predictions: list[Prediction], outcomes: list[Outcome | Refused]) -> None:
    """Every comparison of a step: the outcome, and each touched entry."""
    for prediction, outcome in zip(predictions, outcomes, strict=True):
        if isinstance(outcome, Outcome):
            compare_outcomes(prediction.outcome, outcome)
        for key, value in prediction.touched:
            compare_value(key, value, value)


def timed(work: Callable[[], object]) -> float:
    """Seconds of the thread's own time that some work takes."""
    begin = thread_time()
    work()
    return thread_time() - begin
