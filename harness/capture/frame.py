"""One frame of a capture, for scenarios that name it by its number."""

from __future__ import annotations

from pathlib import Path

from harness.capture.error import CaptureError
from harness.capture.link import CONVERTERS, link_type_name
from harness.capture.reader import CaptureReader
from harness.scenario.error import Place


def frame_of_capture(path: Path, number: int) -> bytes:
    """The frame of a record, as Ethernet. Raises CaptureError."""
    last = 0
    place = Place(str(path))
    for record in CaptureReader(path):
        last = record.number
        if last < number:
            continue
        convert = CONVERTERS.get(record.link_type)
        if convert is None:
            kind = link_type_name(record.link_type)
            raise CaptureError(place, f"record {number} has link type {kind}", "use another")
        frame = convert(record.data)
        if frame is None:
            raise CaptureError(
                place, f"record {number} holds no IP packet or whole frame", "use another"
            )
        return frame
    raise CaptureError(place, f"there is no record {number}", f"the last is {last}")
