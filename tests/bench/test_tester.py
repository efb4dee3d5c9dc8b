"""A large capture is made on the fly, and read as any other."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from harness.bench import tester
from harness.bench.capture import CHUNK, write_capture
from harness.errors import UserError
from harness.sources import Source
from harness.step import PacketStep


def test_a_capture_is_read_back(tmp_path: Path) -> None:
    path = tmp_path / "large.pcap"
    with path.open("wb") as file:
        write_capture(file, 1 << 20)
    (scenario,) = Source(path, is_capture=True).scenarios()
    packets = [step.packet for step in scenario.steps if isinstance(step, PacketStep)]
    assert len(packets) == CHUNK
    assert len({packet.data[34:36] for packet in packets}) == CHUNK // 4


def test_import_is_measured() -> None:
    found = {one.name: one for one in tester.imported(1 << 20)}
    assert found["tester/import/packets"].value > 0
    assert found["tester/import/memory-growth"].is_met


def test_a_command_that_fails_is_no_measurement() -> None:
    with pytest.raises(UserError, match="is not measured"):
        tester.output_of((sys.executable, "-c", "raise SystemExit('no')"))
