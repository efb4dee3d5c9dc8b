"""Times a program over packets that a program of ours puts back before each pass."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from time import thread_time_ns
from typing import Final, NamedTuple

import numpy as np

from harness.errors import UserError
from harness.kernel.interface import KernelContext, RunResult
from harness.kernel.loader import load
from harness.kernel.test_run import TestRun

SOURCE: Final = Path(__file__).with_name("wrapper.bpf.c")
TARGET_KEY: Final = bytes(4)
FIRST_WORD: Final = 6
WORD: Final = 8
"""Bytes of a frame before the words that the wrapper writes."""

NOT_CALLED: Final = 77
"""What the wrapper returns where it could not hand the packet on."""


class MeasurementError(UserError):
    """What was to be measured did not happen, so there is no figure."""


@dataclass(frozen=True, slots=True)
class Series:
    """How packets of one case differ: a port, and every `ports` packets an address.

    Offsets are bytes from the frame's begin; `address_offset` is that of an address's last four
    bytes, 0 for one address. `multiplier` scatters the order: a prime, or 1. After `length` packets
    the first one comes again.
    """

    length: int
    ports: int
    port_offset: int
    first_port: int
    address_offset: int = 0
    first_address: int = 0
    multiplier: int = 1


class Timing(NamedTuple):
    """Nanoseconds per packet, and what the last pass returned and left."""

    nanoseconds: float
    verdict: int
    frame: bytes


class Wrapper:
    """The wrapper, loaded. Use from one thread, kept to one CPU.

    Raises what harness.kernel.loader.load raises.
    """

    def __init__(self, source: Path = SOURCE) -> None:
        self._object = load(source, programs=("restore", "restore_next", "empty"))
        self.empty = self._object.programs["empty"].fd
        layout = self._object.btf.structures["packet_template"]
        memory = self._object.maps["templates"].memory()
        self._template = np.frombuffer(memory, layout, count=1)[0]
        self._runs: dict[tuple[str, int], TestRun] = {}
        self._frame = b""

    def set_packet(self, frame: bytes, series: Series | None = None, place: int = 0) -> None:
        """The packet of the next runs; `place` is where in the series they begin."""
        template = self._template
        words = padded(frame)[FIRST_WORD:]
        shown = min(len(words) // WORD, len(template["words"]))
        template["length"] = len(words) + FIRST_WORD
        template["ethernet"] = np.frombuffer(frame, np.uint32, count=1)[0]
        template["ethernet_end"] = np.frombuffer(frame, np.uint16, count=3)[2]
        template["words"][:shown] = np.frombuffer(words, np.uint64, count=shown)
        template["series"] = 0
        if series is not None:
            template["series"] = series.length
            template["next"] = place
            for name in ("ports", "port_offset", "first_port", "multiplier"):
                template[name] = getattr(series, name)
            template["address_offset"] = series.address_offset
            template["first_address"] = series.first_address
        self._frame = padded(frame)

    def time(self, program: int, interface: int, repeat: int) -> Timing:
        """Run the program with that file descriptor on the packet, so many times.

        The time is that of the thread, without what others take of the CPU meanwhile.
        Raises MeasurementError.
        """
        self._object.maps["target"].update(TARGET_KEY, program.to_bytes(4, "little"))
        name = "restore_next" if self._template["series"] else "restore"
        return self.run(name, interface, repeat)

    def run(self, name: str, interface: int, repeat: int) -> Timing:
        """Run one of the wrapper's programs with its target as it is. Raises MeasurementError."""
        run = self._run_of(name, repeat)
        context = KernelContext(interface=interface)
        begin = thread_time_ns()
        result = run(self._frame, context)
        nanoseconds = thread_time_ns() - begin
        if not isinstance(result, RunResult):
            raise MeasurementError(f"the kernel refuses the measurement: {result.reason}")
        if result.verdict == NOT_CALLED:
            raise MeasurementError(
                "the measured program could not be called: there is none, or the packet could not "
                "be restored"
            )
        return Timing(nanoseconds / repeat, result.verdict, result.frame)

    def forget_target(self) -> None:
        """No program is called from now on."""
        self._object.maps["target"].delete(TARGET_KEY)

    def time_bare(self, program: int, interface: int, repeat: int) -> float:
        """Nanoseconds of a program by itself, with nothing put back. Raises MeasurementError."""
        run = TestRun(program, repeat)
        context = KernelContext(interface=interface)
        begin = thread_time_ns()
        result = run(self._frame, context)
        nanoseconds = thread_time_ns() - begin
        if not isinstance(result, RunResult):
            raise MeasurementError(f"the kernel refuses the measurement: {result.reason}")
        return nanoseconds / repeat

    def close(self) -> None:
        """Give the programs back."""
        del self._template
        self._object.close()

    def _run_of(self, program: str, repeat: int) -> TestRun:
        key = program, repeat
        if key not in self._runs:
            self._runs[key] = TestRun(self._object.programs[program].fd, repeat)
        return self._runs[key]


def padded(frame: bytes) -> bytes:
    """A frame with Ethernet padding, so that the wrapper's words cover all of it."""
    length = max(len(frame), 60)
    return frame.ljust(length + (FIRST_WORD - length) % WORD, b"\0")
