"""Programs of either tree, each in a process of its own that dies with the gate."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from harness.commands.options import REPOSITORY
from harness.gate.tree import Tree
from harness.mutate.child import die_with_parent

MODULE: Final = "harness.commands.main"


def program() -> list[str]:
    """How a tree's program is called; -P: the folder one stands in is no part of it."""
    return [sys.executable, "-P", "-m", MODULE]


def environment(tree: Tree) -> Mapping[str, str]:
    """An environment in which a tree's harness and model are used, if it has them."""
    root = tree.root.resolve() if tree.has_harness else REPOSITORY
    return {**os.environ, "PYTHONPATH": str(root)}


def start(tree: Tree, command: Sequence[str]) -> subprocess.Popen[bytes]:
    """Start a program that shares our output."""
    return subprocess.Popen(  # noqa: S603 - no shell, arguments are the user's own
        command,
        env=environment(tree),
        preexec_fn=die_with_parent,  # noqa: PLW1509 - there are no threads
    )


def run(
    tree: Tree, command: Sequence[str], folder: Path, seconds: float
) -> subprocess.CompletedProcess[str]:
    """Run a program to its end in a folder. Raises subprocess.TimeoutExpired."""
    return subprocess.run(  # noqa: S603 - no shell, arguments are ours
        command,
        env=environment(tree),
        cwd=folder,
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
        timeout=seconds,
        preexec_fn=die_with_parent,
    )
