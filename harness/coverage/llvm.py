"""LLVM's own reports on a profile: counters in, JSON or HTML out."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from harness.coverage.build import CLANG_VERSION, CoverageBuild
from harness.coverage.counters import counts_by_function
from harness.kernel.errors import KernelError, MissingToolError
from harness.kernel.toolchain import run


class ReportError(KernelError):
    """llvm-profdata or llvm-cov would not make a report."""


def export_json(build: CoverageBuild, values: NDArray[np.uint64]) -> bytes:
    """Every function's regions and branches with their counts, as `llvm-cov export` gives them.

    `values` are all counters of the build's object, of shape (n,).

    Raises MissingToolError, ReportError, ObjectError.
    """
    with _profile(build, values) as profile:
        return _cov(build, ["export", f"-instr-profile={profile}"])


def write_html(build: CoverageBuild, values: NDArray[np.uint64], folder: Path) -> None:
    """The C source with its counts, a page for each file, below a folder.

    Raises MissingToolError, ReportError, ObjectError.
    """
    arguments = ["show", "-format=html", "-show-branches=count", f"-output-dir={folder.resolve()}"]
    with _profile(build, values) as profile:
        _cov(build, [*arguments, f"-instr-profile={profile}"])


def _cov(build: CoverageBuild, arguments: Sequence[str]) -> bytes:
    """Output of llvm-cov, run in the source's folder: the names of files start there."""
    return _run([find_tool("llvm-cov"), *arguments, str(build.mapping)], build.source.parent)


@contextmanager
def _profile(build: CoverageBuild, values: NDArray[np.uint64]) -> Iterator[str]:
    """The counters as an indexed profile, in a file without a name that a child can open."""
    text = profile_text(build, values)
    with _nameless_file(text.encode()) as raw, _nameless_file(b"") as indexed:
        _run([find_tool("llvm-profdata"), "merge", raw, "-o", indexed])
        yield indexed


def profile_text(build: CoverageBuild, values: NDArray[np.uint64]) -> str:
    """The counters in LLVM's text format: name, shape, number of counters, counters.

    Raises ObjectError.
    """
    counts = counts_by_function(values, build)
    lines: list[str] = []
    for function in build.functions:
        own = counts[function.symbol]
        lines += [function.name, str(function.shape), str(own.size), *map(str, own.tolist()), ""]
    return "\n".join(lines) + "\n"


def find_tool(name: str) -> str:
    """A tool of LLVM, of the version of the compiler. Raises MissingToolError."""
    found = shutil.which(f"{name}-{CLANG_VERSION}")
    if found is None:
        raise MissingToolError(
            f"{name}-{CLANG_VERSION} not found", f"apt-get install llvm-{CLANG_VERSION}"
        )
    return found


def _run(arguments: Sequence[str], folder: Path | None = None) -> bytes:
    result = run(arguments, folder)
    if result.returncode != 0:
        log = result.stderr.decode("utf-8", "replace")
        first = log.strip().partition("\n")[0] or "it gave no reason"
        raise ReportError(f"{Path(arguments[0]).name}: {first}", log=log)
    return result.stdout


@contextmanager
def _nameless_file(data: bytes) -> Iterator[str]:
    """The path of a file in memory, for programs that cannot do with a pipe; gone afterwards."""
    descriptor = os.memfd_create("coverage")
    try:
        with os.fdopen(os.dup(descriptor), "wb") as file:
            file.write(data)
        yield f"/proc/{os.getpid()}/fd/{descriptor}"
    finally:
        os.close(descriptor)
