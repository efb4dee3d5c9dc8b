"""How short, how canonical and how quick: the shrinker on planted faults of the datapath.

`python -m tests.shrink.benchmark [--seeds 20] [--fault WORD] [--fuzzed] [--json]`. For each fault
as many random failing sequences as there are seeds are shrunk: shipped scenarios under other names
with noise between their steps, or what a campaign's rounds run into (`--fuzzed`). A result is
minimal if it has no more steps than `fewest` says, and canonical if its text is the one that most
sequences with the same signature ended in. Each result is run 20 times more. The end says which
faults have causes in common (merged) and how many causes one fault has (split). Seconds are the
processor's time, medians: other work on the machine does not count.
"""

from __future__ import annotations

import argparse
import shutil
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path
from statistics import median
from time import process_time

from rich.table import Table

from harness.commands.options import REPOSITORY
from harness.compare.difference import Kind
from harness.datapath.bench import Bench
from harness.findings import TRIES, Cause, cause
from harness.lockstep.engine import Lockstep
from harness.lockstep.reproduce import Signature, count_reproductions, runs_in, signature
from harness.lockstep.result import Divergence
from harness.reference import ModelReference
from harness.report.console import out, print_json
from harness.scenario.write import write_scenario
from harness.shrink.shrink import shrink_in
from harness.sources import find_sources
from harness.step import Scenario
from model.domain.limits import UNLIMITED
from tests.faults.test_planted_faults import CORPORA, DATAPATH_FAULTS, Fault, planted
from tests.shrink.sequences import failing_sequence, fuzzed_sequence

MINIMAL = {
    "SYN-ACK taken for an initial SYN": 1,
    "expiry off by one nanosecond": 3,
    "RST closes nothing": 2,
    "closing flows keep the established timeout": 2,
    "a closing timeout one second short": 2,
    "the ports of a packet's key swapped": 1,
    "deny ignored": 1,
    "checksum not told of new ports": 1,
    "address change without the pseudo-header flag": 1,
    "replies are not translated back": 2,
    "the opener's and the reply's bytes swapped": 2,
    "affinity outlives its timeout by one nanosecond": 3,
    "the hash without the client's port": 1,
    "a quarantined backend keeps its connections": 3,
    "neighbour discovery by one type too few": 1,
}
"""Steps that a fault needs, by the specification: an expiry two packets and the time between them
(CT-4), a closing one packet on a flow that another opened (CT-5), and so on."""

LONGER = {
    ("SYN-ACK taken for an initial SYN", "CT-2"): 2,
    ("SYN-ACK taken for an initial SYN", "CT-5"): 3,
    ("affinity outlives its timeout by one nanosecond", "CT-1"): 4,
}
"""Steps that a fault needs where this clause decides. An opener's SYN-ACK that is wrongly taken for
the beginning of another connection: one packet opens the old one and closes it on its side (CT-2),
or one more closes it for good (CT-5). Another backend than the affine one: with affinity the hash
has no port in it (LB-3a), so that the backends have to change meanwhile. Where only the clauses of
a trace tell, that takes no change."""

JUDGED_AGAIN = "POL-5"
CLASH = {"CT-6": 3, "NAT-4": 4}
"""A flow and a change come before the packet that is judged again (POL-5). Before a clash come the
flow in the way and what makes the next packet look like it (NAT-4); before a flow is opened again,
what closed it (CT-6)."""


def fewest(fault: str, kind: Signature) -> int:
    """The fewest steps in which a fault shows in this way, by the specification."""
    least = LONGER.get((fault, kind.clause), MINIMAL[fault])
    if kind.kind is Kind.EVENT and fault.startswith("affinity"):
        least = MINIMAL[fault]
    if kind.clause == JUDGED_AGAIN:
        return max(least, 2) + 1
    return max(least, CLASH.get(kind.clause, 0))


@dataclass(slots=True)
class Measured:
    """What shrinking gave for one fault."""

    fault: str
    results: int = 0
    minimal: int = 0
    canonical: int = 0
    reproduced: int = 0
    runs: float = 0.0
    seconds: float = 0.0
    slowest: float = 0.0
    waited: float = 0.0
    causes: list[str] = field(default_factory=list)


Source = Callable[[int], Divergence | None]


