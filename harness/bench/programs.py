"""Suite `programs`: what the verifier says of each program."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from harness.bench.measurement import Measurement
from harness.datapath.bench import SOURCE
from harness.kernel.interface import LoaderName, ProgramStatistics
from harness.kernel.loader import load

INSTRUCTION_BYTES: Final = 8
ROUNDS: Final = 3
"""Loads of each; the verifier's time is the least of them."""


def programs(loaders: Sequence[LoaderName]) -> Iterator[Measurement]:
    """Counts and times of every program. Raises what harness.kernel.loader.load raises."""
    for loader in loaders:
        loads = []
        for _ in range(ROUNDS):
            loaded = load(SOURCE, loader)
            try:
                loads.append(loaded.statistics())
            finally:
                loaded.close()
        for program in loads[0]:
            prefix = f"programs/{loader.value}/{program}"
            yield from figures(prefix, [one[program] for one in loads])


def figures(prefix: str, loads: Sequence[ProgramStatistics]) -> Iterator[Measurement]:
    """One program's figures."""
    first = loads[0]
    counts = {
        "translated": first.translated_bytes // INSTRUCTION_BYTES,
        "verified": first.processed_instructions,
        "states": first.total_states,
    }
    for name, count in counts.items():
        unit = "states" if name == "states" else "instructions"
        yield Measurement(f"{prefix}/{name}", unit, count)
    yield Measurement(f"{prefix}/stack", "bytes", first.stack)
    times = sorted(one.verification_microseconds / 1000 for one in loads)
    noise = (times[-1] - times[0]) / times[0] if times[0] else 1.0
    yield Measurement(f"{prefix}/verifier", "ms", times[0], times[len(times) // 2], noise)
