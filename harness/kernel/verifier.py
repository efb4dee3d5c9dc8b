"""The verifier's log, read: why it refused a program, or what the program cost it."""

from __future__ import annotations

import re
from typing import Final

from harness.kernel.abi import program_information
from harness.kernel.interface import ProgramStatistics

_PROCESSED = re.compile(
    r"^processed (?P<instructions>\d+) insns.* total_states (?P<total>\d+) "
    r"peak_states (?P<peak>\d+)",
    re.M,
)
_TIME = re.compile(r"^verification time (?P<microseconds>\d+) usec", re.M)
_STACK = re.compile(r"^stack depth (?P<depths>\d+(?:\+\d+)*)", re.M)
_SOURCE_LINE = re.compile(r"^; .* @ (?P<place>\S+:\d+)$")
_INSTRUCTION = re.compile(r"^\d+: \([0-9a-f]{2}\) ")
_TOO_LARGE: Final = "BPF program is too large"
"""Said behind an instruction, on the same line."""

_FIGURES: Final = ("processed ", "verification time ", "stack depth ", "mark_precise: ")


def statistics(log: str, fd: int) -> ProgramStatistics:
    """Figures of a loaded program, from its log (BPF_LOG_STATS) and the kernel's information.

    Raises OSError.
    """
    information = program_information(fd)
    processed = _PROCESSED.search(log)
    time = _TIME.search(log)
    stack = _STACK.search(log)
    return ProgramStatistics(
        processed_instructions=int(processed["instructions"]) if processed else 0,
        total_states=int(processed["total"]) if processed else 0,
        peak_states=int(processed["peak"]) if processed else 0,
        stack=sum(map(int, stack["depths"].split("+"))) if stack else 0,
        verification_microseconds=int(time["microseconds"]) if time else 0,
        translated_bytes=information.translated_bytes,
        jited_bytes=information.jited_bytes,
    )


def summarize(log: str, with_place: bool = True) -> str:
    """Why the verifier refused, in one line: what it says after the last instruction, and where."""
    place = ""
    complaints: list[str] = []
    for line in log.splitlines():
        source = _SOURCE_LINE.match(line)
        if source:
            place = source["place"]
        elif _INSTRUCTION.match(line):
            complaints = [line[line.index(_TOO_LARGE) :]] if _TOO_LARGE in line else []
        elif line.strip() and not line.startswith((*_FIGURES, ";")):
            complaints.append(line.strip())
    if not complaints:
        return "the verifier gave no reason"
    complaint = ", ".join(complaints)
    return f"{place}: {complaint}" if place and with_place else complaint
