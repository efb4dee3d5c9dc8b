"""Options that several subcommands share."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import click

from harness.datapath.bench import SOURCE
from harness.kernel.interface import LoaderName

REPOSITORY: Final = Path(__file__).resolve().parents[2]

object_option = click.option(
    "--object",
    "object_path",
    type=click.Path(path_type=Path),
    default=SOURCE,
    show_default="this repository's bpf/",
    help="Datapath to load: a C source, or for libbpf an object file.",
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
    type=click.Path(path_type=Path, file_okay=False),
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
