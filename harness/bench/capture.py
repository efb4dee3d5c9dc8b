"""A large capture, made on the fly: many connections of a few packets each."""

from __future__ import annotations

import struct
from typing import BinaryIO, Final

import numpy as np

from harness.bench.addresses import ADDRESSES
from harness.bench.traffic import FIRST_PORT, PORTS, Traffic
from model.domain.address import Family

FILE_HEADER: Final = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262_144, 1)
RECORD: Final = struct.Struct("<IIII")
PAYLOAD: Final = 1_000
CHUNK: Final = 10_000
"""Records that are made at once."""

SOURCE_PORT: Final = 34


def write_capture(file: BinaryIO, size: int) -> None:
    """Write pcap of about so many bytes: TCP data of IPv4 with ports that change."""
    frame = Traffic(ADDRESSES[Family.IPV4]).direct("A").data + bytes(PAYLOAD)
    record = RECORD.pack(1, 0, len(frame), len(frame)) + frame
    rows = np.tile(np.frombuffer(record, np.uint8), (CHUNK, 1))
    place = RECORD.size + SOURCE_PORT
    file.write(FILE_HEADER)
    written, number = 0, 0
    while written < size:
        ports = FIRST_PORT + np.arange(number, number + CHUNK) // 4 % PORTS
        rows[:, place : place + 2] = ports.astype(">u2").view(np.uint8).reshape(CHUNK, 2)
        written += file.write(rows.tobytes())
        number += CHUNK
