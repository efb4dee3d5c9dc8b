"""Capture files for the tests, built byte by byte from the format's descriptions."""

from __future__ import annotations

import struct
from pathlib import Path

from harness.capture.load import load_capture
from harness.step import Step

ETHERNET, RAW, NULL, LOOP, COOKED, COOKED_2, PPP = 1, 101, 0, 108, 113, 276, 9
PCAP_MAGIC = {"us": 0xA1B2C3D4, "ns": 0xA1B23C4D}


def pcap_header(link_type: int = ETHERNET, order: str = "<", unit: str = "us") -> bytes:
    return struct.pack(order + "IHHiIII", PCAP_MAGIC[unit], 2, 4, 0, 0, 262144, link_type)


def pcap_record(
    data: bytes, seconds: int = 0, fraction: int = 0, order: str = "<", length: int | None = None
) -> bytes:
    size = len(data) if length is None else length
    return struct.pack(order + "IIII", seconds, fraction, len(data), size) + data


def block(kind: int, body: bytes, order: str = "<") -> bytes:
    body += bytes(-len(body) % 4)
    length = struct.pack(order + "I", 12 + len(body))
    return struct.pack(order + "I", kind) + length + body + length


def section(order: str = "<") -> bytes:
    return block(0x0A0D0D0A, struct.pack(order + "IHHq", 0x1A2B3C4D, 1, 0, -1), order)


def option(code: int, value: bytes, order: str = "<") -> bytes:
    return struct.pack(order + "HH", code, len(value)) + value + bytes(-len(value) % 4)


def interface(link_type: int = ETHERNET, order: str = "<", options: bytes = b"") -> bytes:
    return block(1, struct.pack(order + "HHI", link_type, 0, 262144) + options, order)


def enhanced(data: bytes, stamp: int = 0, number: int = 0, order: str = "<") -> bytes:
    head = struct.pack(
        order + "IIIII", number, stamp >> 32, stamp & 0xFFFFFFFF, len(data), len(data)
    )
    return block(6, head + data, order)


def ethernet(payload: bytes, kind: int = 0x0800) -> bytes:
    return bytes.fromhex("020000000002020000000001") + struct.pack(">H", kind) + payload


def ipv4(source: str, destination: str, data: bytes = b"", protocol: int = 253) -> bytes:
    """An IPv4 packet with a checksum of 0: nobody here looks at it."""
    head = struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(data), 1, 0, 64, protocol, 0)
    return head + address(source) + address(destination) + data


def address(text: str) -> bytes:
    return bytes(int(part) for part in text.split("."))


def write(folder: Path, data: bytes, name: str = "case.pcap") -> Path:
    file = folder / name
    file.write_bytes(data)
    return file


def steps_of(folder: Path, data: bytes, name: str = "case.pcap") -> list[Step]:
    """All steps of a capture."""
    return list(load_capture(write(folder, data, name)).steps)
