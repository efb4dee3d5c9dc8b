"""What source files are called: the same in a copy of the repository as in the repository."""

from __future__ import annotations

from pathlib import Path


def shown_name(file: Path, root: Path, source: Path) -> str:
    """A file seen from the repository's folder `root`.

    The datapath can be a copy elsewhere (a mutant, another revision): its files are seen from the
    folder that holds the folder of its C source `source`. Files of neither keep their path.
    """
    resolved = file.resolve()
    for folder in (root.resolve(), source.resolve().parent.parent):
        if resolved.is_relative_to(folder):
            return str(resolved.relative_to(folder))
    return str(file)