def measure(bench: Bench, fault: Fault, scenarios: list[Scenario], seeds: int) -> Measured:
    """Plant one fault and shrink its failing sequences; those of rounds without scenarios."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "bpf"
        shutil.copytree(REPOSITORY / "bpf", copy)
        planted(copy, fault)
        subject = bench.open(copy / "twinpath.bpf.c")
        try:
            lockstep = Lockstep(ModelReference(), subject)
            source = sequences(lockstep, scenarios)
            return measure_in(lockstep, fault.name, map(source, range(seeds)))
        finally:
            subject.close()


def sequences(lockstep: Lockstep, scenarios: list[Scenario]) -> Source:
    """Failing sequences by seed: out of scenarios, or without any of a campaign's rounds."""
    if not scenarios:
        return partial(fuzzed_sequence, lockstep=lockstep)
    run = runs_in(lockstep)
    diverging = [one for one in scenarios if one.limits == UNLIMITED and run(one) is not None]
    return partial(failing_sequence, diverging=diverging, run=run)


def measure_in(lockstep: Lockstep, fault: str, found: Iterable[Divergence | None]) -> Measured:
    """Shrink failing sequences of a fault that is planted on the subject's side."""
    run = runs_in(lockstep)
    texts: dict[Signature, Counter[str]] = {}
    measured, runs, seconds, waited = Measured(fault), [], [], []
    causes: Counter[Cause] = Counter()
    for divergence in filter(None, found):
        begin = process_time()
        shrunk = shrink_in(lockstep, divergence)
        seconds.append(process_time() - begin)
        waited.append(shrunk.seconds)
        kind = signature(shrunk.divergence)
        steps = len(tuple(shrunk.scenario.steps))
        measured.results += 1
        measured.minimal += steps <= fewest(fault, kind)
        measured.reproduced += count_reproductions(run, shrunk.divergence, TRIES) == TRIES
        texts.setdefault(kind, Counter())[write_scenario(shrunk.scenario)] += 1
        causes[cause(shrunk.divergence)] += 1
        runs.append(shrunk.runs)
    measured.canonical = sum(max(counted.values()) for counted in texts.values())
    measured.runs, measured.seconds = median(runs or [0]), median(seconds or [0.0])
    measured.slowest, measured.waited = max(seconds, default=0.0), median(waited or [0.0])
    measured.causes = sorted(str(one) for one in causes)
    return measured


def table(results: Iterable[Measured]) -> Table:
    """A row for each fault."""
    titled = Table(box=None, padding=(0, 2), pad_edge=False)
    titled.add_column("fault")
    titles = ("minimal", "canonical", "reproduced", "runs", "seconds", "slowest", "wall", "causes")
    for title in titles:
        titled.add_column(title, justify="right")
    for one in results:
        titled.add_row(
            one.fault,
            *(f"{count}/{one.results}" for count in (one.minimal, one.canonical, one.reproduced)),
            f"{one.runs:.0f}",
            f"{one.seconds:.2f}",
            f"{one.slowest:.2f}",
            f"{one.waited:.2f}",
            str(len(one.causes)),
        )
    return titled


def merged(results: list[Measured]) -> list[tuple[str, str]]:
    """Pairs of faults that have a cause in common."""
    return [
        (one.fault, other.fault)
        for index, one in enumerate(results)
        for other in results[index + 1 :]
        if set(one.causes) & set(other.causes)
    ]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m tests.shrink.benchmark")
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--fault", default="", help="only faults with this in their name")
    parser.add_argument("--fuzzed", action="store_true", help="shrink what a campaign runs into")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    arguments = parser.parse_args()
    faults = [one for one in DATAPATH_FAULTS if arguments.fault in one.name]
    sources = [] if arguments.fuzzed else find_sources([CORPORA])
    scenarios = [one for source in sources for one in source.scenarios()]
    with Bench() as bench:
        results = [measure(bench, one, scenarios, arguments.seeds) for one in faults]
    pairs = merged(results)
    if arguments.json:
        print_json({"faults": [asdict(one) for one in results], "merged": pairs})
        return
    out.print(table(results))
    total = sum(one.results for one in results) or 1
    for word, count in (
        ("minimal", sum(one.minimal for one in results)),
        ("canonical", sum(one.canonical for one in results)),
    ):
        out.print(f"{word}: {count} of {total} ({count / total:.0%})")
    out.print(f"merged pairs: {pairs or 'none'}")


if __name__ == "__main__":
    main()
