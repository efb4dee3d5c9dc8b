"""Folders for what is not complete yet, or not to stay: gone in the end, whatever happens.

Each is locked while it is used. So what a killed process left is told from what another one is
busy with, and the next one clears it away.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def scratch_folder(parent: Path, prefix: str) -> Iterator[Path]:
    """A new folder below `parent`, gone in the end. Raises OSError."""
    scratch, lock = locked_folder(parent, prefix)
    try:
        yield scratch
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
        os.close(lock)


def locked_folder(parent: Path, prefix: str) -> tuple[Path, int]:
    """A new folder with its lock; another one if it was cleared away before it was locked."""
    while True:
        scratch = Path(tempfile.mkdtemp(dir=parent, prefix=prefix))
        try:
            lock = os.open(scratch, os.O_RDONLY | os.O_DIRECTORY)
        except FileNotFoundError:
            continue
        fcntl.flock(lock, fcntl.LOCK_EX)
        if scratch.exists():
            return scratch, lock
        os.close(lock)


def remove_scratch(parent: Path, prefix: str) -> None:
    """Clear away what killed processes left below `parent`; their locks went with them."""
    for leftover in parent.glob(f"{prefix}*"):
        try:
            lock = os.open(leftover, os.O_RDONLY | os.O_DIRECTORY)
        except OSError:
            continue
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(leftover, ignore_errors=True)
        except BlockingIOError:
            continue
        finally:
            os.close(lock)


@contextmanager
def in_use(folder: Path) -> Iterator[None]:
    """Within this a folder, made if need be, is known to be worked in. Raises OSError."""
    folder.mkdir(parents=True, exist_ok=True)
    lock = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(lock, fcntl.LOCK_SH)
        yield
    finally:
        os.close(lock)


def is_in_use(folder: Path) -> bool:
    """Whether anybody works in a folder; nobody does in one that is not there."""
    try:
        lock = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    except OSError:
        return False
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(lock)
    return False
