"""Corpora on both sides in lockstep, both watched."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from harness.coverage.branch import SideCoverage
from harness.coverage.build import require_unchanged
from harness.coverage.counters import open_counted
from harness.coverage.datapath import datapath_coverage
from harness.coverage.llvm import write_html
from harness.coverage.model import ModelWatch
from harness.datapath.bench import SOURCE, Bench
from harness.lockstep.engine import Lockstep
from harness.lockstep.result import RunResult
from harness.lockstep.session import Listener, Session
from harness.reference import ModelReference
from harness.step import Scenario

ROOT = Path(__file__).resolve().parents[2]
"""The folder from which files are named."""

DATAPATH_FOLDER = "datapath"
MODEL_FOLDER = "model"


@dataclass(frozen=True, slots=True)
class Replayed:
    """What a replay has shown: agreement, and each side's coverage."""

    result: RunResult
    interrupted: bool
    datapath: SideCoverage
    model: SideCoverage


def replay(
    scenarios: Iterable[Scenario],
    listener: Listener,
    source: Path = SOURCE,
    html: Path | None = None,
) -> Replayed:
    """Run scenarios in lockstep on the instrumented datapath and the watched model.

    `html`: a folder for each side's source view, in folders of its own. A scenario ends at its
    first divergence, as ever. Raises UserError.
    """
    watch = ModelWatch(ROOT)
    with Bench() as bench:
        counted = open_counted(bench, source)
        session = Session(Lockstep(ModelReference(), counted.subject), listener)
        with watch.watching():
            session.run(scenarios)
        values = counted.total()
    build = counted.counters.build
    require_unchanged(build)
    datapath = datapath_coverage(build, values, ROOT)
    if html is not None:
        write_html(build, values, html / DATAPATH_FOLDER)
    model = watch.result()
    if html is not None:
        watch.write_html(html / MODEL_FOLDER)
    return Replayed(session.total, session.interrupted, datapath, model)
