"""Whether a divergence is on the base already: the base is asked, with its own model and harness.

Only what diverges on the head is tried there, so a change without divergences costs no such run.
"""

from __future__ import annotations

import subprocess
from collections.abc import Iterable
from pathlib import Path
from typing import Final, NamedTuple

from harness.errors import UserError
from harness.gate.child import program, run
from harness.gate.clock import Clock
from harness.gate.tree import Tree
from harness.store.reader import StoreReader

SHORTEST: Final = 10.0
"""Seconds that the base is given in any case: without its answer everything counts as new."""


class Seen(NamedTuple):
    """A divergence on the base: where, by which loader, of which kind."""

    loader: str
    path: str
    fingerprint: str


class Answer(NamedTuple):
    """What diverges on the base; `problem` says why that cannot be told."""

    seen: frozenset[Seen]
    problem: str = ""


def ask(base: Tree, loader: str, scenarios: Iterable[Path], folder: Path, clock: Clock) -> Answer:
    """Run scenario files on the base; what it writes goes below `folder`."""
    store = folder / f"base-{loader}.sqlite"
    files = [str(one.resolve()) for one in dict.fromkeys(scenarios)]
    command = [*program(), "run", *files, "--loader", loader, "--object", str(base.source)]
    command += ["--store", str(store), "--save", str(folder / "base-divergences")]
    try:
        done = run(base, command, folder, max(clock.left, SHORTEST))
    except subprocess.TimeoutExpired:
        return Answer(frozenset(), "it takes too long")
    try:
        with StoreReader(store) as reader:
            stored = reader.run()
    except UserError:
        said = done.stderr.strip().splitlines() or [f"it ends with {done.returncode}"]
        return Answer(frozenset(), said[-1])
    return Answer(
        frozenset(Seen(loader, str(Path(one.path)), one.fingerprint) for one in stored.divergences)
    )
