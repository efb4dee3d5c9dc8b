"""Collects vectors while scenarios run in lockstep."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

from harness.compare.outcome import with_frame_of
from harness.lockstep.engine import Lockstep
from harness.sources import Source
from harness.step import PacketStep
from harness.subject import Prediction, Refused
from harness.vectors.vector import REFUSED, Vector, vector_of, vector_path, write_vectors
from model.domain.packet import Outcome


@dataclass(slots=True)
class Recorded:
    """How many packets were recorded, and the files that were left out because they diverge."""

    packets: int = 0
    left_out: list[Path] = field(default_factory=list)


def record(lockstep: Lockstep, sources: Iterable[Source], folder: Path, root: Path) -> Recorded:
    """Run scenario files and write their vectors below `folder`, which mirrors `root`.

    Vectors of a file with a divergence stay as they are. Captures are not recorded: they are not
    kept here. Nor are scenarios whose tables evict: they go another way the next time. No call into
    the kernel fails. Raises UserError.
    """
    recorded = Recorded()
    for source in sources:
        path = vector_path(folder, source.path, root)
        if source.is_capture or path is None:
            continue
        scenarios = record_source(lockstep, source)
        if scenarios is None:
            recorded.left_out.append(source.path)
            continue
        if scenarios:
            write_vectors(path, scenarios)
        packets = [vector for vectors in scenarios.values() for vector in vectors]
        recorded.packets += len(packets) - packets.count(REFUSED)
    return recorded


def record_source(lockstep: Lockstep, source: Source) -> dict[str, list[Vector]] | None:
    """Vectors of a file's scenarios by name; None where the sides do not agree."""
    result = {}
    for scenario in source.scenarios():
        if scenario.limits.evict:
            continue
        vectors: list[Vector] = []
        lockstep.observer = partial(keep, vectors)
        try:
            diverges = lockstep.run(replace(scenario, failing_calls=False)).divergences
        finally:
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
        open_frame = prediction.reason.is_late
        seen = with_frame_of(prediction.outcome, outcome) if open_frame else outcome
        vectors.append(vector_of(seen, prediction))
