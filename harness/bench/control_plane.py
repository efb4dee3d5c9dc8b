"""Suite `control-plane`: how long changes take, and what is in the tables costs in memory."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from dataclasses import replace
from statistics import median
from time import thread_time
from typing import Final

from harness.bench.crowd import BACKENDS_EACH, FIRST_WIDE_IDENTIFIER, service_of_crowd, services
from harness.bench.measurement import Measurement
from harness.bench.memory import memory
from harness.bench.packets import SHIPPED
from harness.datapath.bench import Bench
from harness.datapath.subject import KernelSubject
from model.domain.operation import PutService
from model.domain.service import Algorithm

SERVICES: Final = 5_000
LONGEST_UPDATE: Final = 1_000.0
"""Microseconds for one service among so many."""

LONGEST_LOAD: Final = 1.0
"""Seconds for all of them."""

LOADS: Final = 3


def control_plane(rounds: int, advance: Callable[[str], None]) -> Iterator[Measurement]:
    """Loads and updates by algorithm, in the thread's own time; then memory."""
    with Bench() as bench:
        for algorithm in Algorithm:
            advance(f"{SERVICES:,} services, {algorithm.value}")
            with_maglev = algorithm is Algorithm.MAGLEV
            loads = []
            for _ in range(LOADS):
                subject = bench.open(options=SHIPPED)
                operations = services(SERVICES, with_maglev)
                gc.collect()  # what the last load left would scatter what this one makes
                begin = thread_time()
                subject.apply(operations)
                loads.append(thread_time() - begin)
                updates = [update(subject, number, with_maglev) for number in range(rounds)]
                subject.close()
            name = f"control-plane/{algorithm.value}"
            yield figure(f"{name}/load-{SERVICES}", "s", loads, LONGEST_LOAD)
            yield figure(f"{name}/update-one", "us", updates, LONGEST_UPDATE)
        advance("memory")
        yield from memory(bench)


def update(subject: KernelSubject, number: int, with_maglev: bool) -> float:
    """Microseconds to give one service another backend instead of its last."""
    service = service_of_crowd(number * 100 % SERVICES, with_maglev)
    last = replace(service.backends[-1], identifier=FIRST_WIDE_IDENTIFIER + number)
    changed = replace(service, backends=(*service.backends[: BACKENDS_EACH - 1], last))
    begin = thread_time()
    subject.apply((PutService(changed),))
    return (thread_time() - begin) * 1e6


def figure(name: str, unit: str, times: list[float], limit: float) -> Measurement:
    """The least and the median of some times."""
    least = min(times)
    return Measurement(
        name, unit, least, median(times), max(median(times) / least - 1, 0.01), limit=limit
    )
