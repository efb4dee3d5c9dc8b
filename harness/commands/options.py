"""Options that several subcommands share."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import Final

import click

from harness.datapath.bench import SOURCE
from harness.gate.tree import folder_tree
from harness.kernel.interface import LoaderName

REPOSITORY: Final = Path(__file__).resolve().parents[2]


def file_path(value: str | Path) -> Path:
    """A path that the system can take; whether there is something there is for others to say."""
    try:
        os.lstat(value)
    except ValueError:
        raise click.BadParameter(f"{value}: a path cannot hold a NUL character") from None
    except OSError as error:
        if error.errno == errno.ENAMETOOLONG:
            raise click.BadParameter(f"{value}: the name is too long") from None
    return Path(value)


def datapath_path(value: str | Path) -> Path:
    """A datapath: a file, or of a folder with one, or of a repository, its C source."""
    path = file_path(value)
    return folder_tree(path, str(path)).source if path.is_dir() else path


object_option = click.option(
    "--object",
    "object_path",
    type=datapath_path,
    metavar="PATH",
    default=SOURCE,
    show_default="this repository's bpf/",
    help="Datapath to load: a C source, a folder with one, or for libbpf an object file.",
)

loader_option = click.option(
    "--loader",
    type=click.Choice([*(name.value for name in LoaderName), "both"]),
    default=LoaderName.LIBBPF.value,
    show_default=True,
    help="How the datapath gets into the kernel.",
)


save_option = click.option(
    "--save",
    type=file_path,
    metavar="FOLDER",
    default=Path("divergences"),
    show_default=True,
    help="Folder for the divergences that are found.",
)


def loaders_of(choice: str) -> list[LoaderName]:
    """The loaders that a value of --loader stands for."""
    return list(LoaderName) if choice == "both" else [LoaderName(choice)]


def named_object(object_path: Path) -> Path | None:
    """The value of --object, if it is not the datapath that ships."""
    return None if object_path == SOURCE else object_path
