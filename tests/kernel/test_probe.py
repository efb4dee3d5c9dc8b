"""What the kernel can do is found out by trying."""

from __future__ import annotations

from pathlib import Path

from harness.kernel.probe import COARSE_CLOCK, supports_helper

PRECISE_CLOCK = 5
NO_HELPER = 99_999


def test_a_helper_that_every_kernel_has() -> None:
    assert supports_helper(PRECISE_CLOCK)


def test_a_helper_that_no_kernel_has() -> None:
    assert not supports_helper(NO_HELPER)


def test_the_coarse_clock_is_there_where_the_kernel_lists_it() -> None:
    symbols = Path("/proc/kallsyms").read_text("ascii").splitlines()
    listed = any(line.split()[2] == "bpf_ktime_get_coarse_ns" for line in symbols)
    assert supports_helper(COARSE_CLOCK) is listed
