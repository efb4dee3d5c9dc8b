"""What became of the records of captures, summed up."""

from __future__ import annotations

from collections import Counter

from harness.capture.statistics import CaptureStatistics
from harness.report.captures import CaptureReport


def statistics(**skipped: int) -> CaptureStatistics:
    return CaptureStatistics(records=10, cut=1, skipped=Counter(skipped))


def test_no_captures_no_words() -> None:
    assert CaptureReport().lines() == []


def test_captures_are_summed_up_the_most_frequent_reason_first() -> None:
    clock = CaptureStatistics(records=1_000, clock_back=2)
    report = CaptureReport({"a": statistics(usb=1, wifi=4), "b": statistics(usb=2), "c": clock})
    assert report.lines() == [
        "captures: 1,020 records of 3 files",
        "  4 left out: wifi",
        "  3 left out: usb",
        "  2 held in part, run as they are",
        "  2 with a time stamp before an earlier one, where no time passes",
    ]
    assert report.as_object() == {
        "files": 3,
        "records": 1020,
        "skipped": {"usb": 3, "wifi": 4},
        "cut": 2,
        "clock_back": 2,
        "notices": [],
    }


def test_the_first_files_that_end_too_early_are_named() -> None:
    report = CaptureReport({name: CaptureStatistics(1, notice="is cut") for name in "abcde"})
    assert report.lines() == [
        "captures: 5 records of 5 files",
        "  a: is cut",
        "  b: is cut",
        "  c: is cut",
        "  2 more files cut short (-v names them)",
    ]
    assert len(CaptureReport({"a": CaptureStatistics(1, notice="is cut")}).notices) == 1


def test_rare_reasons_are_only_counted() -> None:
    reasons = {f"type {number}": 9 - number for number in range(9)}
    lines = CaptureReport({"a": statistics(**reasons)}).lines()
    assert lines[1:8] == [
        *(f"  {9 - number} left out: type {number}" for number in range(6)),
        "  6 left out for 3 other reasons (--json has them all)",
    ]
