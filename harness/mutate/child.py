"""A piece of work in a process of its own, with a time limit that nothing outlives."""

from __future__ import annotations

import ctypes
import json
import os
import select
import signal
import sys
from collections.abc import Callable
from time import monotonic
from typing import Final

DEATH_SIGNAL: Final = 1
"""PR_SET_PDEATHSIG: what to send a process when its parent dies, however that happens."""

CHUNK: Final = 1 << 16

Work = Callable[[], dict[str, object]]


class ChildTimeoutError(Exception):
    """The work was not done in time; its process is gone."""


class ChildDiedError(Exception):
    """The process ended without an answer."""


def die_with_parent() -> None:
    """Have this process killed when its parent dies."""
    ctypes.CDLL(None).prctl(DEATH_SIGNAL, signal.SIGKILL)


def in_child(work: Work, limit: float) -> dict[str, object]:
    """The answer of the work, which must be fit for JSON.

    Raises ChildTimeoutError after so many seconds, ChildDiedError.
    """
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        _answer(work, writing)
    os.close(writing)
    try:
        data = _read(reading, monotonic() + limit)
    finally:
        os.close(reading)
        os.kill(child, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
    try:
        answer: dict[str, object] = json.loads(data)
    except ValueError:
        raise ChildDiedError(f"ended with status {status}") from None
    return answer


def _answer(work: Work, writing: int) -> None:
    """Never returns: what the parent has set up is not this process's to take down."""
    try:
        die_with_parent()
        data = json.dumps(work()).encode()
        while data:
            data = data[os.write(writing, data) :]
    except BaseException as error:
        sys.stderr.write(f"{type(error).__name__}: {error}\n")
    finally:
        os._exit(0)


def _read(descriptor: int, deadline: float) -> bytes:
    data = b""
    while True:
        ready, _, _ = select.select([descriptor], [], [], max(0.0, deadline - monotonic()))
        if not ready:
            raise ChildTimeoutError
        chunk = os.read(descriptor, CHUNK)
        if not chunk:
            return data
        data += chunk
