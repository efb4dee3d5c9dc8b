"""The two sides of a change: a git revision or a folder each."""

from __future__ import annotations

import io
import subprocess
import tarfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from harness.errors import UserError

SOURCES: Final = "*.bpf.c"
DATAPATH: Final = Path("bpf")
PROGRAM: Final = Path("harness/commands/main.py")
MODEL: Final = Path("model")


@dataclass(frozen=True, slots=True)
class Tree:
    """One side: `name` as it was given, `root` its folder, `source` the C file of its datapath.

    A folder of C alone has no model and no harness of its own.
    """

    name: str
    root: Path
    source: Path

    @property
    def has_harness(self) -> bool:
        """Whether it is a whole repository."""
        return (self.root / PROGRAM).is_file() and (self.root / MODEL).is_dir()


def folder_tree(folder: Path, name: str) -> Tree:
    """A repository, or a folder with the C of one datapath. Raises UserError."""
    below = folder / DATAPATH if (folder / DATAPATH).is_dir() else folder
    found = sorted(below.glob(SOURCES))
    if len(found) != 1:
        raise UserError(
            f"{name}: holds {len(found)} datapaths ({SOURCES}) where one is wanted; give a "
            "repository, or the folder of one datapath's C"
        )
    return Tree(name, folder, found[0])


def revision_tree(repository: Path, revision: str, into: Path) -> Tree:
    """A revision's files below `into`, which is there and empty. Raises UserError."""
    commit = commit_of(repository, revision)
    archive = git(repository, "archive", "--format=tar", commit)
    try:
        unpack(archive, into)
    except (OSError, tarfile.TarError) as error:
        raise UserError(f"{revision}: cannot be unpacked below {into}: {error}") from None
    return folder_tree(into, revision)


def unpack(archive: bytes, into: Path) -> None:
    """Plain files alone, and none outside the folder: links could lead anywhere."""
    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        for member in tar:
            path = into / member.name
            content = tar.extractfile(member) if member.isfile() else None
            if content is not None and path.resolve().is_relative_to(into.resolve()):
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(content.read())


def commit_of(repository: Path, revision: str) -> str:
    """The commit that a name stands for. Raises UserError."""
    if revision.startswith("-"):
        raise UserError(f"{revision}: no revision; give a commit, branch or tag")
    try:
        found = git(repository, "rev-parse", "--verify", "--quiet", f"{revision}^{{commit}}")
    except UserError as error:
        if "git" in str(error) and "missing" in str(error):
            raise
        raise UserError(
            f"{revision}: neither a folder nor a revision of {repository}; check the spelling, "
            "and that the history has been fetched"
        ) from None
    return found.decode("ascii").strip()


def is_checked_out(repository: Path, revision: str) -> bool:
    """Whether the repository's files are those of a revision, all that git knows of."""
    commit = commit_of(repository, revision)
    command = ["git", "-C", str(repository), "diff", "--quiet", "--no-ext-diff", commit, "--"]
    done = subprocess.run(command, capture_output=True, check=False)  # noqa: S603 - no shell
    return done.returncode == 0


def git(repository: Path, *arguments: str) -> bytes:
    """What git says. Raises UserError with its first line."""
    command = ["git", "-C", str(repository), *arguments]
    try:
        done = subprocess.run(command, capture_output=True, check=False)  # noqa: S603 - no shell
    except OSError:
        raise UserError("git is missing; apt-get install git, or give folders") from None
    if done.returncode != 0:
        reason = done.stderr.decode("utf-8", "replace").strip().partition("\n")[0]
        raise UserError(f"git {arguments[0]}: {reason or 'fails'}; give folders instead")
    return done.stdout
