"""The verifier's log in one line."""

from __future__ import annotations

import pytest

from harness.kernel.verifier import summarize

FIGURES = "processed 9 insns (limit 1000000) max_states_per_insn 0 total_states 0 peak_states 0\n"


@pytest.mark.parametrize(
    ("log", "summary"),
    [
        ("", "the verifier gave no reason"),
        (FIGURES, "the verifier gave no reason"),
        (
            "Failed to find kernel BTF type ID of 'x'\n" + FIGURES,
            "Failed to find kernel BTF type ID of 'x'",
        ),
        (
            "; return a[i]; @ parse.h:12\n5: (71) r0 = *(u8 *)(r1 +3)\nR1 unbounded\n" + FIGURES,
            "parse.h:12: R1 unbounded",
        ),
        (
            "; x @ a.h:1\n1: (85) call pc+4\nfirst try\n; y @ b.h:2\n2: (95) exit\nR0 !read_ok\n",
            "b.h:2: R0 !read_ok",
        ),
        (
            "; z @ c.h:3\n7: (16) if w1 == 0x0 goto pc-3 BPF program is too large. "
            "Processed 1000001 insn\n" + FIGURES,
            "c.h:3: BPF program is too large. Processed 1000001 insn",
        ),
    ],
)
def test_the_last_complaint_is_told_with_its_place(log: str, summary: str) -> None:
    assert summarize(log) == summary


def test_the_place_can_be_left_out() -> None:
    assert summarize("; x @ a.h:1\n1: (95) exit\nR0 !read_ok\n", with_place=False) == "R0 !read_ok"
