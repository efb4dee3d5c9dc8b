"""pcap and pcapng in every variety give the same records, one at a time."""

from __future__ import annotations

import gzip
import struct
import tracemalloc
from pathlib import Path

import pytest
from scapy.layers.l2 import Ether
from scapy.utils import PcapNgWriter, PcapWriter

from harness.capture.reader import CaptureReader
from harness.capture.record import Record
from tests.capture.files import (
    block,
    enhanced,
    ethernet,
    interface,
    ipv4,
    option,
    pcap_header,
    pcap_record,
    section,
    write,
)

FRAMES = [ethernet(ipv4("10.0.0.1", "10.0.0.2", bytes([number]) * number)) for number in (1, 2, 5)]


def records(path: Path) -> list[Record]:
    return list(CaptureReader(path))


def frames(path: Path) -> list[bytes]:
    return [record.data for record in records(path)]


@pytest.mark.parametrize("order", "<>")
@pytest.mark.parametrize(("unit", "nanoseconds"), [("us", 7_000), ("ns", 7)])
def test_pcap_in_both_byte_orders_and_units(
    tmp_path: Path, order: str, unit: str, nanoseconds: int
) -> None:
    data = pcap_header(1, order, unit) + b"".join(
        pcap_record(frame, 5, 7, order, len(frame) + 1) for frame in FRAMES
    )
    found = records(write(tmp_path, data))
    assert [record.data for record in found] == FRAMES
    assert [record.number for record in found] == [1, 2, 3]
    assert {record.time for record in found} == {5 * 10**9 + nanoseconds}
    assert all(record.is_cut for record in found)
    assert found[1].offset == 24 + 16 + len(FRAMES[0])


@pytest.mark.parametrize("order", "<>")
def test_pcapng_in_both_byte_orders(tmp_path: Path, order: str) -> None:
    data = section(order) + interface(1, order) + block(0x0BAD, b"unknown", order)
    data += b"".join(enhanced(frame, 5_000_007, 0, order) for frame in FRAMES)
    found = records(write(tmp_path, data, "case.pcapng"))
    assert [record.data for record in found] == FRAMES
    assert {record.time for record in found} == {5 * 10**9 + 7_000}
    assert {record.link_type for record in found} == {1}


@pytest.mark.parametrize(
    ("resolution", "stamp", "nanoseconds"),
    [(9, 7, 7), (3, 7, 7_000_000), (0x80 | 10, 1024, 10**9), (12, 7_000, 7)],
)
def test_pcapng_resolutions(tmp_path: Path, resolution: int, stamp: int, nanoseconds: int) -> None:
    options = option(9, bytes([resolution])) + option(14, struct.pack("<q", 3)) + option(0, b"")
    data = section() + interface(1, "<", options) + enhanced(FRAMES[0], stamp)
    (found,) = records(write(tmp_path, data))
    assert found.time == 3 * 10**9 + nanoseconds


def test_pcapng_with_interfaces_and_sections_of_their_own(tmp_path: Path) -> None:
    first = section() + interface(1) + interface(101) + enhanced(b"a", 0, 1) + enhanced(b"b", 0, 0)
    second = section(">") + interface(113, ">") + enhanced(b"c", 0, 0, ">")
    found = records(write(tmp_path, first + second))
    assert [(one.data, one.link_type) for one in found] == [(b"a", 101), (b"b", 1), (b"c", 113)]


def test_pcapng_simple_and_old_packets(tmp_path: Path) -> None:
    simple = block(3, struct.pack("<I", 5) + b"abcde")
    old = block(2, struct.pack("<HHIIII", 0, 0, 0, 9, 3, 3) + b"xyz")
    found = records(write(tmp_path, section() + interface() + simple + old))
    assert [(one.data, one.time) for one in found] == [(b"abcde", 0), (b"xyz", 9_000)]


def test_packed_captures(tmp_path: Path) -> None:
    data = pcap_header() + b"".join(pcap_record(frame) for frame in FRAMES)
    assert frames(write(tmp_path, gzip.compress(data), "case.pcap.gz")) == FRAMES


@pytest.mark.parametrize("writer", [PcapWriter, PcapNgWriter])
def test_files_that_another_program_wrote(tmp_path: Path, writer: type) -> None:
    path = tmp_path / "scapy.capture"
    with writer(str(path)) as out:
        for frame in FRAMES:
            out.write(Ether(frame))
    assert frames(path) == FRAMES


def test_a_file_can_be_walked_twice(tmp_path: Path) -> None:
    reader = CaptureReader(write(tmp_path, pcap_header() + pcap_record(FRAMES[0])))
    assert list(reader) == list(reader) != []


@pytest.mark.parametrize("cut", range(1, 17 + len(FRAMES[2])))
def test_a_file_cut_within_its_last_record_gives_the_others(tmp_path: Path, cut: int) -> None:
    whole = pcap_header() + b"".join(pcap_record(frame) for frame in FRAMES)
    reader = CaptureReader(write(tmp_path, whole[:-cut]))
    assert [record.data for record in reader] == FRAMES[:2]
    last = 16 + len(FRAMES[2])
    assert ("record 3 at byte" in reader.notice) == (cut < last)


@pytest.mark.parametrize("cut", [1, 4, 7, 20])
def test_a_pcapng_file_cut_within_its_last_block_says_so(tmp_path: Path, cut: int) -> None:
    whole = section() + interface() + enhanced(FRAMES[0]) + enhanced(FRAMES[1])
    reader = CaptureReader(write(tmp_path, whole[:-cut]))
    assert [record.data for record in reader] == FRAMES[:1]
    assert "after record 1, is cut" in reader.notice


def test_a_packed_file_that_ends_too_early_gives_what_there_is(tmp_path: Path) -> None:
    data = pcap_header() + b"".join(pcap_record(frame) for frame in FRAMES)
    reader = CaptureReader(write(tmp_path, gzip.compress(data)[:-9]))
    assert len(list(reader)) <= len(FRAMES)
    assert reader.notice == "the gzip data ends too early"


def test_memory_does_not_grow_with_the_file(tmp_path: Path) -> None:
    frame = ethernet(bytes(1000))
    path = tmp_path / "large.pcap"
    with path.open("wb") as file:
        file.write(pcap_header())
        for _ in range(20_000):
            file.write(pcap_record(frame))
    tracemalloc.start()
    count = sum(1 for _ in CaptureReader(path))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert count == 20_000
    assert peak < 1 << 20
