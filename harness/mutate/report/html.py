"""A campaign as one page that needs nothing else."""

from __future__ import annotations

from collections.abc import Sequence

from harness.mutate.report.terminal import clause_lines, found_words, score_words
from harness.mutate.result import Class
from harness.mutate.score import Judged, classes, matrix, scores_by
from harness.report.template import environment


def as_page(judged: Sequence[Judged], population: int) -> str:
    """The page: score, matrix, operators, files, and every survivor as a diff."""
    template = environment("harness.mutate").get_template("mutation.html.j2")
    found = classes(judged)
    return template.render(
        score=score_words(judged, population).plain,
        found=found_words(judged),
        classes={status.value: found[status] for status in Class if found[status]},
        matrix=matrix(judged),
        groups={name: scores_by(judged, name) for name in ("operator", "file")},
        survivors=[one for one in judged if one.result.status is Class.SURVIVED],
        clause_lines=clause_lines,
    )
