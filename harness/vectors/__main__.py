"""Records the vectors of scenario files: `python -m harness.vectors [PATH ...]`.

Needs the right to load BPF. Exit code 0: all recorded; 1: a file was left out because it diverges;
4: it could not be done.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from harness.commands.exit_codes import ExitCode
from harness.commands.model_only import CORPORA, VECTORS
from harness.datapath.bench import Bench
from harness.errors import UserError
from harness.lockstep.engine import Lockstep
from harness.reference import ModelReference
from harness.report.console import complain
from harness.sources import find_sources
from harness.vectors.recorder import Recorded, record


def main(arguments: list[str]) -> int:
    """Record, and say how much."""
    parser = argparse.ArgumentParser(prog="python -m harness.vectors", description=__doc__)
    parser.add_argument("paths", nargs="*", type=Path, default=[CORPORA / "scenarios"])
    try:
        recorded = record_files(parser.parse_args(arguments).paths)
    except UserError as error:
        complain(str(error))
        return ExitCode.USAGE
    for path in recorded.left_out:
        complain(f"{path}: diverges; its vectors stay as they are")
    print(f"{recorded.packets:,} packets recorded below {VECTORS}")
    return ExitCode.DIVERGENCE if recorded.left_out else ExitCode.AGREEMENT


def record_files(paths: list[Path]) -> Recorded:
    """Run the files in lockstep and write their vectors."""
    sources = find_sources(paths)
    with Bench() as bench:
        lockstep = Lockstep(ModelReference(), bench.open())
        return record(lockstep, sources, VECTORS, CORPORA)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
