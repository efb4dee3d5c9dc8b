"""Reads pcap (draft-ietf-opsawg-pcap): a header of 24 bytes, then records.

Read here rather than by Scapy, whose readers take a damaged or cut file for its end and say
nothing.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Final

from harness.capture.error import damaged
from harness.capture.record import LARGEST_RECORD, Record, Source

SECOND: Final = 1_000_000_000
MAGICS: Final = {
    b"\xa1\xb2\xc3\xd4": (">", 1_000),
    b"\xd4\xc3\xb2\xa1": ("<", 1_000),
    b"\xa1\xb2\x3c\x4d": (">", 1),
    b"\x4d\x3c\xb2\xa1": ("<", 1),
}
"""Byte order, and nanoseconds of the unit in which fractions of a second are counted."""

HEADER_REST: Final = 20
RECORD_HEADER: Final = 16
LINK_TYPE_MASK: Final = 0xFFFF


class PcapReader:
    """The records of a pcap file whose first four bytes have been read.

    `notice` tells, after the last record, whether the file ends within a record.
    """

    def __init__(self, source: Source, magic: bytes) -> None:
        self.source = source
        self.notice = ""
        self.order, self.unit = MAGICS[magic]

    def __iter__(self) -> Iterator[Record]:
        source = self.source
        header = source.read(HEADER_REST)
        if len(header) < HEADER_REST:
            raise damaged(source.path, "file header", "cut after less than 24 bytes")
        major, minor, _, _, _, link_type = struct.unpack(self.order + "HHIIII", header)
        if major != 2:
            raise damaged(source.path, "file header", f"unknown version {major}.{minor}")
        unpack = struct.Struct(self.order + "IIII").unpack
        number = 1
        while head := source.read(RECORD_HEADER):
            offset = source.position - len(head)
            where = f"record {number} at byte {offset}"
            if len(head) < RECORD_HEADER:
                self.notice = f"{where} is cut within its header"
                return
            seconds, fraction, captured, length = unpack(head)
            if captured > LARGEST_RECORD:
                raise damaged(source.path, where, f"a length of {captured} bytes")
            data = source.read(captured)
            if len(data) < captured:
                self.notice = f"{where} is cut: {len(data)} of {captured} bytes are there"
                return
            time = seconds * SECOND + fraction * self.unit
            yield Record(number, offset, time, link_type & LINK_TYPE_MASK, data, length)
            number += 1
