"""Several processes that judge mutants, one each at a time."""

from __future__ import annotations

import fcntl
import gc
import os
import signal
import struct
import sys
from collections.abc import Callable, Generator, Iterator, Sequence
from typing import Final

from harness.mutate.child import die_with_parent

_NUMBER: Final = struct.Struct("<i")
ROOM: Final = 1 << 20
"""Bytes that a pipe may hold: every number has to fit in before the first is taken out."""

SET_PIPE_SIZE: Final = 1031

Body = Callable[[Iterator[int]], Iterator[int]]
"""What a worker does: takes numbers, gives back each one that is done."""


def run_workers(count: int, jobs: Sequence[int], body: Body) -> Generator[int, None, None]:
    """Have so many processes do all jobs; each number as it is done, in whatever order.

    Who stops taking numbers ends the workers. They die with this process.
    """
    todo = _filled_pipe(jobs)
    reading, writing = os.pipe()
    gc.freeze()
    children = [_start(todo, reading, writing, body) for _ in range(count)]
    os.close(todo)
    os.close(writing)
    try:
        while number := os.read(reading, _NUMBER.size):
            yield _NUMBER.unpack(number)[0]
    finally:
        os.close(reading)
        for child in children:
            os.kill(child, signal.SIGKILL)
        for child in children:
            os.waitpid(child, 0)
        gc.unfreeze()


def _filled_pipe(jobs: Sequence[int]) -> int:
    """The reading end of a pipe with all numbers, in pieces that no two readers share."""
    reading, writing = os.pipe()
    fcntl.fcntl(writing, SET_PIPE_SIZE, ROOM)
    os.set_blocking(writing, False)
    try:
        for job in jobs:
            os.write(writing, _NUMBER.pack(job))
    finally:
        os.close(writing)
    return reading


def _start(todo: int, reading: int, writing: int, body: Body) -> int:
    child = os.fork()
    if child:
        return child
    try:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        die_with_parent()
        os.close(reading)
        for number in body(_numbers(todo)):
            os.write(writing, _NUMBER.pack(number))
    except BaseException as error:
        sys.stderr.write(f"worker: {type(error).__name__}: {error}\n")
    finally:
        os._exit(0)


def _numbers(todo: int) -> Iterator[int]:
    while data := os.read(todo, _NUMBER.size):
        yield _NUMBER.unpack(data)[0]
