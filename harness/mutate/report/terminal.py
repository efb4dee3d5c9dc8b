"""A campaign on the terminal: survivors as diffs, then what it adds up to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from rich.console import Group, RenderableType
from rich.syntax import Syntax
from rich.table import Table
from rich.text import Text

from harness.mutate.result import Class
from harness.mutate.score import (
    Judged,
    MatrixLine,
    Score,
    classes,
    kinds,
    matrix,
    means,
    pace_of,
    score_of,
    score_of_others,
    scores_by,
)
from harness.report.tables import plain_table
from model.clauses import CLAUSES

CLAUSES_SHOWN = 2


def survivor_view(judged: Judged) -> RenderableType:
    """One survivor: where it is, what it changes, which clauses that concerns."""
    mutant = judged.mutant
    title = f"{judged.result.status.value}: {mutant.where} ({mutant.operator}, {mutant.identifier})"
    parts: list[RenderableType] = [
        Text(title, "bold yellow"),
        Syntax(mutant.diff(), "diff", background_color="default"),
    ]
    parts += [Text(f"  {line}", "dim") for line in clause_lines(judged)]
    if judged.reason:
        parts.append(Text(f"  reviewed: {judged.reason}", "green"))
    return Group(*parts)


def clause_lines(judged: Judged) -> Iterator[str]:
    """The clauses closest to the place, with what they say."""
    for clause in judged.mutant.clauses[:CLAUSES_SHOWN]:
        yield f"{clause}: {CLAUSES[clause]}"


def summary(judged: Sequence[Judged], population: int) -> RenderableType:
    """Tables of classes, operators, files, comparisons and the matrix; then the score."""
    parts: list[RenderableType] = [
        group_table("operator", scores_by(judged, "operator")),
        "",
        group_table("file", scores_by(judged, "file")),
        "",
        class_table(judged),
        "",
    ]
    lines = matrix(judged)
    if lines:
        parts += [matrix_table(lines), ""]
    parts.append(Text(found_words(judged)))
    parts.append(score_words(judged, population))
    return Group(*parts)


def group_table(title: str, groups: Mapping[str, tuple[Score, int]]) -> Table:
    """A row for each operator or file."""
    table = plain_table([title], ["mutants", "counted", "killed", "share"])
    for name, (score, count) in groups.items():
        share = f"{score.share:.1%}" if score.counted else "-"
        table.add_row(name, f"{count}", f"{score.counted}", f"{score.killed}", share)
    return table


def class_table(judged: Sequence[Judged]) -> Table:
    """A row for each class that occurs."""
    table = plain_table(["class"], ["mutants"])
    found = classes(judged)
    for status in Class:
        if found[status]:
            table.add_row(status.value, f"{found[status]}")
    return table


def matrix_table(lines: Sequence[MatrixLine]) -> Table:
    """What would be lost."""
    table = plain_table(["without"], ["measured on", "lost", "share"])
    for line in lines:
        table.add_row(
            line.name, f"{line.measured}", f"{line.lost}", f"{line.lost / line.measured:.1%}"
        )
    return table


def found_words(judged: Sequence[Judged]) -> str:
    """By what mutants were found, and how quickly."""
    pace = pace_of(judged)
    if pace is None:
        return "nothing was killed"
    return (
        f"killed by: {counts(means(judged))}\n"
        f"first difference: {counts(kinds(judged))}\n"
        f"median time to kill: {pace.seconds:.2f} s, of which comparing {pace.comparing:.2f} s; "
        f"{pace.steps:g} steps"
    )


def counts(found: Counter[str]) -> str:
    """What there is, the most frequent first."""
    return ", ".join(f"{name} {count}" for name, count in found.most_common())


def score_words(judged: Sequence[Judged], population: int) -> Text:
    """The last line."""
    score = score_of(judged)
    unexplained = sum(one.result.status is Class.SURVIVED and not one.reason for one in judged)
    words = f"killed {score.killed} of {score.counted} mutants that count: {score.share:.1%}"
    interval = score.interval(None if len(judged) < population else score.counted)
    if interval is not None and len(judged) < population:
        words += f" (of all, 95 % sure: {interval.low:.1%} to {interval.high:.1%})"
    others = score_of_others(judged)
    if others != score:
        words += (
            f"; without {score.counted - others.counted} survivors reviewed as equivalent: "
            f"{others.share:.1%}"
        )
    words += f"; survivors without a reviewed reason: {unexplained}"
    return Text(words, "bold yellow" if unexplained else "bold green")
