"""Reports about a small campaign, held against what their readers expect."""

from __future__ import annotations

import json
from dataclasses import replace
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from harness.errors import UserError
from harness.mutate.outcome import Outcome
from harness.mutate.report.annotations import annotation_lines
from harness.mutate.report.elements import as_elements
from harness.mutate.report.html import as_page
from harness.mutate.report.sarif import as_sarif
from harness.mutate.report.terminal import summary, survivor_view
from harness.mutate.report.write import Files, write_reports
from harness.mutate.result import Class, Kill, Result
from harness.mutate.score import Judged, kinds, matrix, means, pace_of, score_of, scores_by
from tests.mutate.mutants import mutant

TIMES = mutant("flow.h", "now < ", "now <= ", clauses=("CT-4", "CT-3"))
LINE = TIMES.line
KILL = Kill("ct-4", "digest", 3, 40, ("verdict", "entry"), "packet.verdict: drop expected")
KILLED = Judged(
    TIMES, Result(Class.KILLED, 1.5, 0.5, kill=KILL, matrix={"bytes": True, "clock": False})
)
SURVIVED = Judged(
    mutant("flow.h", "now < ", "now > ", clauses=("CT-4", "CT-3")),
    Result(Class.SURVIVED, 5.0, 4.0, detail="10 packets agree"),
)
EXPLAINED = Judged(SURVIVED.mutant, SURVIVED.result, "it does not matter")
EQUIVALENT = Judged(TIMES, Result(Class.EQUIVALENT))
REFUSED = Judged(TIMES, Result(Class.REFUSED, detail="program to_container refused"))
TIMED_OUT = Judged(TIMES, Result(Class.TIMED_OUT))
ALL = (KILLED, SURVIVED, EXPLAINED, EQUIVALENT, REFUSED, TIMED_OUT)


def shown(*parts: object) -> str:
    file = StringIO()
    console = Console(file=file, width=100, color_system=None)
    for part in parts:
        console.print(part)
    return file.getvalue()


def test_the_score_counts_kills_and_time_outs_of_what_counts() -> None:
    score = score_of(ALL)
    assert (score.killed, score.counted, score.share) == (2, 4, 0.5)
    assert score_of([EQUIVALENT]).share == 1.0
    assert score_of([EQUIVALENT]).interval(None) is None


def test_figures_by_operator_comparison_and_row() -> None:
    assert scores_by(ALL, "operator") == {"by-hand": (score_of(ALL), 6)}
    assert kinds(ALL) == {"verdict": 1}
    assert means(ALL) == {"scenario": 1}
    assert pace_of(ALL) == (1.5, 0.5, 40)
    assert pace_of([SURVIVED]) is None
    assert [(one.name, one.measured, one.lost) for one in matrix(ALL)] == [
        ("bytes", 1, 0),
        ("clock", 1, 1),
    ]


def test_a_survivor_on_the_terminal() -> None:
    assert [line.rstrip() for line in shown(survivor_view(EXPLAINED)).splitlines()] == [
        f"survived: bpf/flow.h:{LINE} (by-hand, {SURVIVED.mutant.identifier})",
        *(line.rstrip() for line in SURVIVED.mutant.diff().expandtabs(4).splitlines()),
        "  CT-4: " + clause_words("CT-4"),
        "  CT-3: " + clause_words("CT-3"),
        "  reviewed: it does not matter",
    ]


def clause_words(clause: str) -> str:
    from model.clauses import CLAUSES  # noqa: PLC0415

    return CLAUSES[clause]


def test_the_summary_says_what_is_sure() -> None:
    text = shown(summary(ALL, len(ALL)))
    assert "killed 2 of 4 mutants that count: 50.0%" in text
    assert "killed by: scenario 1" in text
    assert "median time to kill: 1.50 s, of which comparing 0.50 s; 40 steps" in text
    assert "survivors without a reviewed reason: 1" in text
    assert "95 % sure" not in text
    assert "95 % sure: 15.0% to 85.0%" in shown(summary(ALL, 1000))


