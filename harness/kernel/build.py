"""From C to a BPF object, through a cache keyed by everything that goes in."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from harness.kernel.cache import cache_folder, store
from harness.kernel.errors import CompileError
from harness.kernel.toolchain import clang_version, find_clang, include_flags, run

FLAGS: Final = ("-target", "bpf", "-mcpu=v3", "-O2", "-g", "-Wall")
"""-mcpu=v3: 32-bit jumps and arithmetic, known to every kernel that is supported."""

_DIAGNOSTIC = re.compile(
    r"^(?P<file>[^:\n]+):(?P<line>\d+)(?::\d+)?: (?:fatal )?error: (?P<what>.*)$", re.M
)


def build(source: Path, extra_flags: Sequence[str] = ()) -> Path:
    """Compile a C file for BPF; the object stays in the cache.

    What makes a new object: the text after preprocessing, so any header too, the flags and the
    compiler's version. The place of the source does not. Folders in `extra_flags` are absolute.

    Raises MissingToolError, CompileError, CacheError.
    """
    flags = [*FLAGS, *include_flags(), *extra_flags]
    stem = cache_stem(source, flags, compile_source(source, [*flags, "-E"]))
    path = cache_folder() / f"{stem}.o"
    if not path.exists():
        store(path, compile_source(source, [*flags, "-c"]))
    return path


def cache_stem(source: Path, flags: Sequence[str], text: bytes) -> str:
    """Name, without suffix, of what is made from a source of this text with these flags.

    Raises MissingToolError.
    """
    key = hashlib.sha256()
    for part in (clang_version(find_clang()), *flags):
        key.update(part.encode() + b"\0")
    key.update(text)
    return f"{source.name.partition('.')[0]}-{key.hexdigest()[:32]}"


def compile_source(source: Path, flags: Sequence[str]) -> bytes:
    """Output of one run of clang. It runs in the source's folder: paths in the output are short.

    Raises MissingToolError, CompileError.
    """
    if not source.is_file():
        raise CompileError(f"{source}: no such file")
    arguments = [str(find_clang()), *flags, source.name, "-o", "-"]
    result = run(arguments, folder=source.parent)
    if result.returncode != 0:
        log = result.stderr.decode("utf-8", "replace")
        raise CompileError(first_error(log, source), log=log)
    return result.stdout


def first_error(log: str, source: Path) -> str:
    """A compiler's output as one line: its first error, with file and line."""
    found = _DIAGNOSTIC.search(log)
    if found is None:
        first = log.strip().partition("\n")[0] or "the compiler gave no reason"
        return f"{source}: does not compile: {first}"
    return f"{source.parent / found['file']}:{found['line']}: {found['what']}"
