"""Work in a process of its own: its answer, its death, its limit."""

from __future__ import annotations

import os
import signal
import time

import pytest

from harness.mutate.child import ChildDiedError, ChildTimeoutError, in_child
from tests.mutate.processes import children


def test_the_answer_comes_back() -> None:
    parent = os.getpid()
    answer = in_child(lambda: {"is_child": os.getpid() != parent, "text": "x" * 200_000}, 10)
    assert answer == {"is_child": True, "text": "x" * 200_000}


def forever() -> dict[str, object]:
    while True:
        time.sleep(0.01)


def test_what_takes_too_long_is_killed() -> None:
    begin = time.monotonic()
    with pytest.raises(ChildTimeoutError):
        in_child(forever, 0.2)
    assert time.monotonic() - begin < 5


def killed() -> dict[str, object]:
    os.kill(os.getpid(), signal.SIGKILL)
    return {}


def test_a_death_is_no_answer() -> None:
    with pytest.raises(ChildDiedError):
        in_child(killed, 10)


def raises() -> dict[str, object]:
    raise ValueError("a mistake")


def test_an_exception_is_no_answer_and_is_told(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(ChildDiedError):
        in_child(raises, 10)
    assert "ValueError: a mistake" in capfd.readouterr().err


def test_no_process_is_left() -> None:
    before = children()
    with pytest.raises(ChildTimeoutError):
        in_child(forever, 0.05)
    assert children() <= before
