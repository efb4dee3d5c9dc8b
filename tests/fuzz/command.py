"""`twinpath fuzz` as users call it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.commands.options import REPOSITORY

PROGRAM = [sys.executable, "-m", "harness.commands.main"]


@dataclass(frozen=True)
class Finished:
    """A process that has ended."""

    code: int
    out: str
    err: str

    @property
    def object(self) -> dict[str, Any]:
        """What it printed, as JSON."""
        value = json.loads(self.out)
        assert isinstance(value, dict)
        return value


def environment(changes: Mapping[str, str] | None = None) -> dict[str, str]:
    """The environment, with this repository's modules first unless others are."""
    return os.environ | {"PYTHONPATH": str(REPOSITORY)} | dict(changes or {})


def twinpath(folder: Path, *arguments: str, changes: Mapping[str, str] | None = None) -> Finished:
    """Run a command line in a folder."""
    done = subprocess.run(
        [*PROGRAM, *arguments],
        cwd=folder,
        env=environment(changes),
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    return Finished(done.returncode, done.stdout, done.stderr)


def campaign(folder: Path, *arguments: str, changes: Mapping[str, str] | None = None) -> Finished:
    """A short campaign that prints JSON."""
    return twinpath(folder, "fuzz", "--json", *arguments, changes=changes)
