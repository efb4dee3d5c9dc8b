"""Both sides joined: totals, words, the page."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from rich.console import Console

from harness.coverage.branch import Branch, FileCoverage, Side, SideCoverage
from harness.coverage.html import write_index
from harness.coverage.replay import Replayed
from harness.coverage.report import Report, as_object, make_report
from harness.coverage.reviewed import Review, name_of
from harness.coverage.text import missing_lines, source_view, totals
from harness.lockstep.result import RunResult

C_SOURCE = "bool find(void)\n{\n\tif (!entry)\n\t\treturn false;\n\treturn true;\n}\n"
TAKEN = Branch("bpf/a.h", 3, 6, "false", "find", "!entry", 1, reached=True)
NEVER = replace(TAKEN, outcome="true", reached=False)
MODEL_TAKEN = Branch("model/b.py", 2, 0, "return 1", "find", "if a < b:", 1, reached=True)
MODEL_NEVER = replace(MODEL_TAKEN, outcome="leave", reached=False)
REASON = "Nothing can do that."


def side(name: Side, *branches: Branch) -> SideCoverage:
    page = f"{branches[0].file}.html"
    return SideCoverage(name, (FileCoverage(branches[0].file, 6, 5, branches, page),))


def report(*excused: Branch) -> Report:
    replayed = Replayed(
        RunResult(scenarios=2, steps=4, packets=3),
        False,
        side(Side.DATAPATH, TAKEN, NEVER),
        side(Side.MODEL, MODEL_TAKEN, MODEL_NEVER),
    )
    return make_report(
        replayed, Review(Path("list.toml"), {name_of(branch): REASON for branch in excused})
    )


def test_the_share_is_that_of_what_is_reachable() -> None:
    datapath, model = report(NEVER).sides
    assert (datapath.reached, datapath.reachable, datapath.share) == (1, 1, 1.0)
    assert (model.reached, model.reachable, model.share) == (1, 2, 0.5)
    assert datapath.judged.missing == ()
    assert model.judged.missing == (MODEL_NEVER,)


def test_machines_get_totals_and_every_branch_that_is_missing() -> None:
    found = as_object(report(NEVER))
    assert found["packets"] == 3
    assert found["stale"] == []
    assert found["datapath"] == {
        "lines": 6,
        "lines_reached": 5,
        "branches": 2,
        "branches_reached": 1,
        "branches_unreachable": 1,
        "reached_of_reachable": 1.0,
        "missing": [],
        "unreachable": [
            {
                "file": "bpf/a.h",
                "line": 3,
                "column": 6,
                "outcome": "true",
                "function": "find",
                "text": "!entry",
                "number": 1,
                "reason": REASON,
            }
        ],
        "files": {
            "bpf/a.h": {"lines": 6, "lines_reached": 5, "branches": 2, "branches_reached": 1}
        },
    }


def test_people_get_a_line_for_each_missing_branch() -> None:
    assert list(missing_lines(report())) == [
        "bpf/a.h:3:6: find: [!entry] is never true",
        "model/b.py:2: find: [if a < b:] never goes on to [leave]",
    ]


def test_the_table_has_a_row_for_each_side() -> None:
    console = Console(width=100)
    with console.capture() as captured:
        console.print(totals(report(NEVER)))
    rows = [line.split() for line in captured.get().splitlines()]
    assert rows[1] == ["datapath", "6", "5", "2", "1", "1", "0", "100.0%"]
    assert rows[2] == ["model", "6", "5", "2", "1", "0", "1", "50.0%"]


def test_the_source_view_marks_the_line(tmp_path: Path) -> None:
    (tmp_path / "bpf").mkdir()
    (tmp_path / "bpf/a.h").write_text(C_SOURCE)
    assert list(source_view(report(MODEL_NEVER), tmp_path)) == [
        "bpf/a.h",
        "    1   bool find(void)",
        "    2   {",
        "    3 !     if (!entry)",
        "        ^ [!entry] is never true",
        "    4           return false;",
        "    5       return true;",
    ]


def test_the_page_leads_to_the_lines_of_both_source_views(tmp_path: Path) -> None:
    page = write_index(report(NEVER), tmp_path).read_text()
    assert '<a href="datapath/index.html">' in page
    assert '<a href="model/model/b.py.html#t2">model/b.py:2</a>' in page
    assert '<a href="datapath/bpf/a.h.html#L3">bpf/a.h:3</a>' in page
    assert "[if a &lt; b:] never goes on to [leave]" in page
    assert REASON in page
