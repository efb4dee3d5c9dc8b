"""What `twinpath bench` can measure, by name, and the choice of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Final

from harness.bench.case import Case, no_case
from harness.bench.measurement import Measurement
from harness.errors import UserError
from harness.kernel.interface import LoaderName

Advance = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Settings:
    """What the options say, for every suite. `patterns` choose cases; none: all."""

    loaders: tuple[LoaderName, ...]
    rounds: int
    patterns: tuple[str, ...] = ()

    def chooses(self, name: str) -> bool:
        """Whether a case is wanted."""
        return not self.patterns or any(fnmatchcase(name, one) for one in self.patterns)


Suite = Callable[[Settings, Advance], Iterator[Measurement]]


def packets(settings: Settings, advance: Advance) -> Iterator[Measurement]:
    """What one packet costs, beside the floors."""
    from harness.bench.cases import all_cases  # noqa: PLC0415 - Scapy is slow to import
    from harness.bench.packets import PacketBench, measurements  # noqa: PLC0415

    cases: list[Case] = [case for case in all_cases() if settings.chooses(case.name)]
    if not cases:
        raise UserError(no_case("packets", settings.patterns, {case.name for case in all_cases()}))
    with PacketBench(settings.loaders, cases) as bench:
        yield from measurements(bench.rounds(settings.rounds, advance))


def programs(settings: Settings, advance: Advance) -> Iterator[Measurement]:
    """Instructions, verifier, stack."""
    from harness.bench.programs import programs as measured  # noqa: PLC0415

    advance("loading")
    yield from measured(settings.loaders)


def growth(settings: Settings, advance: Advance) -> Iterator[Measurement]:
    """Cost by number of services, backends, rules, endpoints, flows."""
    from harness.bench.growth import growth as measured  # noqa: PLC0415

    yield from measured(settings.rounds, settings.chooses, advance)


def control_plane(settings: Settings, advance: Advance) -> Iterator[Measurement]:
    """Updates, loads, and memory of what is in the tables."""
    from harness.bench.control_plane import control_plane as measured  # noqa: PLC0415

    yield from measured(settings.rounds, advance)


def emulated(settings: Settings, advance: Advance) -> Iterator[Measurement]:
    """Executed instructions per packet, counted by an emulated machine."""
    from harness.bench.virtual_machine.suite import emulated as measured  # noqa: PLC0415

    yield from measured(settings.chooses, settings.patterns, advance)


def steps(settings: Settings, advance: Advance) -> Iterator[Measurement]:
    """Compared steps per second, by part."""
    from harness.bench.steps import steps as measured  # noqa: PLC0415

    yield from measured(settings.loaders, settings.rounds, advance)


def tester(settings: Settings, advance: Advance) -> Iterator[Measurement]:
    """Import of a large capture, start of the command line."""
    from harness.bench.tester import tester as measured  # noqa: PLC0415

    yield from measured(settings.chooses, advance, bool(settings.patterns))


SUITES: Final[dict[str, Suite]] = {
    "packets": packets,
    "programs": programs,
    "growth": growth,
    "control-plane": control_plane,
    "emulated": emulated,
    "steps": steps,
    "tester": tester,
}
USUAL: Final = ("packets", "programs")
"""What is measured where nothing is named: under two minutes."""


def chosen(names: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """Patterns of cases by suite, from `SUITE`, `SUITE/PATTERN` or `PATTERN` of packets.

    Raises UserError.
    """
    result: dict[str, tuple[str, ...]] = {}
    for name in names or USUAL:
        suite, slash, pattern = name.partition("/")
        if suite not in SUITES:
            if slash:
                raise UserError(f"{name}: there is no suite {suite!r}; there are {known()}")
            suite, pattern = "packets", name
        result[suite] = (*result.get(suite, ()), *([pattern] if pattern else []))
    return result


def known() -> str:
    """The suites, for messages."""
    return ", ".join(SUITES)
