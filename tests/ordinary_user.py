"""What is run as an ordinary user finds the checkout, be it in a home that is root's alone."""

from __future__ import annotations

from pathlib import Path
from typing import Final

REPOSITORY: Final = Path(__file__).resolve().parents[1]
NOBODY: Final = 65534
OTHERS: Final = 0o001

OPEN: Final = """\
mount --bind "$2" /mnt && mount -t tmpfs -o mode=755 none "$1" && mkdir -p "$2" &&
mount --bind /mnt "$2" && shift 2 && exec "$@"
"""
"""Puts an open folder in the place of the closed one, with nothing in it but the checkout. In a
mount namespace of its own, so that nobody else sees it."""


def within_reach() -> list[str]:
    """What to put before a command so that anybody in it reaches the checkout by its own path."""
    closed = [one for one in REPOSITORY.parents if not one.stat().st_mode & OTHERS]
    if not closed:
        return []
    return ["unshare", "--mount", "bash", "-c", OPEN, "bash", str(closed[-1]), str(REPOSITORY)]
