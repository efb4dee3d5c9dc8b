"""Whatever happens to a capture, walking it gives steps or one line that says what is wrong."""

from __future__ import annotations

import gzip
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given, settings
from hypothesis import strategies as st

from harness.capture.load import load_capture
from harness.errors import UserError
from tests.capture.files import (
    enhanced,
    ethernet,
    interface,
    ipv4,
    pcap_header,
    pcap_record,
    section,
)

FRAME = ethernet(ipv4("10.0.0.1", "10.0.0.2", bytes(20), protocol=17))
SEEDS = [
    pcap_header() + pcap_record(FRAME) * 3,
    pcap_header(order=">", unit="ns") + pcap_record(FRAME, order=">") * 3,
    section() + interface() + enhanced(FRAME) * 3,
    section(">") + interface(101, ">") + enhanced(FRAME[14:], order=">") * 2,
    gzip.compress(pcap_header() + pcap_record(FRAME) * 3),
]
BYTES = st.lists(st.tuples(st.integers(0, 400), st.integers(0, 255)), max_size=4)


@settings(max_examples=300, deadline=None)
@given(seed=st.sampled_from(SEEDS), flips=BYTES, length=st.integers(0, 400))
def test_damaged_captures(seed: bytes, flips: list[tuple[int, int]], length: int) -> None:
    data = bytearray(seed)
    for offset, value in flips:
        data[offset % len(data)] = value
    with TemporaryDirectory() as folder:
        path = Path(folder, "case.pcap")
        path.write_bytes(data[:length])
        try:
            steps = list(load_capture(path).steps)
        except UserError as error:
            assert "\n" not in str(error)
        else:
            assert len(steps) <= 20
