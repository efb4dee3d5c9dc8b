"""The programs and header trees that building needs, and which package brings them."""

from __future__ import annotations

import functools
import shutil
import subprocess
import sysconfig
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from harness.kernel.errors import MissingToolError

OLDEST_CLANG: Final = 14
NEWEST_CLANG: Final = 30
CLANG_PACKAGE: Final = "clang-19"
INCLUDE_FOLDER: Final = Path("/usr/include")
HELPERS_HEADER: Final = "bpf/bpf_helpers.h"


@functools.cache
def find_clang() -> Path:
    """The newest clang on the search path. Raises MissingToolError."""
    names = [f"clang-{version}" for version in range(NEWEST_CLANG, OLDEST_CLANG - 1, -1)]
    for name in ("clang-19", *names, "clang"):
        found = shutil.which(name)
        if found:
            return Path(found)
    raise MissingToolError(
        f"clang not found (version {OLDEST_CLANG} or newer)", f"apt-get install {CLANG_PACKAGE}"
    )


@functools.cache
def clang_version(clang: Path) -> str:
    """First line of `clang --version`. Raises MissingToolError if it does not run."""
    result = run([str(clang), "--version"])
    if result.returncode != 0:
        raise MissingToolError(f"{clang} does not run", f"apt-get install {CLANG_PACKAGE}")
    return result.stdout.decode("utf-8", "replace").partition("\n")[0]


def include_flags() -> list[str]:
    """Flags for headers that clang does not search when it builds for BPF: <asm/types.h>.

    Raises MissingToolError if libbpf's headers are missing.
    """
    if not (INCLUDE_FOLDER / HELPERS_HEADER).is_file():
        raise MissingToolError(
            f"{INCLUDE_FOLDER / HELPERS_HEADER} not found", "apt-get install libbpf-dev"
        )
    architecture = sysconfig.get_config_var("MULTIARCH") or ""
    return [f"-I{INCLUDE_FOLDER / architecture}"]


def run(
    arguments: Sequence[str], folder: Path | None = None, data: bytes = b""
) -> subprocess.CompletedProcess[bytes]:
    """Run a program to its end, `data` on its standard input; output as bytes.

    Raises MissingToolError if it does not start.
    """
    try:
        return subprocess.run(  # noqa: S603 (arguments are ours, and no shell reads them)
            list(arguments), cwd=folder, capture_output=True, check=False, input=data
        )
    except OSError as error:
        raise MissingToolError(f"{arguments[0]} does not start: {error.strerror}") from None
