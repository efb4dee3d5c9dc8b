"""A worker process: reads what to do from its standard input, a line of JSON each, and answers so.

    {"settings": {...}, "place": 0}          first of all; answered by {"ready": ...}
    {"learn": {...}}                         what others have come to know; not answered
    {"round": 7, "steps": 512, "case": ""}   answered by the round; a case is repeated as it is

Whoever closes its input ends it. What else it has to say goes to standard error.
"""

from __future__ import annotations

import gc
import json
import os
import signal
import sys
from collections.abc import Iterator
from typing import Any, Final, TextIO

from harness.datapath.bench import Bench
from harness.errors import UserError
from harness.fuzz.explorer import Explorer
from harness.fuzz.knowledge import Knowledge
from harness.fuzz.settings import Settings
from harness.fuzz.wire import read_case

YOUNG: Final = 0
"""The generation of objects that is looked through after each round: what the round left."""


def main() -> int:
    """Work until the input ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    answers = own_output()
    orders = read_orders(sys.stdin)
    try:
        first = next(orders)
        keep_to_cpu(first["place"])
        with Bench() as bench:
            work(bench, Settings.from_object(first["settings"]), orders, answers)
    except UserError as error:
        answer(answers, {"error": str(error), "kind": type(error).__name__})
        return 1
    except (BrokenPipeError, StopIteration):
        return 1
    return 0


def own_output() -> TextIO:
    """Standard output for answers alone; whoever else writes there writes to standard error."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    return answers


def read_orders(lines: TextIO) -> Iterator[dict[str, Any]]:
    """Orders, up to the end of the input."""
    for line in iter(lines.readline, ""):
        yield json.loads(line)


def keep_to_cpu(place: int | None) -> None:
    """Take one of the CPUs by number: processes that start at once see the same one idle."""
    if place is not None:
        allowed = sorted(os.sched_getaffinity(0))
        os.sched_setaffinity(0, {allowed[place % len(allowed)]})


def work(
    bench: Bench, settings: Settings, orders: Iterator[dict[str, Any]], answers: TextIO
) -> None:
    """Carry orders out. Garbage is collected between rounds."""
    explorer = Explorer(bench, settings)
    branches = explorer.probe.branches if explorer.probe is not None else 0
    answer(answers, {"ready": os.getpid(), "branches": branches, "blind": explorer.blind})
    gc.collect()
    gc.freeze()
    gc.disable()
    for order in orders:
        if "learn" in order:
            explorer.learn(Knowledge.from_object(order["learn"]))
        else:
            answer(answers, carry_out(explorer, order))
            gc.collect(YOUNG)


def carry_out(explorer: Explorer, order: dict[str, Any]) -> dict[str, Any]:
    """One round. Nothing of it is left but what is told: what is alive makes a collection slow."""
    if order["case"]:
        return explorer.repeat(order["round"], read_case(order["case"])).as_object()
    return explorer.carry_out(order["round"], order["steps"]).as_object()


def answer(answers: TextIO, value: dict[str, Any]) -> None:
    """Write one answer."""
    answers.write(json.dumps(value, separators=(",", ":")) + "\n")
    answers.flush()


if __name__ == "__main__":
    raise SystemExit(main())
