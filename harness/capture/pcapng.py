"""Reads pcapng (draft-ietf-opsawg-pcapng): blocks, of which packets and interfaces matter here."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from harness.capture.error import CaptureError, damaged
from harness.capture.record import LARGEST_RECORD, Record, Source

SECTION_HEADER: Final = b"\x0a\x0d\x0d\x0a"
INTERFACE_DESCRIPTION: Final = 1
OLD_PACKET: Final = 2
SIMPLE_PACKET: Final = 3
ENHANCED_PACKET: Final = 6
BYTE_ORDERS: Final = {b"\x1a\x2b\x3c\x4d": ">", b"\x4d\x3c\x2b\x1a": "<"}

LARGEST_BLOCK: Final = 16 << 20
OPTION_END: Final = 0
OPTION_RESOLUTION: Final = 9
OPTION_OFFSET: Final = 14
SECOND: Final = 1_000_000_000


@dataclass(slots=True)
class Interface:
    """What an interface description says. `units` are time stamp units in a second."""

    link_type: int
    longest: int
    units: int = 1_000_000
    offset: int = 0

    def time(self, high: int, low: int) -> int:
        """Nanoseconds of a time stamp."""
        return (high << 32 | low) * SECOND // self.units + self.offset * SECOND


class CutError(Exception):
    """The file ends within a block."""


class PcapngReader:
    """The records of a pcapng file whose first four bytes have been read.

    `notice` tells, after the last record, whether the file ends within a block.
    """

    def __init__(self, source: Source) -> None:
        self.source = source
        self.notice = ""
        self.order = "<"
        self.number = 0
        self.start = 0
        self.interfaces: list[Interface] = []

    def __iter__(self) -> Iterator[Record]:
        raw_type = SECTION_HEADER
        try:
            while raw_type:
                self.start = self.source.position - len(raw_type)
                if len(raw_type) < 4:
                    raise CutError
                yield from self.block(raw_type)
                raw_type = self.source.read(4)
        except CutError:
            self.notice = f"the block at byte {self.start}, after record {self.number}, is cut"

    def damaged(self, problem: str) -> CaptureError:
        """The error for the block that is being read."""
        where = f"block at byte {self.start}, after record {self.number}"
        return damaged(self.source.path, where, problem)

    def read(self, count: int) -> bytes:
        """So many bytes, all of them."""
        data = self.source.read(count)
        if len(data) < count:
            raise CutError
        return data

    def block(self, raw_type: bytes) -> Iterator[Record]:
        """One block, and the record in it if it has one."""
        raw_length = self.read(4)
        body = b""
        if raw_type == SECTION_HEADER:
            body = self.read(4)
            if body not in BYTE_ORDERS:
                raise self.damaged("a section header without byte order")
            self.order = BYTE_ORDERS[body]
            self.interfaces.clear()
        (length,) = struct.unpack(self.order + "I", raw_length)
        if length % 4 or not 12 + len(body) <= length <= LARGEST_BLOCK:
            raise self.damaged(f"a length of {length} bytes")
        body += self.read(length - 12 - len(body))
        if self.read(4) != raw_length:
            raise self.damaged("two lengths that differ")
        (kind,) = struct.unpack(self.order + "I", raw_type)
        try:
            yield from self.content(kind, body)
        except struct.error:
            raise self.damaged("too short for its kind") from None

    def content(self, kind: int, body: bytes) -> Iterator[Record]:
        """What a block means; kinds that hold no packets are passed over."""
        if kind == INTERFACE_DESCRIPTION:
            self.interfaces.append(self.interface(body))
        elif kind == ENHANCED_PACKET:
            number, high, low, captured, length = struct.unpack_from(self.order + "IIIII", body)
            yield self.record(number, (high, low), captured, length, body[20:])
        elif kind == OLD_PACKET:
            number, _, high, low, captured, length = struct.unpack_from(self.order + "HHIIII", body)
            yield self.record(number, (high, low), captured, length, body[20:])
        elif kind == SIMPLE_PACKET:
            (length,) = struct.unpack_from(self.order + "I", body)
            longest = self.interfaces[0].longest if self.interfaces else 0
            captured = min(length, longest or length, len(body) - 4)
            yield self.record(0, (0, 0), captured, length, body[4:])

    def record(
        self, number: int, stamp: tuple[int, int], captured: int, length: int, data: bytes
    ) -> Record:
        """A packet of an interface."""
        self.number += 1
        if number >= len(self.interfaces):
            raise self.damaged(f"record {self.number} of an interface that is not described")
        if captured > min(len(data), LARGEST_RECORD):
            raise self.damaged(f"record {self.number} longer than its block")
        interface = self.interfaces[number]
        time = interface.time(*stamp)
        return Record(self.number, self.start, time, interface.link_type, data[:captured], length)

    def interface(self, body: bytes) -> Interface:
        """An interface description with its options."""
        link_type, _, longest = struct.unpack_from(self.order + "HHI", body)
        interface = Interface(link_type, longest)
        rest = body[8:]
        while len(rest) >= 4:
            code, length = struct.unpack_from(self.order + "HH", rest)
            value = rest[4 : 4 + length]
            if code == OPTION_END:
                break
            if code == OPTION_RESOLUTION and length == 1:
                exponent = value[0] & 0x7F
                interface.units = 1 << exponent if value[0] & 0x80 else 10**exponent
            elif code == OPTION_OFFSET and length == 8:
                (interface.offset,) = struct.unpack(self.order + "q", value)
            rest = rest[4 + (length + 3) // 4 * 4 :]
        return interface
