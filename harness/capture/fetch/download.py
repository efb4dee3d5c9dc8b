"""Downloads source archives with the registries' own clients, apt-get and pip."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

from harness.capture.fetch.apt_sources import source_lines
from harness.capture.fetch.error import FetchError
from harness.capture.fetch.packages import Package

TIME_LIMIT: Final = 900
"""Seconds for one call of a client."""


class AptArchives:
    """Source archives from Debian, through a private configuration made of its sources."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.options: list[str] = []

    def prepare(self) -> None:
        """Fetch the lists of sources, once."""
        if self.options:
            return
        if shutil.which("apt-get") is None:
            raise FetchError("apt-get", "not found", "run on Debian, or go without its captures")
        lines = source_lines()
        if not lines:
            problem = "no source of this distribution under /etc/apt"
            raise FetchError("apt-get", problem, "add Debian's mirror to sources.list")
        for part in ("lists/partial", "cache/archives/partial"):
            (self.folder / part).mkdir(parents=True, exist_ok=True)
        configured = self.folder / "sources.list"
        configured.write_text("\n".join(lines) + "\n", encoding="utf-8")
        settings = {
            "Dir::Etc::SourceList": str(configured),
            "Dir::Etc::SourceParts": "-",
            "Dir::State::Lists": str(self.folder / "lists"),
            "Dir::Cache": str(self.folder / "cache"),
            "Acquire::Languages": "none",
            "Acquire::Retries": "2",
            "APT::Sandbox::User": "root" if os.geteuid() == 0 else "",
        }
        options = [word for key, value in settings.items() for word in ("-o", f"{key}={value}")]
        result = run(["apt-get", "-q", *options, "update"], self.folder)
        if not any(self.folder.glob("lists/*Sources*")):
            raise FetchError("apt-get update", last_line(result), "check the network")
        self.options = options

    def fetch(self, package: Package) -> Path:
        """The package's original archive. Its packaging part may be missing: nobody needs it."""
        self.prepare()
        target = self.folder / package.name
        target.mkdir()
        command = ["apt-get", "-q", *self.options, "source", "--download-only", package.name]
        result = run(command, target)
        archives = sorted(target.glob("*.orig.tar.*"))
        archives = [path for path in archives if not path.name.endswith(".asc")]
        if not archives:
            problem = last_line(result)
            raise FetchError(package.name, problem, "check the network and the mirror")
        return archives[0]


def fetch_from_pypi(package: Package, folder: Path) -> Path:
    """The package's source distribution, which has to have the pinned hash."""
    target = folder / package.name
    target.mkdir()
    wanted = target / "requirements.txt"
    pinned = f"{package.name}=={package.version} --hash=sha256:{package.sha256}\n"
    wanted.write_text(pinned, encoding="utf-8")
    flags = ["--quiet", "--no-deps", "--no-binary", ":all:", "--require-hashes"]
    command = [sys.executable, "-m", "pip", "download", *flags, "-r", str(wanted)]
    result = run([*command, "--dest", str(target)], target)
    archives = sorted(target.glob("*.tar.gz"))
    if not archives:
        raise FetchError(package.name, last_line(result), "check pip and the network")
    return archives[0]


def run(command: list[str], folder: Path) -> str:
    """Run a client; what it said. It has no terminal and cannot ask."""
    try:
        result = subprocess.run(  # noqa: S603 - a fixed command, without a shell
            command,
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=TIME_LIMIT,
            check=False,
            text=True,
            errors="replace",
            env={**os.environ, "LC_ALL": "C", "DEBIAN_FRONTEND": "noninteractive"},
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return str(error)
    return result.stdout


def last_line(output: str) -> str:
    """The last line that a client said about an error, or at all."""
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    errors = [line for line in lines if line.startswith(("E:", "ERROR", "Err:"))]
    return (errors or lines or ["no answer"])[-1]
