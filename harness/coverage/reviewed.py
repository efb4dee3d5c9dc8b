"""The reviewed list of branches that cannot be reached, each with the reason.

A TOML file of groups:

    [[unreachable]]
    reason = "one sentence"
    branches = [
        { file = "bpf/peer.h", function = "peer_find", text = "peer", outcome = "true" },
    ]

`text` is the decision as it is written, blanks made one; `outcome` and `number` (1 if left out) are
those of `harness.coverage.branch.Branch`. Nothing refers to lines, so that code can move.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from pydantic import Field

from harness.coverage.branch import Branch
from harness.errors import UserError
from harness.reviewed import Reviewed, read_reviewed

Name = tuple[str, str, str, str, int]
"""File, function, text, outcome, number: what a branch is called wherever it moves."""


class _Entry(Reviewed):
    file: str
    function: str
    text: str
    outcome: str
    number: int = Field(1, ge=1)

    def name(self) -> Name:
        return self.file, self.function, self.text, self.outcome, self.number


class _Group(Reviewed):
    reason: str = Field(min_length=10)
    branches: list[_Entry] = Field(min_length=1)


class _Document(Reviewed):
    unreachable: list[_Group] = Field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Review:
    """Reasons by branch name, and the file that gives them."""

    path: Path
    reasons: dict[Name, str]


@dataclass(frozen=True, slots=True)
class Judged:
    """Branches against a review: what is missing, what is excused, what of the review is stale."""

    missing: tuple[Branch, ...]
    excused: tuple[tuple[Branch, str], ...]
    stale: tuple[str, ...]
    """A line for each entry that is reached by now, or whose branch is not there any more."""


def read_review(path: Path) -> Review:
    """Read the list. Raises UserError for a file that is missing, malformed or repeats itself."""
    document = read_reviewed(path, _Document, "docs/coverage.md")
    reasons: dict[Name, str] = {}
    for group in document.unreachable:
        for entry in group.branches:
            if entry.name() in reasons:
                raise UserError(f"{path}: {words(entry.name())}: listed twice; remove one")
            reasons[entry.name()] = group.reason
    return Review(path, reasons)


def judge(branches: Iterable[Branch], review: Review) -> Judged:
    """Hold the branches of both sides against the review."""
    by_name = {name_of(branch): branch for branch in branches}
    unreached = [(name, branch) for name, branch in by_name.items() if not branch.reached]
    return Judged(
        tuple(branch for name, branch in unreached if name not in review.reasons),
        tuple(
            (branch, review.reasons[name]) for name, branch in unreached if name in review.reasons
        ),
        tuple(_stale(by_name, review)),
    )


def _stale(by_name: dict[Name, Branch], review: Review) -> Iterator[str]:
    for name in review.reasons:
        branch = by_name.get(name)
        if branch is None:
            yield f"{review.path}: {words(name)}: there is no such branch; mend or remove the entry"
        elif branch.reached:
            yield f"{review.path}: {words(name)}: is reached; remove the entry"


def name_of(branch: Branch) -> Name:
    """What the branch is called in a review."""
    return branch.file, branch.function, branch.text, branch.outcome, branch.number


def words(name: Name) -> str:
    """A branch's name for people."""
    file, function, text, outcome, number = name
    which = f" (number {number})" if number > 1 else ""
    return f"{file}, {function}: [{text}] {outcome}{which}"
