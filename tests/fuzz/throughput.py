"""Measures campaigns: how fast, where the time goes, what they hold, whether a seed is one trace.

    python -m tests.fuzz.throughput [--seeds 5] [--steps 100000] [--json] [PART...]

Parts: speed, split, memory, traces; all of them if none is named. Speeds are of this machine as it
is: on a busy one they say little. Ends with 1 where the traces of a seed differ.
"""

from __future__ import annotations

import argparse
import gc
from collections.abc import Collection
from statistics import median
from time import thread_time
from typing import Any, Final

from harness.datapath.bench import Bench
from harness.fuzz.campaign import Campaign, Limits, Listener
from harness.fuzz.explorer import Explorer
from harness.fuzz.knowledge import Knowledge
from harness.fuzz.pool.local import LocalPool
from harness.fuzz.settings import ROUND_STEPS, Settings
from harness.fuzz.worker import YOUNG
from harness.kernel.interface import LoaderName
from harness.report.console import out, print_json
from harness.report.tables import plain_table
from tests.fuzz.memory import growth, sampled

PARTS: Final = ("speed", "split", "memory", "traces")
ROUNDS: Final = 120
MEMORY_STEPS: Final = 1_000_000
TRACE_STEPS: Final = 20_000


def run(settings: Settings, limits: Limits, workers: int = 1) -> dict[str, Any]:
    """One campaign from nothing. `found`: seconds until its first divergence, None without one."""
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


def speeds(steps: int, seeds: int) -> dict[str, dict[str, float]]:
    """Compared steps per second of guided campaigns over seeds, by number of processes."""
    result = {}
    for workers in (1, 2):
        limits = Limits(steps=steps * workers)
        rates = [run(Settings(seed), limits, workers)["per_second"] for seed in range(seeds)]
        result[str(workers)] = {"median": median(rates), "least": min(rates), "most": max(rates)}
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
    """Adds up what calls of some functions take of the processor's time, by name.

    Times within each other count once.
    """

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self.inside: list[float] = []

    def wrap(self, owner: Any, name: str, label: str) -> None:
        """Time a method from now on."""
        method = getattr(owner, name)

        def timed(*arguments: Any, **named: Any) -> Any:
            begin = thread_time()
            self.inside.append(0.0)
            try:
                return method(*arguments, **named)
            finally:
                whole = thread_time() - begin
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
        watch(clock, explorer)
        begin = thread_time()
        for number in range(ROUNDS):
            done = explorer.carry_out(number, ROUND_STEPS)
            steps += done.walked.tally.steps
            explorer.learn(Knowledge([done.case] if done.case else [], sorted(done.features)))
            del done
            gc.collect(YOUNG)
        whole = thread_time() - begin
    gc.enable()
    rest = whole - sum(clock.seconds.values())
    all_parts = clock.seconds | {"generation": clock.seconds["generation"] + rest}
    return {name: value / steps * 1e6 for name, value in all_parts.items()}


def watch(clock: Clock, explorer: Explorer) -> None:
    """Time the parts of an explorer's rounds."""
    lockstep = explorer.lockstep
    parts = (
        (lockstep.subject, "process", "kernel call"),
        (lockstep.subject, "read", "map reads"),
        (lockstep.subject, "apply", "control plane"),
        (lockstep.subject, "set_clock", "control plane"),
        (lockstep.subject, "collect", "control plane"),
        (lockstep.subject, "state", "whole state"),
        (lockstep.subject, "damage", "whole state"),
        (lockstep, "compare_states", "whole state"),
        (lockstep, "reset", "beginning anew"),
        (lockstep.reference, "predict", "model"),
        (lockstep.reference, "commit", "model"),
        (lockstep.reference, "apply", "model"),
        (explorer, "look_for_news", "guidance"),
        (explorer, "begin", "generation"),
        (lockstep, "step", "comparison and engine"),
    )
    for owner, name, label in parts:
        clock.wrap(owner, name, label)


def throughput(parts: Collection[str], steps: int, seeds: int) -> dict[str, Any]:
    """Some parts of the result, by name."""
    return {part: measured(part, steps, seeds) for part in PARTS if part in parts}


def is_one_trace(result: dict[str, Any]) -> bool:
    """Whether a seed has the same trace everywhere; where none was measured, nothing speaks."""
    return len(set(result.get("traces", {}).values())) <= 1


def measured(part: str, steps: int, seeds: int) -> Any:
    """One part of the result."""
    match part:
        case "speed":
            return speeds(steps, seeds)
        case "split":
            return split()
        case "memory":
            samples = sampled(Settings(1), MEMORY_STEPS, 2)
            return {"samples": samples, "growth": growth(samples)}
        case _:
            return traces(TRACE_STEPS)


def show(result: dict[str, Any]) -> None:
    """Tables for people."""
    if "speed" in result:
        table = plain_table(("processes",), ("steps/s, median", "least", "most"))
        for name, row in result["speed"].items():
            table.add_row(name, *(f"{row[one]:,.0f}" for one in ("median", "least", "most")))
        out.print(table)
    if "split" in result:
        table = plain_table(("part",), ("us per step",))
        parts = sorted(result["split"].items(), key=lambda item: -item[1])
        for name, value in [*parts, ("all", sum(result["split"].values()))]:
            table.add_row(name, f"{value:.1f}")
        out.print(table)
    if "memory" in result:
        out.print(f"memory {result['memory']['growth']:+.1f} MB per million steps")
    for name, trace in result.get("traces", {}).items():
        out.print(f"trace {trace}  {name}")


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, prog="python -m tests.fuzz.throughput")
    parser.add_argument("parts", nargs="*", metavar="PART", help=", ".join(PARTS))
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--steps", type=int, default=100_000)
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    unknown = [part for part in arguments.parts if part not in PARTS]
    if unknown:
        parser.error(f"{unknown[0]!r} is no part; name some of {', '.join(PARTS)}")
    wanted = arguments.parts or PARTS
    result = throughput(wanted, arguments.steps, arguments.seeds)
    print_json(result) if arguments.json else show(result)
    return 0 if is_one_trace(result) else 1


if __name__ == "__main__":
    raise SystemExit(main())
