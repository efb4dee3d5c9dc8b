"""A capture to a scenario whose steps are a stream."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from harness.capture.mapping import mapping_path, read_mapping
from harness.capture.reader import CaptureReader
from harness.capture.statistics import CaptureStatistics
from harness.capture.stream import CaptureSteps, Mapping
from harness.step import Scenario
from model.domain.operation import Operation


def load_capture(path: Path, gap: int | None = None) -> Scenario:
    """A capture with its mapping file's topology, or with its senders as endpoints.

    `gap` caps the time between two records (nanoseconds) where the mapping file does not. Raises
    FormatError for a bad mapping file and CaptureError for a file that is no capture; damage
    further on is met while the steps are walked.
    """
    topology: tuple[Operation, ...] = ()
    mapping = Mapping()
    mapped = mapping_path(path)
    if mapped.exists():
        topology, mapping = read_mapping(mapped)
    if mapping.gap is None:
        mapping = replace(mapping, gap=gap)
    next(iter(CaptureReader(path)), None)
    return Scenario(path.name, str(path), topology, CaptureSteps(path, mapping))


def statistics_of(scenario: Scenario) -> CaptureStatistics | None:
    """What the last walk through a capture met; None for scenarios that are no captures."""
    return scenario.steps.statistics if isinstance(scenario.steps, CaptureSteps) else None
