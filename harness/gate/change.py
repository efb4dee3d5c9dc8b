"""What has changed: lines of the head's sources, and the clauses that they are about."""

from __future__ import annotations

from difflib import SequenceMatcher
from pathlib import Path
from typing import Final

from harness.gate.tree import MODEL, Tree
from harness.mutate.clause_comments import named
from model.clauses import CLAUSES

Changed = dict[str, set[int]]
"""Numbers of changed and added lines by file, named as reports name places."""

SURROUNDINGS: Final = 12
"""Lines before and behind a changed one whose comments tell what it is about."""


def changed_lines(base: Tree, head: Tree) -> Changed:
    """Lines of the head's datapath and model that the base does not have."""
    found: Changed = {}
    folders = [(base.source.parent, head.source.parent, head.source.resolve().parents[1])]
    if base.has_harness and head.has_harness:
        folders.append((base.root / MODEL, head.root / MODEL, head.root.resolve()))
    for old, new, root in folders:
        for path in sorted([*new.rglob("*.[ch]"), *new.rglob("*.py")]):
            lines = new_lines(text_of(old / path.relative_to(new)), text_of(path))
            if lines:
                found[path.resolve().relative_to(root).as_posix()] = lines
    return found


def new_lines(old: list[str], new: list[str]) -> set[int]:
    """Numbers, from 1, of lines that are not in the old text at their place."""
    matcher = SequenceMatcher(None, old, new, autojunk=False)
    blocks = [code for code in matcher.get_opcodes() if code[0] != "equal"]
    return {line for _, _, _, begin, end in blocks for line in range(begin + 1, end + 1)}


def text_of(path: Path) -> list[str]:
    """Lines of a file; none where there is no file."""
    if not path.is_file():
        return []
    return path.read_text(encoding="utf-8", errors="replace").splitlines()


def clauses_of(changed: Changed, root: Path) -> tuple[str, ...]:
    """Clauses that comments close to changed lines name, in the specification's order."""
    words: list[str] = []
    for file, numbers in changed.items():
        lines = text_of(root / file)
        for number in numbers:
            begin = max(0, number - 1 - SURROUNDINGS)
            words += lines[begin : number + SURROUNDINGS]
    found = set(named("\n".join(dict.fromkeys(words))))
    return tuple(clause for clause in CLAUSES if clause in found)
