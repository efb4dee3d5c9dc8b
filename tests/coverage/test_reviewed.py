"""The reviewed list of what cannot be reached is held against both sides."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from harness.commands.coverage import REVIEW
from harness.coverage.branch import Branch, numbered
from harness.coverage.build import CoverageBuild
from harness.coverage.datapath import datapath_coverage
from harness.coverage.model import ModelWatch
from harness.coverage.replay import ROOT
from harness.coverage.reviewed import judge, name_of, read_review
from harness.errors import UserError

LIST = """\
[[unreachable]]
reason = "the verifier asks for it"
branches = [
    { file = "bpf/a.h", function = "find", text = "!entry", outcome = "true" },
    { file = "bpf/a.h", function = "find", text = "!entry", outcome = "true", number = 2 },
]
"""
FIRST = Branch("bpf/a.h", 7, 2, "true", "find", "!entry", 1, reached=False)
OTHER = replace(FIRST, outcome="false")


def review_file(folder: Path, text: str) -> Path:
    path = folder / "list.toml"
    path.write_text(text)
    return path


def test_branches_are_excused_missing_or_reached(tmp_path: Path) -> None:
    review = read_review(review_file(tmp_path, LIST))
    second = replace(FIRST, line=9, number=2)
    judged = judge([FIRST, second, OTHER, replace(OTHER, text="x", reached=True)], review)
    assert judged.excused == (
        (FIRST, "the verifier asks for it"),
        (second, "the verifier asks for it"),
    )
    assert judged.missing == (OTHER,)
    assert judged.stale == ()


def test_an_entry_that_is_reached_or_gone_is_stale(tmp_path: Path) -> None:
    path = review_file(tmp_path, LIST)
    judged = judge([replace(FIRST, reached=True)], read_review(path))
    assert judged.stale == (
        f"{path}: bpf/a.h, find: [!entry] true: is reached; remove the entry",
        f"{path}: bpf/a.h, find: [!entry] true (number 2): there is no such branch; "
        "mend or remove the entry",
    )


def test_a_branch_that_moves_is_the_same_branch(tmp_path: Path) -> None:
    moved = replace(FIRST, line=99, column=1)
    judged = judge([moved, replace(moved, number=2)], read_review(review_file(tmp_path, LIST)))
    assert judged.stale == ()


def test_decisions_of_the_same_text_are_numbered_by_place() -> None:
    found = numbered([replace(FIRST, line=30), FIRST, OTHER, replace(FIRST, function="other")])
    assert [(one.line, one.outcome, one.function, one.number) for one in found] == [
        (7, "false", "find", 1),
        (7, "true", "find", 1),
        (7, "true", "other", 1),
        (30, "true", "find", 2),
    ]


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("[[unreachable]", "no TOML: "),
        (LIST.replace("reason", "why"), "unreachable.0.reason: Field required"),
        (LIST.replace("the verifier asks for it", "because"), "unreachable.0.reason: String"),
        (LIST.replace("number = 2", 'number = "2"'), "unreachable.0.branches.1.number: Input"),
        (LIST.replace(", number = 2", ""), "bpf/a.h, find: [!entry] true: listed twice"),
        (LIST.replace("number = 2", "line = 2"), "unreachable.0.branches.1.line: Extra"),
    ],
)
def test_a_bad_list_is_told_in_one_line(tmp_path: Path, text: str, complaint: str) -> None:
    path = review_file(tmp_path, text)
    with pytest.raises(UserError) as caught:
        read_review(path)
    assert str(caught.value).startswith(f"{path}: {complaint}")
    assert "\n" not in str(caught.value)


def test_a_list_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="cannot be read: No such file or directory"):
        read_review(tmp_path / "none.toml")


def test_every_shipped_entry_names_a_branch_and_gives_a_reason(built: CoverageBuild) -> None:
    review = read_review(REVIEW)
    counters = sum(function.counters for function in built.functions)
    datapath = datapath_coverage(built, np.zeros(counters, np.uint64), ROOT)
    model = ModelWatch(ROOT).result()
    names = {name_of(branch) for side in (datapath, model) for branch in side.branches}
    assert len(names) == len(datapath.branches) + len(model.branches)
    assert set(review.reasons) - names == set()
    assert all(reason.endswith(".") for reason in review.reasons.values())
