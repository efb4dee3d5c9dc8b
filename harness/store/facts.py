"""What a run says about itself: machine, compiler, object, revision."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from pathlib import Path

from harness.errors import UserError
from harness.kernel.build import build
from harness.kernel.interface import LoaderName
from harness.kernel.toolchain import clang_version, find_clang, run
from harness.store.records import RunFacts


def run_facts(
    command: str, seed: int, object_path: Path, loaders: Sequence[LoaderName]
) -> RunFacts:
    """Facts of a run that is about to begin. Raises what building the object raises."""
    system = os.uname()
    return RunFacts(
        command,
        seed,
        f"{system.sysname} {system.release} {system.machine}",
        clang_words(),
        str(object_path),
        object_hash(object_path),
        revision(object_path),
        tuple(one.value for one in loaders),
    )


def clang_words() -> str:
    """The compiler's version; where there is none, that (an object needs none)."""
    try:
        return clang_version(find_clang())
    except UserError:
        return "none"


def object_hash(path: Path) -> str:
    """SHA-256 of the object that libbpf loads: of a C source what clang makes of it.

    Raises MissingToolError, CompileError, CacheError, UserError.
    """
    built = build(path) if path.suffix == ".c" else path
    try:
        return hashlib.sha256(built.read_bytes()).hexdigest()
    except OSError as error:
        raise UserError(f"{path}: cannot be read: {error.strerror}; check the name") from None


def revision(path: Path) -> str:
    """What git calls the revision that an object belongs to; empty outside of a repository."""
    folder = path.resolve().parent
    try:
        done = run(["git", "-C", str(folder), "describe", "--always", "--dirty"])
    except UserError:
        return ""
    return done.stdout.decode("utf-8", "replace").strip() if done.returncode == 0 else ""
