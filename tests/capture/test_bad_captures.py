"""A damaged capture is one line that says where; what came before it has been run."""

from __future__ import annotations

import gzip
import struct
from pathlib import Path

import pytest

from harness.capture.error import CaptureError
from harness.capture.load import load_capture
from harness.errors import UserError
from tests.capture.files import (
    block,
    enhanced,
    ethernet,
    interface,
    pcap_header,
    pcap_record,
    section,
    write,
)

GOOD = pcap_record(ethernet(bytes(30)))
GOOD_NG = section() + interface() + enhanced(ethernet(bytes(30)))
LENGTHS = struct.pack("<I", 16)

BAD = {
    "empty": (b"", "is empty", 0),
    "text": (b"hello world", "is no pcap or pcapng (it begins with 68656c6c)", 0),
    "one byte": (b"\xd4", "is no pcap or pcapng", 0),
    "modified pcap": (struct.pack("<I", 0xA1B2CD34), "is no pcap or pcapng", 0),
    "only a magic": (pcap_header()[:4], "file header: cut after less than 24 bytes", 0),
    "cut header": (pcap_header()[:20], "file header: cut after less than 24 bytes", 0),
    "old version": (
        struct.pack("<IHHiIII", 0xA1B2C3D4, 1, 0, 0, 0, 0, 1),
        "file header: unknown version 1.0",
        0,
    ),
    "huge first record": (
        pcap_header() + struct.pack("<IIII", 0, 0, 1 << 30, 60),
        "record 1 at byte 24: a length of 1073741824 bytes",
        0,
    ),
    "huge third record": (
        pcap_header() + GOOD * 2 + struct.pack("<IIII", 0, 0, 0xFFFFFFFF, 60),
        "record 3 at byte 144: a length of 4294967295 bytes",
        2,
    ),
    "no byte order": (
        b"\x0a\x0d\x0d\x0a" + bytes(24),
        "block at byte 0, after record 0: a section header without byte order",
        0,
    ),
    "block of no length": (
        GOOD_NG + struct.pack("<II", 6, 0) + bytes(8),
        "after record 1: a length of 0 bytes",
        1,
    ),
    "block of odd length": (
        GOOD_NG + struct.pack("<II", 6, 33) + bytes(40),
        "after record 1: a length of 33 bytes",
        1,
    ),
    "huge block": (
        GOOD_NG + struct.pack("<II", 6, 1 << 31) + bytes(40),
        "after record 1: a length of 2147483648 bytes",
        1,
    ),
    "lengths differ": (
        GOOD_NG + struct.pack("<II", 9, 16) + bytes(4) + struct.pack("<I", 20),
        "after record 1: two lengths that differ",
        1,
    ),
    "short packet block": (GOOD_NG + block(6, bytes(8)), "too short for its kind", 1),
    "short interface block": (section() + block(1, bytes(4)), "too short for its kind", 0),
    "packet without interface": (
        section() + enhanced(b"x"),
        "record 1 of an interface that is not described",
        0,
    ),
    "packet of another interface": (
        GOOD_NG + enhanced(b"x", 0, 1),
        "record 2 of an interface that is not described",
        1,
    ),
    "packet longer than its block": (
        GOOD_NG + block(6, struct.pack("<IIIII", 0, 0, 0, 99, 99) + b"abc"),
        "record 2 longer than its block",
        1,
    ),
    "simple packet without interface": (
        section() + block(3, struct.pack("<I", 3) + b"abc"),
        "record 1 of an interface that is not described",
        0,
    ),
    "section forgets interfaces": (
        GOOD_NG + section() + enhanced(b"x"),
        "record 2 of an interface that is not described",
        1,
    ),
    "damaged gzip": (
        gzip.compress(pcap_header() + GOOD)[:10] + b"\xff" * 40,
        "is damaged gzip",
        0,
    ),
    "gzip of something else": (gzip.compress(b"hello"), "is no pcap or pcapng", 0),
}


@pytest.mark.parametrize("name", BAD)
def test_damaged_captures(tmp_path: Path, name: str) -> None:
    data, problem, before = BAD[name]
    path = write(tmp_path, data)
    seen = []
    with pytest.raises(CaptureError) as caught:
        for step in load_capture(path).steps:
            seen.append(step)
    message = str(caught.value)
    assert isinstance(caught.value, UserError)
    assert problem in message
    assert message.startswith(f"{path}: ")
    assert "\n" not in message
    assert len(seen) == before


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(CaptureError, match="cannot be read: No such file or directory"):
        load_capture(tmp_path / "gone.pcap")


def test_a_folder_is_no_capture(tmp_path: Path) -> None:
    with pytest.raises(CaptureError, match="cannot be read: Is a directory"):
        load_capture(tmp_path)
