"""Suite `packets`: what one packet costs, net of the wrapper (docs/performance.md)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from random import Random
from types import TracebackType
from typing import Final, Self

from harness.bench.addresses import INTERFACE
from harness.bench.case import REPEAT, Case, Floor
from harness.bench.fill import Room
from harness.bench.floors import Floors
from harness.bench.measurement import Measurement
from harness.bench.timing import Lane, Samples
from harness.bench.topology import topology
from harness.bench.wrapper import Wrapper
from harness.datapath.bench import Bench
from harness.kernel.interface import LoaderName
from harness.kernel.loader import MapOptions
from model.domain.address import Family
from model.domain.reason import Reason

SHIPPED: Final = MapOptions()
"""Tables of their own sizes: conntrack of 524,288 entries."""

REFERENCE_FLOOR: Final = {Floor.LOOKUP: 29.0, Floor.INSERT: 352.0}
"""Nanoseconds of the floors in the run that the goals' references come from."""

FASTER: Final = 2
"""A goal is met at the reference divided by this."""

MOST_OF_LOOKUPS: Final = 2.5
"""An established packet may take so many times the look-ups that it cannot avoid."""

IPV6_ALLOWANCE: Final = 1.15
"""IPv6 may take so much of what IPv4 does."""

Place = tuple[str, Room, Case]
"""Loader, room, case."""


@dataclass(slots=True)
class Run:
    """What the rounds have brought: samples of floors by room, of cases by lane."""

    empty: Samples = field(default_factory=Samples)
    floors: dict[Room, dict[tuple[Floor, Family], Samples]] = field(
        default_factory=lambda: {
            room: {(floor, family): Samples() for floor in Floor for family in Family}
            for room in Room
        }
    )
    cases: dict[Place, Samples] = field(default_factory=dict)


class PacketBench:
    """Everything that a run over packets needs, loaded. Use as a context manager.

    Raises what Bench and harness.kernel.loader.load raise.
    """

    def __init__(self, loaders: Sequence[LoaderName], cases: Sequence[Case]) -> None:
        with ExitStack() as stack:
            bench = stack.enter_context(Bench())
            self._wrapper = Wrapper()
            stack.callback(self._wrapper.close)
            rooms = [Room.PLENTY]
            if any(one.reason is Reason.NEW for one in cases):
                rooms.append(Room.NONE)
            self._floors = {}
            for room in rooms:
                self._floors[room] = Floors(self._wrapper, room)
                stack.callback(self._floors[room].close)
            self._lanes = {
                (loader.value, room): open_lane(bench, self._wrapper, loader, room)
                for loader in loaders
                for room in rooms
            }
            self._stack = stack.pop_all()
        self._cases = cases

    def rounds(self, count: int, advance: Callable[[str], None]) -> Run:
        """So many rounds of everything, interleaved. Raises MeasurementError."""
        run = Run()
        run.cases.update((key, Samples()) for case in self._cases for key in self._places_of(case))
        for number in range(count):
            self._wrapper.set_packet(bytes(14))
            run.empty.whole.append(self._wrapper.time_bare(self._wrapper.empty, INTERFACE, REPEAT))
            run.empty.wrapper.append(0.0)
            for room, floors in self._floors.items():
                floors.round(run.floors[room])
            # In another order each time: what a case finds in caches is what others have left.
            order = Random(number).sample(self._cases, len(self._cases))  # noqa: S311 - no secret
            for case in order:
                advance(case.name)
                for loader, room, _ in self._places_of(case):
                    self._lanes[loader, room].round(case, run.cases[loader, room, case])
        return run

    def _places_of(self, case: Case) -> Iterator[Place]:
        """Where a case is measured; only new connections ask how full tables are."""
        for loader, room in self._lanes:
            if room is Room.PLENTY or case.reason is Reason.NEW:
                yield loader, room, case

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._stack.close()


def open_lane(bench: Bench, wrapper: Wrapper, loader: LoaderName, room: Room) -> Lane:
    """A datapath of shipped sizes that knows the topology."""
    subject = bench.open(loader=loader, options=SHIPPED)
    subject.apply(topology())
    return Lane(subject, wrapper, room)


def measurements(run: Run) -> Iterator[Measurement]:
    """The figures of a run."""
    yield figure("packets/floor/empty-program", run.empty)
    for room, floors in run.floors.items():
        for (floor, family), samples in floors.items():
            if samples.whole:
                name = f"packets/floor/ipv{family:d}/{floor.value}-{room.value}"
                yield figure(name, samples)
    for (loader, room, case), samples in run.cases.items():
        name = f"packets/{loader}/ipv{case.family:d}/{name_of(case, room)}"
        floor_time = run.floors[room][floor_of(case), case.family].median
        yield figure(name, samples, floor_time, limit_of(case, run, loader, room))
        if case.lookups and room is Room.PLENTY:
            name = f"bounds/{loader}/ipv{case.family:d}/{case.name}"
            yield bound(name, samples, case.lookups * floor_time)


def name_of(case: Case, room: Room) -> str:
    """A case's name; in a full table it is another."""
    return case.name if room is Room.PLENTY else f"{case.name}-full"


def floor_of(case: Case) -> Floor:
    """What a case's time is mostly made of."""
    return Floor.INSERT if case.reason is Reason.NEW else Floor.LOOKUP


def limit_of(case: Case, run: Run, loader: str, room: Room) -> float | None:
    """Nanoseconds: half the reference in this run's floors, or IPv4's and some more.

    The reference was measured in IPv4, in tables with room.
    """
    if case.goal is None or room is Room.NONE:
        return None
    if case.family is Family.IPV4:
        floor = run.floors[room][case.goal.floor, case.family].median
        return case.goal.reference / FASTER * floor / REFERENCE_FLOOR[case.goal.floor]
    for (other, other_room, one), samples in run.cases.items():
        if (other, other_room, one.name, one.family) == (loader, room, case.name, Family.IPV4):
            return samples.median * IPV6_ALLOWANCE
    return None


def bound(name: str, samples: Samples, lookups: float) -> Measurement:
    """An established packet's time in units of the look-ups that it cannot avoid."""
    least, middle = samples.minimum / lookups, samples.median / lookups
    return Measurement(name, "x", least, middle, samples.noise, limit=MOST_OF_LOOKUPS)


def figure(
    name: str, samples: Samples, floor: float | None = None, limit: float | None = None
) -> Measurement:
    """Samples as a measurement, in nanoseconds."""
    relative = samples.median / floor if floor else None
    return Measurement(name, "ns", samples.minimum, samples.median, samples.noise, relative, limit)
