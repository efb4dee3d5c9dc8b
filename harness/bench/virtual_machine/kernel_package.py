"""The kernel of the emulated machine: the distribution's newest, downloaded once."""

from __future__ import annotations

import re
import shutil
import tempfile
from pathlib import Path
from typing import Final, NamedTuple

from harness.kernel.cache import cache_folder
from harness.kernel.errors import MissingToolError
from harness.kernel.toolchain import run

META_PACKAGE: Final = "linux-image-amd64"
"""Depends on the newest kernel; which one that is changes with every security update."""

_DEPENDS = re.compile(r"^\s*Depends: (linux-image-(?P<release>\S+))$", re.M)


class GuestKernel(NamedTuple):
    """A kernel that has been unpacked: its release, its image, and its modules' folder."""

    release: str
    image: Path
    modules: Path


def guest_kernel() -> GuestKernel:
    """The kernel, from the cache or by APT. Raises MissingToolError, CacheError."""
    package, release = newest_package()
    folder = cache_folder() / f"kernel-{release}"
    if not folder.is_dir():
        with tempfile.TemporaryDirectory(dir=cache_folder()) as work:
            unpack(package, Path(work))
            (Path(work) / "root").rename(folder)
    modules = folder / "lib" / "modules" / release
    if not modules.is_dir():
        modules = folder / "usr" / "lib" / "modules" / release
    call(["depmod", "-b", str(modules.parents[2]), release], "kmod")
    return GuestKernel(release, folder / "boot" / f"vmlinuz-{release}", modules)


def newest_package() -> tuple[str, str]:
    """Package and release that the meta package stands for now. Raises MissingToolError."""
    text = call(["apt-cache", "depends", META_PACKAGE], "apt").decode("utf-8", "replace")
    found = _DEPENDS.search(text)
    if found is None:
        raise MissingToolError(
            f"APT knows no kernel by the name of {META_PACKAGE}", "run apt-get update"
        )
    return found[1], found["release"]


def unpack(package: str, work: Path) -> None:
    """Download a package into a folder and unpack it below `root`. Raises MissingToolError."""
    # APT gives its rights away for the download, to a user who cannot write here.
    call(["apt-get", "-o", "APT::Sandbox::User=root", "download", package], "apt", work)
    (archive,) = work.glob("*.deb")
    call(["dpkg-deb", "-x", str(archive), str(work / "root")], "dpkg")


def call(arguments: list[str], package: str, folder: Path | None = None) -> bytes:
    """Output of a tool. Raises MissingToolError where there is none, or where it fails."""
    if shutil.which(arguments[0]) is None:
        raise MissingToolError(f"{arguments[0]} not found", f"apt-get install {package}")
    done = run(arguments, folder=folder)
    if done.returncode != 0:
        lines = done.stderr.decode("utf-8", "replace").strip().splitlines() or [
            "it gives no reason"
        ]
        raise MissingToolError(f"{' '.join(arguments[:2])} failed: {lines[-1]}")
    return done.stdout
