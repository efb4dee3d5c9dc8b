"""Steps and packets in a line."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.compare.describe import duration_words
from harness.packets import dissect, summary
from harness.report.console import one_line
from harness.report.words import note_words, outcome_words, step_words
from harness.step import ClockStep, CollectStep, OperationStep
from model.domain.address import parse_address
from model.domain.event import Hook
from model.domain.operation import RemoveRule, RemoveService
from model.domain.packet import Context, Outcome, Verdict
from model.domain.reason import Reason
from model.trace import Note
from tests.compare.example import SELECTION_EVENT, VERDICT_EVENT, tcp
from tests.lockstep.world import enters, leaves, step


@pytest.mark.parametrize(
    ("words", "given_step"),
    [
        (
            "IP / TCP 10.0.1.5:40000 > 10.0.2.7:80 S (leaves the pod, interface 10, 54 bytes)",
            leaves(),
        ),
        (
            "IP / TCP 10.0.2.7:80 > 10.0.1.5:40000 SA (enters the pod, interface 10, 54 bytes)",
            enters(),
        ),
        ("clock moves on by 60 s", ClockStep(60 * 10**9)),
        (
            "control plane: RemoveService, RemoveRule",
            OperationStep((RemoveService(1), RemoveRule(2))),
        ),
        ("collector runs", CollectStep()),
    ],
)
def test_steps(words: str, given_step: ClockStep) -> None:
    assert step_words(given_step) == words


@pytest.mark.parametrize(
    ("words", "outcome", "reason"),
    [
        (
            "pass [new]: IP / TCP 10.0.1.5:40000 > 10.0.3.1:8080 S / Raw",
            Outcome(Verdict.PASS, tcp(), Context()),
            Reason.NEW,
        ),
        (
            "redirect [rejected] to interface 10: IP / TCP 10.0.1.5:40000 > 10.0.3.1:8080 S / Raw",
            Outcome(Verdict.REDIRECT, tcp(), Context(), (), 10),
            Reason.REJECTED,
        ),
        (
            "drop; events: SelectionEvent, PolicyVerdictEvent",
            Outcome(Verdict.DROP, tcp(), Context(), (SELECTION_EVENT, VERDICT_EVENT)),
            None,
        ),
        (
            "fault: verdict 9 is none that the hook has [new]",
            Outcome(Verdict.DROP, b"", Context(), fault="verdict 9 is none that the hook has"),
            Reason.NEW,
        ),
    ],
)
def test_outcomes(words: str, outcome: Outcome, reason: Reason | None) -> None:
    assert outcome_words(outcome, reason) == words


@pytest.mark.parametrize(
    ("nanoseconds", "words"),
    [
        (0, "0 s"),
        (1, "1 ns"),
        (1_500, "1500 ns"),
        (2_000, "2 us"),
        (3_000_000, "3 ms"),
        (10**9, "1 s"),
        (8000 * 10**9 - 1, "7999999999999 ns"),
    ],
)
def test_durations(nanoseconds: int, words: str) -> None:
    assert duration_words(nanoseconds) == words


def test_notes() -> None:
    assert note_words(Note("CT-2", "new: no live flow")) == "new: no live flow"
    assert note_words(Note("LB-3a", "Maglev slot", 0)) == "Maglev slot: 0"
    assert note_words(Note("X", "address", parse_address("fd00::1"))) == "address: fd00::1"


@given(st.binary(max_size=200), st.sampled_from([b"\x08\x00", b"\x86\xdd", b"\x08\x06", b""]))
def test_whatever_the_bytes_there_is_a_line_for_them(rest: bytes, kind: bytes) -> None:
    frame = bytes(12) + kind + rest if kind else rest
    assert "\n" not in summary(frame)
    assert b"".join(bytes(layer.original[: len(frame)]) for layer in list(dissect(frame))[:1]) == (
        frame
    )
    assert step_words(step(Hook.TO_CONTAINER, frame)).endswith(f"{len(frame)} bytes)")


def test_ports_are_numbers_on_every_machine() -> None:
    assert "http" not in summary(leaves().packet.data)


@pytest.mark.parametrize(
    ("message", "line"),
    [
        ("a\nb\r\n\tc  d", "a b c d"),
        ("\x1b[31mred\x07", "?[31mred?"),
        ("café 捕", "café 捕"),
        ("a\x00b", "a?b"),
    ],
)
def test_a_message_is_one_line_without_control_characters(message: str, line: str) -> None:
    assert one_line(message) == line
