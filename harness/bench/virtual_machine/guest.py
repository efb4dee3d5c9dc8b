"""What runs in the emulated machine: counts instructions per packet and prints them.

Run there as `python -m harness.bench.virtual_machine.guest PLAN`, where PLAN is the file that
suite.py wrote: which objects to load and which cases to count.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Final

from harness.bench.cases import all_cases
from harness.bench.timing import Lane, Samples
from harness.bench.topology import topology
from harness.bench.wrapper import Wrapper
from harness.datapath.bench import Bench
from harness.datapath.sizes import TEST_MAPS

RESULT: Final = "twinpath-count "
PACKETS: Final = 128
"""Packets of a round: so few that most rounds see no timer, so many that parts do not matter."""

ROUNDS: Final = 12


def main() -> int:
    """Count, and print a line for each case."""
    plan = json.loads(Path(sys.argv[1]).read_text("utf-8"))
    wanted = set(plan["cases"])
    with Bench() as bench:
        wrapper = Wrapper(Path(plan["wrapper"]))
        subject = bench.open(Path(plan["datapath"]), options=TEST_MAPS)
        subject.apply(topology())
        lane = Lane(subject, wrapper)
        for case in all_cases(PACKETS):
            if case.name in wanted:
                samples = Samples()
                for _ in range(ROUNDS):
                    lane.round(case, samples)
                line = json.dumps([case.name, case.family.value, samples.minimum])
                sys.stdout.write(f"\n{RESULT}{line}\n")
        wrapper.close()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
