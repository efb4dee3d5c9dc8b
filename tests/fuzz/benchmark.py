"""Measures fuzzing: how fast, where the time goes, how soon planted faults are found.

    python -m tests.fuzz.benchmark [--seeds 10] [--steps 100000] [--faults WORD] [--only-faults]
        [--json]

A fault is found when its divergence has been shortened, run 20 times and saved. Each one saved is
replayed 100 times more. Exit code 1 where a fault is not found from a seed within PATIENCE, or a
replay agrees with the specification. Times are wall-clock times of this machine as it is: on a busy
one they say little. The steps until a fault is found are the same everywhere.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import shutil
import tempfile
from collections.abc import Collection, Iterator
from contextlib import chdir, contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median, quantiles
from time import perf_counter
from typing import Any

from harness.commands.options import REPOSITORY
from harness.datapath.bench import SOURCE, Bench
from harness.fuzz.campaign import Campaign, Limits, Listener
from harness.fuzz.explorer import Explorer
from harness.fuzz.knowledge import Knowledge
from harness.fuzz.pool.local import LocalPool
from harness.fuzz.settings import ROUND_STEPS, Settings
from harness.kernel.interface import LoaderName
from harness.report.console import complain, out, print_json
from harness.report.saved import UNEXAMINED
from harness.report.tables import plain_table
from tests.faults.test_planted_faults import DATAPATH_FAULTS, MODEL_FAULTS, Fault, planted
from tests.fuzz.command import twinpath

PATIENCE = 30.0
"""Seconds after which a fault counts as not found."""

REPLAYS = 100
ROUNDS = 120


def run(settings: Settings, limits: Limits, workers: int = 1) -> dict[str, Any]:
    """One campaign from nothing."""
    pool = LocalPool(settings, workers)
    try:
        progress = Campaign(pool, limits, Listener()).run()
    finally:
        pool.close()
    found = progress.findings[0]["after"] if progress.findings else None
    return {
        "steps": progress.tally.steps,
        "seconds": progress.seconds,
        "per_second": progress.steps_per_second,
        "trace": progress.trace_hash,
        "found": found,
    }


def speeds(steps: int, seeds: int) -> dict[str, float]:
    """Compared steps per second of guided campaigns, medians over seeds, by number of processes."""
    result = {}
    for workers in (1, 2):
        runs = [
            run(Settings(seed), Limits(steps=steps * workers), workers) for seed in range(seeds)
        ]
        result[str(workers)] = median(one["per_second"] for one in runs)
    return result


def traces(steps: int) -> dict[str, str]:
    """The trace of one seed by loader and number of processes."""
    cases = {
        "libbpf": (LoaderName.LIBBPF, 1),
        "libbpf, two processes": (LoaderName.LIBBPF, 2),
        "bcc": (LoaderName.BCC, 1),
    }
    return {
        name: run(Settings(1, loader=loader), Limits(steps=steps), workers)["trace"]
        for name, (loader, workers) in cases.items()
    }


class Clock:
    """Adds up what calls of some functions take, by name. Times within each other count once."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self.inside: list[float] = []

    def wrap(self, owner: Any, name: str, label: str) -> None:
        """Time a method from now on."""
        method = getattr(owner, name)

        def timed(*arguments: Any, **named: Any) -> Any:
            begin = perf_counter()
            self.inside.append(0.0)
            try:
                return method(*arguments, **named)
            finally:
                whole = perf_counter() - begin
                own = whole - self.inside.pop()
                if self.inside:
                    self.inside[-1] += whole
                self.seconds[label] = self.seconds.get(label, 0.0) + own

        setattr(owner, name, timed)


def split() -> dict[str, float]:
    """Microseconds per step by part, timed from outside: each call costs a third of one more."""
    gc.disable()
    clock, steps = Clock(), 0
    with Bench() as bench:
        explorer = Explorer(bench, Settings(seed=1))
        lockstep = explorer.lockstep
        parts = (
            (lockstep.subject, "process", "kernel call"),
            (lockstep.subject, "read", "map reads"),
            (lockstep.subject, "apply", "control plane"),
            (lockstep.subject, "state", "whole state"),
            (lockstep.subject, "damage", "whole state"),
            (lockstep.subject, "reset", "beginning anew"),
            (lockstep.reference, "predict", "model"),
            (lockstep.reference, "commit", "model"),
            (lockstep.reference, "apply", "model"),
            (explorer, "look_for_news", "guidance"),
            (explorer, "begin", "generation"),
            (lockstep, "step", "comparison and engine"),
        )
        for owner, name, label in parts:
            clock.wrap(owner, name, label)
        begin = perf_counter()
        for number in range(ROUNDS):
            done = explorer.carry_out(number, ROUND_STEPS)
            steps += done.walked.tally.steps
            explorer.learn(Knowledge([done.case] if done.case else [], sorted(done.features)))
            gc.collect(0)
        whole = perf_counter() - begin
    gc.enable()
    rest = whole - sum(clock.seconds.values())
    all_parts = clock.seconds | {"generation": clock.seconds["generation"] + rest}
    return {name: value / steps * 1e6 for name, value in all_parts.items()}


