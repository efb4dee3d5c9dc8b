"""Compared steps per second on one core, and where the time of a step goes.

Run as `python -m harness.benchmark [SCENARIO]`. Every part is measured by itself over the packets
of one scenario, repeated until there are enough; figures are medians over rounds.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import asdict, dataclass
from itertools import cycle, islice
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Final

from rich.table import Table

from harness.commands.options import REPOSITORY, loaders_of
from harness.compare.outcome import compare_outcomes
from harness.compare.state import compare_value
from harness.datapath.bench import Bench
from harness.datapath.subject import KernelSubject
from harness.errors import UserError
from harness.lockstep.engine import Lockstep
from harness.lockstep.free_choice import always
from harness.reference import ModelReference
from harness.report.console import complain, out, print_json
from harness.sources import Source
from harness.step import OperationStep, PacketStep, Scenario
from harness.subject import Prediction, Refused
from model.domain.packet import Outcome, Packet

SCENARIOS: Final = REPOSITORY / "corpora" / "scenarios"
DEFAULT_SCENARIO: Final = SCENARIOS / "conntrack" / "established-flow.yaml"
STEPS: Final = 10_000
ROUNDS: Final = 7


@dataclass(frozen=True, slots=True)
class Split:
    """Microseconds per step by part; `whole` is the lockstep engine itself."""

    kernel: float
    model: float
    reads: float
    comparison: float
    whole: float


def measure(subject: KernelSubject, scenario: Scenario) -> Split:
    """One round over a scenario."""
    reference = ModelReference()
    lockstep = Lockstep(reference, subject)
    packets = [step.packet for step in scenario.steps if isinstance(step, PacketStep)]
    packets = list(islice(cycle(packets), STEPS))
    steps = tuple(PacketStep(packet) for packet in packets)
    long = Scenario(scenario.name, scenario.path, scenario.topology, steps)
    result = lockstep.run(long)
    if result.divergences or not result.packets:
        raise UserError(f"{scenario.path}: the sides do not agree on it; nothing to measure")
    lockstep.reset()
    lockstep.apply(OperationStep(scenario.topology))
    begin = perf_counter()
    outcomes = [subject.process(packet) for packet in packets]
    kernel = perf_counter() - begin
    begin = perf_counter()
    predictions = [predict(reference, packet) for packet in packets]
    model = perf_counter() - begin
    reads = timed(lambda: [subject.read(key) for one in predictions for key, _ in one.touched])
    comparison = timed(lambda: compare(predictions, outcomes))
    each = 1e6 / len(packets)
    return Split(
        kernel * each, model * each, reads * each, comparison * each, result.seconds / STEPS * 1e6
    )


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
    """Seconds that some work takes."""
    begin = perf_counter()
    work()
    return perf_counter() - begin


def medians(splits: list[Split]) -> Split:
    """Median of every part."""
    return Split(
        median(one.kernel for one in splits),
        median(one.model for one in splits),
        median(one.reads for one in splits),
        median(one.comparison for one in splits),
        median(one.whole for one in splits),
    )


def table(results: dict[str, Split]) -> Table:
    """Microseconds by part, and steps per second."""
    result = Table(box=None, padding=(0, 2), pad_edge=False)
    result.add_column("subject")
    for title in ("kernel call", "model", "map reads", "comparison", "whole step", "steps/s"):
        result.add_column(title, justify="right")
    for name, one in results.items():
        parts = (one.kernel, one.model, one.reads, one.comparison, one.whole)
        cells = [f"{part:.1f} us" for part in parts]
        result.add_row(name, *cells, f"{1e6 / one.whole:,.0f}")
    return result


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, prog="python -m harness.benchmark")
    parser.add_argument("scenario", nargs="?", type=Path, default=DEFAULT_SCENARIO)
    parser.add_argument("--loader", choices=("libbpf", "bcc", "both"), default="both")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    arguments = parser.parse_args()
    try:
        results = run(arguments.scenario, arguments.loader, arguments.rounds)
    except UserError as error:
        complain(str(error))
        return 4
    if arguments.json:
        print_json({name: asdict(one) for name, one in results.items()})
    else:
        out.print(table(results))
    return 0


def run(path: Path, loader: str, rounds: int) -> dict[str, Split]:
    """Medians by subject."""
    scenario = Source(path, is_capture=False).scenarios()[0]
    results = {}
    with Bench() as bench:
        for name in loaders_of(loader):
            subject = bench.open(loader=name)
            splits = [measure(subject, scenario) for _ in range(rounds)]
            results[subject.name] = medians(splits)
            subject.close()
    return results


if __name__ == "__main__":
    raise SystemExit(main())
