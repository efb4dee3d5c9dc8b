"""Rounds over cases, one after the other, so that a busy machine is busy for all of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Final

from harness.bench.addresses import INTERFACE, UNKNOWN_INTERFACE
from harness.bench.case import Case
from harness.bench.fill import Room, age, fill, make_room
from harness.bench.wrapper import MeasurementError, Wrapper
from harness.datapath.codec.codecs import Codecs
from harness.datapath.subject import PROGRAMS, KernelSubject
from harness.kernel.interface import Map
from harness.subject import Refused
from model.domain.address import Family
from model.domain.configuration import Configuration
from model.domain.event import Hook
from model.domain.operation import SetConfiguration
from model.domain.packet import Outcome, Packet
from model.domain.state import CounterKey

ARP: Final = bytes(12) + b"\x08\x06" + bytes(46)

GROUPS: Final = 3
"""Parts of the rounds whose minima are compared: how far they are apart is the noise."""


@dataclass(slots=True)
class Samples:
    """Nanoseconds per packet by round: with the wrapper, and the wrapper alone."""

    whole: list[float] = field(default_factory=list)
    wrapper: list[float] = field(default_factory=list)

    @property
    def minimum(self) -> float:
        """Least time, net of the wrapper's least."""
        return max(min(self.whole) - min(self.wrapper), 0.0)

    @property
    def median(self) -> float:
        """Median time, net of the wrapper's median."""
        return max(median(self.whole) - median(self.wrapper), 0.0)

    @property
    def noise(self) -> float:
        """How far the minima of parts of the rounds are apart, as a share of the least."""
        parts = [
            min(self.whole[part::GROUPS]) - min(self.wrapper)
            for part in range(min(GROUPS, len(self.whole)))
        ]
        return (max(parts) - min(parts)) / max(min(parts), 1.0)


class Lane:
    """One loader's datapath at the wrapper. `room` says how full its tables of flows are."""

    def __init__(self, subject: KernelSubject, wrapper: Wrapper, room: Room = Room.PLENTY) -> None:
        self.subject = subject
        self.room = room
        self.wrapper = wrapper
        self._codecs = Codecs(subject.loaded.btf)
        self._configuration: Configuration | None = None
        self._places: dict[Packet, int] = {}
        for interface in (INTERFACE, UNKNOWN_INTERFACE):
            # Test runs need the device to be there; the subject makes it for its first packet.
            self.send(Packet(Hook.FROM_CONTAINER, interface, ARP))
        for family in Family:
            if room is Room.NONE:
                fill(self._flows(family))
            else:
                age(self._flows(family))

    def round(self, case: Case, samples: Samples) -> None:
        """One round of a case. Raises MeasurementError."""
        self._prepare(case)
        place = self._places.get(case.packet, 0)
        wrapper, packet = self.wrapper, case.packet
        wrapper.set_packet(packet.data, case.series, place)
        alone = wrapper.time(wrapper.empty, packet.interface, case.repeat).nanoseconds
        wrapper.set_packet(packet.data, case.series, place)
        self._places[case.packet] = place + case.repeat
        before = self.count(case)
        program = self.subject.loaded.programs[PROGRAMS[case.hook]].fd
        whole = wrapper.time(program, packet.interface, case.repeat).nanoseconds
        counted = self.count(case) - before
        if counted != case.repeat:
            raise MeasurementError(
                f"case {case.name} (IPv{case.family:d}): {counted:,} of {case.repeat:,} packets "
                f"ended as {case.reason.name.lower()}; the others took another way"
            )
        samples.whole.append(whole)
        samples.wrapper.append(alone)

    def send(self, packet: Packet) -> Outcome:
        """Run a packet through its hook, once. Raises MeasurementError."""
        outcome = self.subject.process(packet)
        if isinstance(outcome, Refused):
            raise MeasurementError(f"the kernel refuses a packet: {outcome.error}")
        return outcome

    def make_room(self, family: Family) -> None:
        """Remove every flow."""
        make_room(self._flows(family))

    def _prepare(self, case: Case) -> None:
        """Configuration, room, planted entries and the flow; the ring is empty afterwards."""
        if self.room is Room.PLENTY and case.series is not None and not case.keeps_flows:
            self.make_room(case.family)
        if case.configuration != self._configuration:
            self.subject.apply((SetConfiguration(case.configuration),))
            self._configuration = case.configuration
        if case.planted:
            self.subject.apply(case.planted)
        for packet in case.opening:
            self.send(packet)
        self.subject.loaded.ring("events").drain()

    def _flows(self, family: Family) -> Map:
        return self.subject.loaded.maps[f"conntrack_ipv{family:d}"]

    def count(self, case: Case) -> int:
        """Packets that have ended as the case says, so far."""
        codec = self._codecs.counter
        key = codec.encode_key(CounterKey(case.hook, case.reason))
        return codec.decode(self.subject.loaded.maps["counters"].lookup(key) or b"").packets


def rounds(
    lanes: dict[str, Lane],
    cases: Sequence[Case],
    count: int,
    advance: Callable[[str], None],
) -> dict[tuple[str, str, int], Samples]:
    """So many rounds of every case on every lane; samples by lane, case and family."""
    samples: dict[tuple[str, str, int], Samples] = {}
    for _ in range(count):
        for case in cases:
            for name, lane in lanes.items():
                key = name, case.name, case.family.value
                lane.round(case, samples.setdefault(key, Samples()))
                advance(case.name)
    return samples
