"""Which lines have changed since a revision, from git."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import Final

from harness.errors import UserError

_FILE: Final = re.compile(r"^\+\+\+ b/(.*)$")
_HUNK: Final = re.compile(r"^@@ -\S+ \+(\d+)(?:,(\d+))? @@")


def changed_lines(repository: Path, revision: str) -> dict[str, set[int]]:
    """Numbers of added and changed lines by path in the repository. Raises UserError."""
    if revision.startswith("-"):
        raise UserError(f"--changed-since {revision}: no revision; give a commit, branch or tag")
    command = ["git", "diff", "--unified=0", "--no-color", "--no-ext-diff", revision, "--"]
    try:
        done = subprocess.run(  # noqa: S603 - a fixed command, no shell
            command, cwd=repository, capture_output=True, text=True, check=False
        )
    except OSError as error:
        raise UserError(f"--changed-since needs git: {error.strerror}; install it") from None
    if done.returncode != 0:
        reason = done.stderr.strip().partition("\n")[0]
        raise UserError(f"--changed-since {revision}: {reason}; give a commit, branch or tag")
    return parse_diff(done.stdout)


def parse_diff(text: str) -> dict[str, set[int]]:
    """New line numbers by path, out of a unified diff without context."""
    found: dict[str, set[int]] = {}
    path = ""
    for line in text.splitlines():
        if named := _FILE.match(line):
            path = named[1]
        elif (hunk := _HUNK.match(line)) and path:
            first, count = int(hunk[1]), int(hunk[2] or 1)
            found.setdefault(path, set()).update(range(first, first + count))
    return found
