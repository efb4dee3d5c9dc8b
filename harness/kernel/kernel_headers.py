"""A kernel source tree for bcc, which compiles against one and looks for the running kernel's.

A tc program uses stable interfaces only, so any kernel's headers serve. Debian splits them over two
packages; bcc wants one folder. The overlay is made of symbolic links in the cache.
"""

from __future__ import annotations

import os
import platform
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from harness.kernel.cache import cache_folder
from harness.kernel.errors import CacheError, MissingToolError

ENVIRONMENT: Final = "BCC_KERNEL_SOURCE"
SOURCES_FOLDER: Final = Path("/usr/src")
MODULES_FOLDER: Final = Path("/lib/modules")
COMMON_SUFFIX: Final = "-common"
DEBIAN_ARCHITECTURES: Final = {"x86_64": "amd64", "aarch64": "arm64"}


def kernel_source() -> Path:
    """A folder for BCC_KERNEL_SOURCE. Raises MissingToolError, CacheError.

    In this order: what the variable already says, the running kernel's own tree, Debian's header
    packages of any kernel, the newest first.
    """
    given = os.environ.get(ENVIRONMENT)
    if given:
        return _given(Path(given))
    own = MODULES_FOLDER / platform.release() / "build"
    if own.is_dir():
        return own
    common, specific = find_header_packages()
    overlay = cache_folder() / f"headers-{specific.name.removeprefix('linux-headers-')}"
    try:
        _merge(common, specific, overlay)
    except OSError as error:
        raise CacheError(f"{overlay}: cannot be made: {error.strerror}") from None
    return overlay


@contextmanager
def announced_kernel_source() -> Iterator[None]:
    """Set BCC_KERNEL_SOURCE for the time of the block. Raises as `kernel_source`."""
    before = os.environ.get(ENVIRONMENT)
    os.environ[ENVIRONMENT] = str(kernel_source())
    try:
        yield
    finally:
        if before is None:
            del os.environ[ENVIRONMENT]
        else:
            os.environ[ENVIRONMENT] = before


def find_header_packages() -> tuple[Path, Path]:
    """Debian's two header trees of one kernel, common and specific. Raises MissingToolError."""
    architecture = DEBIAN_ARCHITECTURES.get(platform.machine(), platform.machine())
    pairs = []
    found = SOURCES_FOLDER.glob(f"linux-headers-*{COMMON_SUFFIX}")
    for common in sorted(found, key=_version):
        specific = common.with_name(f"{common.name.removesuffix(COMMON_SUFFIX)}-{architecture}")
        if specific.is_dir():
            pairs.append((common, specific))
    if not pairs:
        raise MissingToolError(
            "bcc needs kernel headers",
            f"apt-get install linux-headers-{architecture}, "
            f"or set {ENVIRONMENT} to a kernel source tree",
        )
    return pairs[-1]


def _version(tree: Path) -> list[int]:
    return [int(number) for number in re.findall(r"\d+", tree.name)]


def _given(folder: Path) -> Path:
    if not (folder / "include").is_dir():
        raise MissingToolError(f"{ENVIRONMENT}={folder}: no kernel source tree (no include/ in it)")
    return folder


def _merge(first: Path, second: Path, target: Path) -> None:
    """Links to everything in both trees; where both have a file, to the second's.

    Whatever a process that was killed here has made so far is completed by the next one.
    """
    target.mkdir(exist_ok=True)
    for name in sorted({path.name for tree in (first, second) for path in tree.iterdir()}):
        one, other, link = first / name, second / name, target / name
        if one.is_dir() and other.is_dir():
            _merge(one, other, link)
        elif not link.is_symlink():
            _link(other if other.exists() else one, link)


def _link(file: Path, link: Path) -> None:
    try:
        link.symlink_to(file)
    except FileExistsError:
        # Another process is making the same overlay.
        return
