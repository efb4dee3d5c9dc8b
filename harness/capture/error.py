"""What is wrong with a capture."""

from __future__ import annotations

from harness.scenario.error import FormatError, Place


class CaptureError(FormatError):
    """A capture that cannot be read any further.

    The message is one line: `file: record 7 at byte 1234: what is wrong; how to mend it`. Records
    before it have been handed out.
    """


def damaged(path: str, where: str, problem: str) -> CaptureError:
    """The error for a file whose structure is broken."""
    return CaptureError(Place(path), f"{where}: {problem}", "the file is damaged, record it anew")
