"""What a gate is told."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final

from harness.kernel.interface import LoaderName

STAGES: Final = ("cost", "properties", "mutants", "fuzz")
"""Stages that can be left out; regressions and corpora cannot."""


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything but the two trees.

    `paths` are corpora, `known` and `limits` reviewed files (None: there is none), `seconds` for
    all of it, `fuzz_seconds` of them at most for fuzzing (None: what is left).
    """

    paths: tuple[Path, ...]
    loaders: tuple[LoaderName, ...]
    known: Path | None
    limits: Path | None
    today: date
    seconds: float
    fuzz_seconds: float | None
    skip: frozenset[str]
    workers: int
    seed: int
    save: Path
    store: Path
