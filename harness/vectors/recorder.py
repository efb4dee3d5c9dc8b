"""Collects vectors while scenarios run in lockstep."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from pathlib import Path

from harness.lockstep.engine import Lockstep
from harness.sources import Source
from harness.step import PacketStep
from harness.subject import Prediction, Refused
from harness.vectors.vector import REFUSED, Vector, vector_of, vector_path, write_vectors
from model.domain.packet import Outcome


def record(lockstep: Lockstep, sources: Iterable[Source], folder: Path, root: Path) -> int:
    """Run scenario files and write their vectors below `folder`; how many packets were recorded.

    A file with a divergence is left out. Captures are not recorded: they are not kept here.
    """
    recorded = 0
    for source in sources:
        if source.is_capture:
            continue
        path = vector_path(folder, source.path, root)
        scenarios = record_source(lockstep, source)
        if scenarios is not None and path is not None:
            write_vectors(path, scenarios)
            recorded += sum(len(vectors) for vectors in scenarios.values())
    return recorded


def record_source(lockstep: Lockstep, source: Source) -> dict[str, list[Vector]] | None:
    """Vectors of a file's scenarios by name; None where the sides do not agree."""
    result = {}
    for scenario in source.scenarios():
        vectors: list[Vector] = []

        lockstep.observer = partial(keep, vectors)
        diverges = lockstep.run(scenario).divergences
        lockstep.observer = None
        if diverges:
            return None
        result[scenario.name] = vectors
    return result


def keep(
    vectors: list[Vector], _: PacketStep, prediction: Prediction | None, outcome: Outcome | Refused
) -> None:
    """Add a packet's vector."""
    if prediction is None or isinstance(outcome, Refused):
        vectors.append(REFUSED)
    else:
        vectors.append(vector_of(outcome, prediction))
