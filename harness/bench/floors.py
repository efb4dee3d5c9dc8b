"""The floor of a run: what one look-up and one insertion cost on this machine, now."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

import numpy as np

from harness.bench.addresses import ADDRESSES, INTERFACE
from harness.bench.case import REPEAT, Floor
from harness.bench.fill import Room, age, fill, make_room
from harness.bench.timing import Samples
from harness.bench.traffic import Traffic
from harness.bench.wrapper import MeasurementError, Wrapper
from harness.kernel.interface import Map
from harness.kernel.loader import load
from model.domain.address import Family

SOURCE: Final = Path(__file__).with_name("floors.bpf.c")
PROGRAMS: Final = {Floor.LOOKUP: "lookup", Floor.INSERT: "insert"}
REPEATS: Final = {Floor.LOOKUP: 5 * REPEAT, Floor.INSERT: REPEAT}
"""A look-up is so short that it takes more of them to tell it from nothing."""

PASSED: Final = 0
FRAMES: Final = {family: Traffic(ADDRESSES[family]).direct("A").data for family in Family}
PLACES: Final = {Family.IPV4: (26, 8), Family.IPV6: (38, 16)}
"""Where a key's addresses begin in a frame, and how many bytes they are; ports come next."""


class Floors:
    """The programs and their tables, loaded. `room` says how full the tables are."""

    def __init__(self, wrapper: Wrapper, room: Room) -> None:
        names = [f"{name}_ipv{family:d}" for name in PROGRAMS.values() for family in Family]
        self._object = load(SOURCE, programs=names)
        self._wrapper = wrapper
        self._room = room
        for family in Family:
            if room is Room.NONE:
                fill(self._table(family))
            else:
                age(self._table(family))

    def round(self, samples: Mapping[tuple[Floor, Family], Samples]) -> None:
        """One round of every floor. Raises MeasurementError."""
        wrapper = self._wrapper
        for (floor, family), one in samples.items():
            self._prepare(family)
            wrapper.set_packet(FRAMES[family])
            alone = wrapper.time(wrapper.empty, INTERFACE, REPEATS[floor]).nanoseconds
            program = self._object.programs[f"{PROGRAMS[floor]}_ipv{family:d}"].fd
            timing = wrapper.time(program, INTERFACE, REPEATS[floor])
            if timing.verdict != PASSED:
                raise MeasurementError(f"floor: {floor.value} in IPv{family:d} failed")
            one.wrapper.append(alone)
            one.whole.append(timing.nanoseconds)

    def close(self) -> None:
        """Give programs and tables back."""
        self._object.close()

    def _prepare(self, family: Family) -> None:
        """Room for what is inserted, and the entry of the frame that is looked up."""
        table = self._table(family)
        if self._room is Room.PLENTY:
            make_room(table)
        begin, length = PLACES[family]
        ends = begin + length
        frame = np.frombuffer(FRAMES[family], np.uint8)
        key = np.zeros(table.key_size, np.uint8)
        key[:length] = frame[begin:ends]
        key[length : length + 4] = frame[ends : ends + 4]
        table.update(key.tobytes(), bytes(table.value_size))

    def _table(self, family: Family) -> Map:
        return self._object.maps[f"floor_ipv{family:d}"]
