"""The reviewed list of survivors, each with the reason why nothing kills it.

A TOML file of groups:

    [[survivor]]
    reason = "one sentence"
    equivalent = true
    mutants = [
        { file = "bpf/affinity.h", function = "affinity_renew", operator = "operand",
          text = "!service || !service->affinity_timeout", becomes = "!service" },
    ]

`equivalent`, false if left out: by the invariant that the reason names, no packet can tell the
mutant from the original. Blanks in texts count as one; `number` tells apart equal places in one
function, from 1. Nothing refers to lines, so that code can move.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from pydantic import Field

from harness.errors import UserError
from harness.mutate.mutant import Mutant
from harness.mutate.result import Class, Means, Result
from harness.reviewed import Reviewed, read_reviewed

Name = tuple[str, str, str, str, str, int]
"""File, function, operator, text, what it becomes, number."""


class _Entry(Reviewed):
    file: str
    function: str = ""
    operator: str
    text: str
    becomes: str
    number: int = Field(1, ge=1)

    def name(self) -> Name:
        text, becomes = one_blank(self.text), one_blank(self.becomes)
        return self.file, self.function, self.operator, text, becomes, self.number


class _Group(Reviewed):
    reason: str = Field(min_length=10)
    equivalent: bool = False
    mutants: list[_Entry] = Field(min_length=1)


class _Document(Reviewed):
    survivor: list[_Group] = Field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Review:
    """Reasons by a mutant's name, and the file that gives them.

    `equivalent` are those mutants that by their reason no packet can tell from the original.
    """

    path: Path
    reasons: dict[Name, str]
    equivalent: frozenset[Name] = frozenset()


def one_blank(text: str) -> str:
    """The text with every run of blanks made one."""
    return " ".join(text.split())


def read_review(path: Path) -> Review:
    """Read the list. Raises UserError for a file that is missing, malformed or repeats itself."""
    document = read_reviewed(path, _Document, "docs/mutation.md")
    reasons: dict[Name, str] = {}
    equivalent: set[Name] = set()
    for group in document.survivor:
        for entry in group.mutants:
            if entry.name() in reasons:
                raise UserError(f"{path}: {words(entry.name())}: listed twice; remove one")
            reasons[entry.name()] = group.reason
            if group.equivalent:
                equivalent.add(entry.name())
    return Review(path, reasons, frozenset(equivalent))


def names_of(mutants: Iterable[Mutant]) -> dict[str, Name]:
    """What mutants are called in a review, by their identifiers; takes all of a side."""
    seen: Counter[tuple[str, ...]] = Counter()
    names: dict[str, Name] = {}
    for one in mutants:
        name = (
            one.file,
            one.function,
            one.operator,
            one_blank(one.original),
            one_blank(one.becomes),
        )
        seen[name] += 1
        names[one.identifier] = (*name, seen[name])
    return names


def stale(
    review: Review, names: Mapping[str, Name], results: Mapping[str, Result]
) -> Iterator[str]:
    """A line for each entry whose mutant is not there any more, or does not survive any more.

    `names` are those of all mutants; entries of files that none of them is in are not looked at.
    The list is about scenarios: what fuzzing or properties find beyond them is stale only where an
    entry says that nothing can.
    """
    files = {name[0] for name in names.values()}
    identifiers = {name: identifier for identifier, name in names.items()}
    for name in review.reasons:
        if name[0].partition("/")[0] not in {file.partition("/")[0] for file in files}:
            continue
        identifier = identifiers.get(name)
        result = results.get(identifier or "")
        if identifier is None:
            yield f"{review.path}: {words(name)}: there is no such mutant; mend or remove the entry"
        elif result is not None and refuted(result, name in review.equivalent):
            yield f"{review.path}: {words(name)}: is {result.status.value}; remove the entry"


def refuted(result: Result, equivalent: bool) -> bool:
    """Whether a result shows that an entry is wrong, which may call its mutant equivalent."""
    if result.kill is None or equivalent:
        return result.status is not Class.SURVIVED
    return result.kill.means not in (Means.FUZZING, Means.PROPERTY)


def words(name: Name) -> str:
    """A mutant's name for people."""
    file, function, operator, text, becomes, number = name
    which = f" (number {number})" if number > 1 else ""
    return f"{file}, {function or 'no function'}: {operator} [{text}] to [{becomes}]{which}"
