"""Properties: tests of the repository that know nothing of single scenarios, on both trees."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final, NamedTuple

from harness.gate.child import run
from harness.gate.clock import Clock
from harness.gate.outcome import NotRunError
from harness.gate.tree import Tree

FOLDER: Final = Path("tests/metamorphic")
AGREE, FAIL, NO_TESTS = 0, 1, 5
"""Exit codes of pytest."""

FAILED: Final = ("FAILED ", "ERROR ")
"""How lines of its short summary begin."""


class Properties(NamedTuple):
    """What the tests said: nodes that fail, and why they could not be run, if that is so."""

    failing: tuple[str, ...] = ()
    problem: str = ""


def run_properties(tree: Tree, clock: Clock, nodes: Sequence[str] = ()) -> Properties:
    """Run a tree's properties, or only some of them, in a process of their own."""
    if not (tree.root / FOLDER).is_dir():
        return Properties(problem=f"{tree.name} has no {FOLDER}")
    command = [sys.executable, "-m", "pytest", "-q", "-rfE", "--no-header", "--tb=no"]
    command += ["-p", "no:cacheprovider", *(nodes or [str(FOLDER)])]
    try:
        done = run(tree, command, tree.root, clock.left)
    except subprocess.TimeoutExpired:
        clock.cut_short = True
        return Properties(problem="there is no time for them")
    if done.returncode not in (AGREE, FAIL):
        said = (done.stderr.strip() or done.stdout.strip()).splitlines() or ["no word"]
        return Properties(problem=said[-1])
    return Properties(failing_nodes(done.stdout))


def new_failures(base: Tree, head: Tree, clock: Clock) -> tuple[str, ...]:
    """Properties that fail on the head and not on the base. Raises NotRunError."""
    if not head.has_harness:
        raise NotRunError("the head is a datapath alone")
    found = run_properties(head, clock)
    if found.problem and not clock.cut_short:
        raise NotRunError(found.problem)
    if not found.failing or not base.has_harness:
        return found.failing
    on_base = run_properties(base, clock, found.failing).failing
    return tuple(one for one in found.failing if one not in on_base)


def failing_nodes(output: str) -> tuple[str, ...]:
    """Ids of the tests that a short summary of pytest calls failed."""
    lines = [line for line in output.splitlines() if line.startswith(FAILED)]
    return tuple(line.partition(" ")[2].partition(" - ")[0] for line in lines)
