"""The datapath with a counter in each branch: an object to load, and one that explains it."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Final, NamedTuple

from harness.coverage.instrument import ProfiledFunction, instrument
from harness.kernel.build import FLAGS, cache_stem, compile_source, first_error
from harness.kernel.cache import cache_folder, store
from harness.kernel.errors import CompileError, MissingToolError
from harness.kernel.toolchain import clang_version, find_clang, include_flags, run

CLANG_VERSION: Final = 19
"""Whose LLVM text is understood here."""

COVERAGE_FLAGS: Final = (
    *FLAGS,
    "-mcpu=v4",
    "-fprofile-instr-generate",
    "-fcoverage-mapping",
    "-fcoverage-compilation-dir=.",
)
"""-mcpu=v4 (Linux 6.6): with its counters a program is longer than the jumps of v3 can reach."""

FROM_TEXT: Final = ("-target", "bpf", "-mcpu=v4", "-O2", "-c", "-x", "ir")
"""Text that is optimised already becomes an object; -disable-llvm-passes: as it is."""

TEXT_KEY: Final = ("-E", "-frewrite-includes")
"""What the cache is keyed by: all text as it was written. Reports name lines and columns in it."""

_VERSION = re.compile(r"\bversion (\d+)")


class CoverageBuild(NamedTuple):
    """What an instrumented build consists of.

    `object` is for the kernel, `mapping` for llvm-cov (profile records and where in the source each
    counter is; not loadable), `functions` says whose the counters are. `source` is the C file.
    """

    source: Path
    object: Path
    mapping: Path
    functions: tuple[ProfiledFunction, ...]


def build_instrumented(source: Path) -> CoverageBuild:
    """Compile a C file with counters; all parts stay in the cache.

    A new build is made of new text (comments and blanks count here), flags or compiler.

    Raises MissingToolError, CompileError, CacheError.
    """
    _require_version()
    flags = [*COVERAGE_FLAGS, *include_flags()]
    stem = cache_stem(source, flags, compile_source(source, [*flags, *TEXT_KEY]))
    built, mapping, table = (
        cache_folder() / f"{stem}.{part}" for part in ("counted.o", "mapping.o", "counters.json")
    )
    if not all(part.exists() for part in (built, mapping, table)):
        text = compile_source(source, [*flags, "-emit-llvm", "-S"])
        changed = instrument(text.decode("utf-8"), str(source))
        store(built, _assemble(changed.text.encode(), source))
        store(mapping, _assemble(text, source))
        store(table, json.dumps(changed.functions).encode())
    return CoverageBuild(source, built, mapping, _read_table(table))


def require_unchanged(build: CoverageBuild) -> None:
    """Whether the source is still what was built: reports show its text by line and column.

    Raises CompileError where it is not.
    """
    if build_instrumented(build.source) != build:
        raise CompileError(f"{build.source}: has changed since it was built", "run again")


def _assemble(text: bytes, source: Path) -> bytes:
    """LLVM text as an object."""
    arguments = [str(find_clang()), *FROM_TEXT, "-Xclang", "-disable-llvm-passes", "-", "-o", "-"]
    result = run(arguments, data=text)
    if result.returncode != 0:
        log = result.stderr.decode("utf-8", "replace")
        raise CompileError(first_error(log, source), log=log)
    return result.stdout


def _read_table(path: Path) -> tuple[ProfiledFunction, ...]:
    return tuple(ProfiledFunction(*fields) for fields in json.loads(path.read_bytes()))


def _require_version() -> None:
    line = clang_version(find_clang())
    found = _VERSION.search(line)
    if found is None or int(found[1]) != CLANG_VERSION:
        raise MissingToolError(
            f"coverage needs clang {CLANG_VERSION}, found {line!r}",
            f"apt-get install clang-{CLANG_VERSION} llvm-{CLANG_VERSION}",
        )
