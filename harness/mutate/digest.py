"""Digests of sources that results depend on."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path


def digest_of(paths: Iterable[Path]) -> str:
    """One digest of the contents of files, in the order given."""
    key = hashlib.sha256()
    for path in paths:
        key.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return key.hexdigest()[:32]
