"""Measures fuzzing: how soon planted faults are found, and what `tests.fuzz.throughput` measures.

    python -m tests.fuzz.benchmark [--seeds 10] [--steps 100000] [--faults WORD] [--only-faults]
        [--json]

A fault is found when its divergence has been shortened, run 20 times and saved. Each one saved is
replayed 100 times more. Exit code 1 where a fault is not found from a seed within PATIENCE, a
replay agrees with the specification, or the traces of a seed differ. Times are wall-clock times of
this machine as it is: on a busy one they say little. The steps until a fault is found are the same
everywhere.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import tempfile
from collections.abc import Collection, Iterator
from contextlib import chdir, contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median, quantiles
from typing import Any

from harness.commands.options import REPOSITORY
from harness.datapath.bench import SOURCE
from harness.fuzz.campaign import Limits
from harness.fuzz.settings import Settings
from harness.report.console import complain, out, print_json
from harness.report.saved import UNEXAMINED
from harness.report.tables import plain_table
from tests.faults.test_planted_faults import DATAPATH_FAULTS, MODEL_FAULTS, Fault, planted
from tests.fuzz.command import twinpath
from tests.fuzz.throughput import PARTS, is_one_trace, run, throughput
from tests.fuzz.throughput import show as show_throughput

PATIENCE = 30.0
"""Seconds after which a fault counts as not found."""

REPLAYS = 100


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
    show_throughput(result)
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
        result |= throughput(PARTS, arguments.steps, arguments.seeds)
    hunts = faults(arguments.seeds, arguments.faults)
    if not hunts:
        complain(f"--faults {arguments.faults}: no fault has this in its name")
        return 4
    result["faults"] = {name: row_of([one]) for name, one in hunts.items()}
    result["all"] = row_of(hunts.values())
    print_json(result) if arguments.json else show(result)
    return 0 if is_good(result["all"]) and is_one_trace(result) else 1


if __name__ == "__main__":
    raise SystemExit(main())