def test_survivors_that_nothing_can_kill_are_told_apart() -> None:
    same = replace(EXPLAINED, equivalent=True)
    text = shown(summary([KILLED, SURVIVED, same], 3)).replace("\n", " ")
    assert "killed 1 of 3 mutants that count: 33.3%" in text
    assert "without 1 survivors reviewed as equivalent: 50.0%" in text
    assert not Outcome((KILLED, same), 2, (), False).reaches(51)


def test_the_elements_schema() -> None:
    report = as_elements([KILLED, SURVIVED, REFUSED])
    assert report["schemaVersion"] == "2"
    files = report["files"]
    assert isinstance(files, dict)
    file = files["bpf/flow.h"]
    assert file["language"] == "c"
    assert file["source"] == TIMES.data.decode()
    assert [one["status"] for one in file["mutants"]] == ["Killed", "Survived", "CompileError"]
    killed = file["mutants"][0]
    source_line = file["source"].splitlines()[killed["location"]["start"]["line"] - 1]
    begin, end = killed["location"]["start"]["column"], killed["location"]["end"]["column"]
    assert source_line[begin - 1 : end - 1] == "now < "
    assert killed["killedBy"] == ["ct-4"]
    assert killed["testsCompleted"] == 40
    assert report["config"] == {
        "killed": 1,
        "counted": 2,
        "reviewedAsEquivalent": 0,
        "killedBy": {"scenario": 1},
        "matrix": [
            {"name": "bytes", "measured": 1, "lost": 0},
            {"name": "clock", "measured": 1, "lost": 1},
        ],
        "medianSecondsToKill": 1.5,
        "medianSecondsComparing": 0.5,
        "medianStepsToKill": 40,
    }
    assert json.loads(json.dumps(report)) == report


def test_sarif_names_unexplained_survivors_alone() -> None:
    report = as_sarif(ALL, {"by-hand": "made by hand"}, "1.0")
    runs = report["runs"]
    assert isinstance(runs, list)
    (run,) = runs
    (finding,) = run["results"]
    assert finding["ruleId"] == "by-hand"
    place = finding["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"] == "bpf/flow.h"
    assert place["region"]["startLine"] == LINE
    assert finding["message"]["text"] == (
        "nothing notices when `now <` becomes `now >` (CT-4, CT-3)"
    )


def test_annotations_are_a_line_each() -> None:
    assert list(annotation_lines(ALL)) == [
        f"::warning file=bpf/flow.h,line={LINE},endLine={LINE},title=mutant survives (by-hand)"
        "::nothing notices when `now <` becomes `now >` (CT-4, CT-3)"
    ]


def test_the_page_needs_nothing_else_and_escapes_code() -> None:
    page = as_page(ALL, len(ALL))
    assert "now &gt; entry-&gt;expires" in page
    assert "http://" not in page
    assert "https://" not in page
    assert "killed 2 of 4" in page


def test_reports_are_written_where_asked(tmp_path: Path) -> None:
    files = Files(tmp_path / "a.json", tmp_path / "a.html", tmp_path / "a.sarif")
    write_reports(files, ALL, len(ALL))
    assert json.loads((tmp_path / "a.json").read_text())["schemaVersion"] == "2"
    assert json.loads((tmp_path / "a.sarif").read_text())["version"] == "2.1.0"
    assert (tmp_path / "a.html").read_text().startswith("<!doctype html>")


def test_a_report_that_cannot_be_written(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="cannot be written"):
        write_reports(Files(tmp_path / "nowhere" / "a.json", None, None), ALL, len(ALL))


@pytest.mark.parametrize(
    ("judged", "percent", "reaches"),
    [
        ((KILLED,), 100, True),
        ((KILLED, EXPLAINED), 50, True),
        ((KILLED, EXPLAINED), 51, False),
        ((KILLED, SURVIVED), 50, False),
    ],
)
def test_a_threshold_needs_score_and_reasons(
    judged: tuple[Judged, ...], percent: float, reaches: bool
) -> None:
    assert Outcome(judged, len(judged), (), False).reaches(percent) is reaches
