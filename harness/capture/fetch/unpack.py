"""Takes captures, and nothing else, out of a source archive."""

from __future__ import annotations

import hashlib
import tarfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Final

from harness.capture.fetch.error import FetchError
from harness.capture.pcap import MAGICS
from harness.capture.pcapng import SECTION_HEADER
from harness.capture.reader import GZIP_MAGIC
from harness.sources import CAPTURE_SUFFIXES

LARGEST_FILE: Final = 32 << 20
LARGEST_TOTAL: Final = 256 << 20
MOST_FILES: Final = 5_000
MOST_MEMBERS: Final = 200_000
BEGINNINGS: Final = (*MAGICS, SECTION_HEADER, GZIP_MAGIC)


def unpack_captures(archive: Path, target: Path) -> dict[str, str]:
    """Write the captures below `target`; their SHA-256 by relative path, sorted.

    Only regular files with a capture's name and first bytes are read; bounded in size and number.
    Raises FetchError.
    """
    found: dict[str, str] = {}
    total = 0
    try:
        with tarfile.open(archive, "r|*") as tar:
            for path, data in captures(archive, tar):
                total += len(data)
                if total > LARGEST_TOTAL or len(found) >= MOST_FILES:
                    raise FetchError(archive.name, "more captures than fit", "raise the limits")
                file = target / path
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_bytes(data)
                found[str(path)] = hashlib.sha256(data).hexdigest()
    except (tarfile.TarError, EOFError, OSError) as error:
        raise FetchError(archive.name, f"cannot be unpacked: {error}", "fetch it anew") from error
    return dict(sorted(found.items()))


def captures(archive: Path, tar: tarfile.TarFile) -> Iterator[tuple[PurePosixPath, bytes]]:
    """Relative path and contents of each capture in an archive."""
    for count, member in enumerate(tar):
        if count > MOST_MEMBERS:
            raise FetchError(archive.name, "too many members", "fetch it anew")
        path = safe_path(member.name)
        if path is None or not member.isreg() or member.size > LARGEST_FILE:
            continue
        if not path.name.endswith(CAPTURE_SUFFIXES):
            continue
        file = tar.extractfile(member)
        data = file.read(LARGEST_FILE) if file else b""
        if data.startswith(BEGINNINGS):
            yield path, data


def safe_path(name: str) -> PurePosixPath | None:
    """A member's path without the archive's top folder; None for one that leads elsewhere."""
    path = PurePosixPath(name)
    parts = [part for part in path.parts if part != "."]
    if path.is_absolute() or ".." in parts or len(parts) < 2 or "\0" in name:
        return None
    return PurePosixPath(*parts[1:])
