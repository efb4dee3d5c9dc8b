"""Maglev: what a backend that comes or goes moves, how even the shares are, what a table costs.

Run as `python -m harness.bench.maglev`. Shares of the table are shares of new connections, since
the hash spreads those over the slots (LB-3a). The least that a change has to move is the share
of the backend that comes or goes: 1/N of N backends.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from statistics import median
from time import perf_counter
from typing import Final

import numpy as np
from rich.table import Table

from harness.datapath.control_plane.maglev import Server, is_prime, maglev_table
from harness.errors import UserError
from harness.report.console import complain, out, print_json

COUNTS: Final = (3, 10, 100, 1000)
SIZES: Final = (16381, 65521)
TRIALS: Final = 10
ROUNDS: Final = 7
GOAL_COUNT: Final = 100
GOAL_MILLISECONDS: Final = 20.0
FIRST_ADDRESS: Final = 0x0A000001
PORT: Final = 8080


@dataclass(frozen=True, slots=True)
class Disruption:
    """Shares of a table, 0 to 1.

    `moved` got another owner, `least` had to: what the backend has that came or went. Medians and
    the largest `moved` are over which backend that is.
    """

    least: float
    moved: float
    most_moved: float

    @property
    def ratio(self) -> float:
        """How many times the least."""
        return self.moved / self.least


@dataclass(frozen=True, slots=True)
class Measurement:
    """One table: `backends` on `size` slots. `balance` is the largest share over the mean."""

    size: int
    backends: int
    balance: float
    adding: Disruption
    removing: Disruption
    rebuild_milliseconds: float


def servers(count: int) -> list[Server]:
    """So many IPv4 backends, in order."""
    return [Server((FIRST_ADDRESS + n).to_bytes(4, "big"), PORT) for n in range(count)]


def changed(before: Sequence[Server], after: Sequence[Server], size: int) -> float:
    """Share of slots whose owner differs between the tables of two sets of backends."""
    numbers = {server: number for number, server in enumerate({*before, *after})}
    owners = [
        np.array([numbers[server] for server in members])[maglev_table(members, size)]
        for members in (before, after)
    ]
    return float(np.mean(owners[0] != owners[1]))


def share(members: Sequence[Server], place: int, size: int) -> float:
    """Share of the table that one backend has."""
    return float(np.mean(maglev_table(members, size) == place))


def disruption(members: Sequence[Server], size: int) -> Disruption:
    """Between these backends and these without one, tried for some that lie evenly apart.

    Read in one direction it is the disruption of adding, in the other of removing.
    """
    places = range(0, len(members), max(1, len(members) // TRIALS))
    moved, least = [], []
    for place in places:
        rest = [*members[:place], *members[place + 1 :]]
        moved.append(changed(members, rest, size))
        least.append(share(members, place, size))
    return Disruption(median(least), median(moved), max(moved))


def balance(members: Sequence[Server], size: int) -> float:
    """The largest share over the mean."""
    shares = np.bincount(maglev_table(members, size), minlength=len(members))
    return float(shares.max() / shares.mean())


def milliseconds(work: Callable[[], object], rounds: int) -> float:
    """Median over rounds."""
    times = []
    for _ in range(rounds):
        begin = perf_counter()
        work()
        times.append(perf_counter() - begin)
    return 1000 * median(times)


def measure(count: int, size: int, rounds: int) -> Measurement:
    """One table; removing takes one of `count`, adding makes it one more."""
    members = servers(count)
    return Measurement(
        size,
        count,
        balance(members, size),
        disruption(servers(count + 1), size),
        disruption(members, size),
        milliseconds(lambda: maglev_table(members, size), rounds),
    )


def report(measurements: Sequence[Measurement]) -> Table:
    """A row for each table."""
    table = Table(box=None, padding=(0, 2), pad_edge=False)
    for title in (
        "slots",
        "backends",
        "max/mean",
        "adding moves",
        "least",
        "times",
        "removing moves",
        "least",
        "times",
        "rebuild",
    ):
        table.add_column(title, justify="right")
    for one in measurements:
        table.add_row(
            f"{one.size:,}",
            f"{one.backends:,}",
            f"{one.balance:.3f}",
            *_cells(one.adding),
            *_cells(one.removing),
            f"{one.rebuild_milliseconds:.1f} ms",
        )
    return table


def _cells(one: Disruption) -> tuple[str, str, str]:
    return f"{one.moved:.2%}", f"{one.least:.2%}", f"{one.ratio:.2f}"


def as_json(measurements: Sequence[Measurement]) -> dict[str, object]:
    """All figures, and the goal that the rebuild time is held against."""
    goal = {"backends": GOAL_COUNT, "milliseconds": GOAL_MILLISECONDS}
    return {"tables": [asdict(one) for one in measurements], "rebuild_goal": goal}


def run(counts: Sequence[int], sizes: Sequence[int], rounds: int) -> list[Measurement]:
    """Measure each table. Raises UserError for sizes and counts that no table has."""
    for size in sizes:
        if not is_prime(size):
            raise UserError(f"--size {size}: a Maglev table has a prime number of slots (LB-3a)")
    for count in counts:
        if count < 2:
            raise UserError(f"--backends {count}: give at least 2, so that one can be removed")
    if rounds < 1:
        raise UserError(f"--rounds {rounds}: give at least 1")
    return [measure(count, size, rounds) for size in sizes for count in counts]


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print. Returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, prog="python -m harness.bench.maglev")
    parser.add_argument("--backends", type=int, nargs="+", default=COUNTS)
    parser.add_argument("--size", type=int, nargs="+", default=SIZES, help="slots; primes")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    given = parser.parse_args(arguments)
    try:
        measurements = run(given.backends, given.size, given.rounds)
    except UserError as error:
        complain(str(error))
        return 4
    if given.json:
        print_json(as_json(measurements))
    else:
        out.print(report(measurements))
        out.print(
            "A change has to move 1/N of the table; 'times' says how many times that it does."
        )
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