@contextmanager
def faulty_datapath(fault: Fault) -> Iterator[Path]:
    """A copy of the datapath's source with a fault."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "bpf"
        shutil.copytree(REPOSITORY / "bpf", folder)
        planted(folder, fault)
        yield folder / SOURCE.name


@contextmanager
def faulty_model(fault: Fault) -> Iterator[None]:
    """Workers that are started within this have a model with a fault.

    Python looks into the working folder first, then where PYTHONPATH says.
    """
    with tempfile.TemporaryDirectory() as name:
        for part in ("model", "harness"):
            shutil.copytree(REPOSITORY / part, Path(name) / part)
        (Path(name) / "bpf").symlink_to(REPOSITORY / "bpf")
        planted(Path(name) / "model", fault)
        before = os.environ.get("PYTHONPATH")
        os.environ["PYTHONPATH"] = name
        try:
            with chdir(name):
                yield
        finally:
            os.environ.pop("PYTHONPATH")
            if before is not None:
                os.environ["PYTHONPATH"] = before


@dataclass(frozen=True, slots=True)
class Hunt:
    """Campaigns for one fault: what each came to, and how many replays of findings diverged."""

    runs: list[dict[str, Any]]
    diverged: int
    replays: int


def hunt(path: Path, seeds: int) -> Hunt:
    """Campaigns from nothing until a divergence; seconds count from the first round on."""
    limits = Limits(seconds=PATIENCE, fail_fast=True)
    with tempfile.TemporaryDirectory() as name:
        runs = []
        for seed in range(seeds):
            findings = Path(name) / str(seed)
            runs.append(run(Settings(seed, object_path=path, findings=findings), limits))
        saved = {one.name: one for one in sorted(Path(name).glob("*/*")) if one.name != UNEXAMINED}
        replays = [replay(path, folder) for folder in saved.values()]
    return Hunt(runs, sum(replays), REPLAYS * len(replays))


def replay(path: Path, folder: Path) -> int:
    """How many replays of a saved divergence diverge."""
    options = ("--object", str(path), "--times", str(REPLAYS), "--json")
    done = twinpath(folder, "replay", str(folder), *options, changes=dict(os.environ))
    return sum(int(one["divergences"]) for one in json.loads(done.out)["replays"])


def faults(seeds: int, word: str) -> dict[str, Hunt]:
    """Campaigns by fault."""
    found = {}
    for fault in DATAPATH_FAULTS:
        if word in fault.name and is_there("bpf", fault):
            with faulty_datapath(fault) as path:
                found[f"datapath: {fault.name}"] = hunt(path, seeds)
    for fault in MODEL_FAULTS:
        if word in fault.name and is_there("model", fault):
            with faulty_model(fault):
                found[f"model: {fault.name}"] = hunt(SOURCE, seeds)
    return found


def is_there(folder: str, fault: Fault) -> bool:
    """Whether a fault can be planted still; said where it cannot."""
    text = (REPOSITORY / folder / fault.file).read_text(encoding="utf-8")
    if fault.text not in text:
        complain(f"{folder}/{fault.file} has no {fault.text!r} any more: {fault.name} is left out")
    return fault.text in text


def show(result: dict[str, Any]) -> None:
    """Tables for people."""
    if "speed" in result:
        show_speed(result)
    table = plain_table(("fault",), ("found", "median s", "90 % s", "median steps", "replayed"))
    for name, row in [*result["faults"].items(), ("all", result["all"])]:
        table.add_row(
            name,
            f"{row['found']}/{row['campaigns']}",
            f"{row['median']:.2f}",
            f"{row['p90']:.2f}",
            f"{row['steps']:,.0f}",
            f"{row['diverged']}/{row['replays']}",
        )
    out.print(table)


def show_speed(result: dict[str, Any]) -> None:
    """How fast, where the time goes, and whether the trace is the seed's alone."""
    table = plain_table(("processes",), ("steps/s",))
    for name, value in result["speed"].items():
        table.add_row(name, f"{value:,.0f}")
    out.print(table)
    table = plain_table(("part",), ("us per step",))
    for name, value in sorted(result["split"].items(), key=lambda item: -item[1]):
        table.add_row(name, f"{value:.1f}")
    out.print(table)
    for name, value in result["traces"].items():
        out.print(f"trace {value}  {name}")


def row_of(hunts: Collection[Hunt]) -> dict[str, float]:
    """Figures of campaigns; what was not found counts with all the time there was."""
    runs = [run for hunt in hunts for run in hunt.runs]
    times = [PATIENCE if one["found"] is None else one["found"] for one in runs]
    return {
        "campaigns": len(runs),
        "found": sum(one["found"] is not None for one in runs),
        "median": median(times),
        "p90": quantiles(times, n=10, method="inclusive")[-1] if len(times) > 1 else times[0],
        "steps": median(one["steps"] for one in runs),
        "diverged": sum(hunt.diverged for hunt in hunts),
        "replays": sum(hunt.replays for hunt in hunts),
    }


def is_good(row: dict[str, float]) -> bool:
    """Whether every campaign has found something, and every replay has found it again."""
    return row["found"] == row["campaigns"] and row["diverged"] == row["replays"]


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, prog="python -m tests.fuzz.benchmark")
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--steps", type=int, default=100_000)
    parser.add_argument("--faults", default="", metavar="WORD", help="only faults with this word")
    parser.add_argument("--only-faults", action="store_true", help="no speeds and traces")
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    result: dict[str, Any] = {}
    if not arguments.only_faults:
        seeds = min(arguments.seeds, 5)
        result |= {"speed": speeds(arguments.steps, seeds), "split": split()}
        result["traces"] = traces(20_000)
    hunts = faults(arguments.seeds, arguments.faults)
    if not hunts:
        complain(f"--faults {arguments.faults}: no fault has this in its name")
        return 4
    result["faults"] = {name: row_of([one]) for name, one in hunts.items()}
    result["all"] = row_of(hunts.values())
    print_json(result) if arguments.json else show(result)
    return 0 if is_good(result["all"]) else 1


if __name__ == "__main__":
    raise SystemExit(main())
