"""The folder of things that can be made again: compiled objects, header overlays.

Entries are named by what went into them and are written in one step, so that they are never
changed, never half there, and may be shared by any number of processes.
"""

from __future__ import annotations

import errno
import os
import tempfile
from pathlib import Path

from harness.kernel.errors import CacheError


def cache_folder() -> Path:
    """`$XDG_CACHE_HOME/twinpath`, or `~/.cache/twinpath`; made if missing. Raises CacheError."""
    base = os.environ.get("XDG_CACHE_HOME") or str(Path("~/.cache").expanduser())
    folder = Path(base) / "twinpath"
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise _unusable(folder, error) from None
    return folder


def store(path: Path, data: bytes) -> None:
    """Write a new entry of the cache, all of it or nothing. Raises CacheError."""
    try:
        try:
            _store_nameless(path, data)
        except OSError as error:
            if error.errno != errno.EOPNOTSUPP:
                raise
            _store_renamed(path, data)
    except OSError as error:
        raise _unusable(path.parent, error) from None


def _store_nameless(path: Path, data: bytes) -> None:
    """Write a file that has no name until it is complete: a killed process leaves nothing."""
    descriptor = os.open(path.parent, os.O_TMPFILE | os.O_WRONLY, 0o644)
    descriptors = os.open("/proc/self/fd", os.O_RDONLY | os.O_DIRECTORY)
    try:
        _write_all(descriptor, data)
        # Only with a folder given does Python use linkat(2), which follows the link in /proc.
        os.link(str(descriptor), path, src_dir_fd=descriptors, follow_symlinks=True)
    except FileExistsError:
        # Another process made the same entry meanwhile, of the same contents.
        return
    finally:
        os.close(descriptors)
        os.close(descriptor)


def _store_renamed(path: Path, data: bytes) -> None:
    """The same on file systems that have no nameless files (9p, overlay before Linux 6.1)."""
    descriptor, name = tempfile.mkstemp(dir=path.parent)
    try:
        _write_all(descriptor, data)
        Path(name).replace(path)
    except OSError:
        Path(name).unlink()
        raise
    finally:
        os.close(descriptor)


def _write_all(descriptor: int, data: bytes) -> None:
    remaining = memoryview(data)
    while remaining:
        remaining = remaining[os.write(descriptor, remaining) :]


def _unusable(folder: Path, error: OSError) -> CacheError:
    return CacheError(
        f"cache folder {folder} cannot be written: {error.strerror}",
        "set XDG_CACHE_HOME to a folder that can",
    )
