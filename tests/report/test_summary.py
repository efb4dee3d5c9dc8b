"""The end of a run: figures by loader, and a last line that promises no more than was compared."""

from __future__ import annotations

from collections import Counter
from io import StringIO

import pytest
from rich.console import RenderableType

from harness.lockstep.result import Divergence, RunResult
from harness.report.console import QuietConsole
from harness.report.summary import clause_table, summary
from harness.step import Scenario
from model.clauses import CLAUSES, NOT_NOTED

DIVERGENCE = Divergence(Scenario("one", "one.yaml", (), ()), "datapath", 0, None, ())


def result(packets: int = 3, divergences: int = 0, failures: int = 0) -> RunResult:
    return RunResult(
        scenarios=2,
        steps=packets + 1,
        packets=packets,
        divergences=[DIVERGENCE] * divergences,
        clauses=Counter({"CT-2": packets, "LB-1": 1}),
        failures=failures,
        seconds=2.0,
    )


def lines(shown: RenderableType, width: int = 80) -> list[str]:
    file = StringIO()
    QuietConsole(file=file, width=width, highlight=False, color_system=None).print(shown)
    return [line.rstrip() for line in file.getvalue().splitlines()]


@pytest.mark.parametrize(
    ("results", "interrupted", "last"),
    [
        ([result(), result(1)], False, "agreement on 4 packets, seed 7"),
        ([result(1)], False, "agreement on 1 packet, seed 7"),
        ([result(12_345)], False, "agreement on 12,345 packets, seed 7"),
        ([result(divergences=1)], False, "1 divergence in 3 packets, seed 7"),
        ([result(), result(divergences=2)], False, "2 divergences in 6 packets, seed 7"),
        ([result(0)], False, "nothing was compared, seed 7"),
        ([result(), result(0)], False, "nothing was compared, seed 7"),
        ([result()], True, "agreement on 3 packets, interrupted, seed 7"),
        ([result(0)], True, "nothing was compared, interrupted, seed 7"),
        (
            [result(failures=1)],
            False,
            "agreement on 3 packets, 1 scenario not carried out, seed 7",
        ),
        (
            [result(failures=2, divergences=1)],
            True,
            "1 divergence in 3 packets, 2 scenarios not carried out, interrupted, seed 7",
        ),
    ],
)
def test_the_last_line(results: list[RunResult], interrupted: bool, last: str) -> None:
    by_loader = dict(zip(("libbpf", "bcc"), results, strict=False))
    assert lines(summary(by_loader, 7, interrupted))[-1] == last


def test_figures_fit_a_terminal_of_eighty_columns() -> None:
    big = result(1_234_567)
    shown = lines(summary({"libbpf": big, "bcc": result()}, 0, interrupted=False))
    assert shown[0].split() == [
        *("loader", "scenarios", "steps", "packets", "refused", "divergences", "seconds"),
        "steps/s",
    ]
    assert shown[1].split() == ["libbpf", "2", "1,234,568", "1,234,567", "0", "0", "2.0", "617,284"]
    assert shown[2].split() == ["bcc", "2", "4", "3", "0", "0", "2.0", "2"]


def test_refused_packets_are_told_by_their_reasons() -> None:
    one = result()
    one.refused.update(["too long", "EINVAL", "too long"])
    shown = lines(summary({"libbpf": one}, 0, interrupted=False))
    assert "refused by the kernel, 2 times: too long" in shown
    assert "refused by the kernel, once: EINVAL" in shown


def test_a_run_without_time_has_no_rate() -> None:
    shown = lines(summary({"libbpf": RunResult()}, 0, interrupted=True))
    assert shown[1].split()[-1] == "-"


def test_every_clause_is_in_the_table_hit_or_not() -> None:
    shown = lines(clause_table({"libbpf": result(), "bcc": result(1)}), width=200)
    assert len(shown) == len(CLAUSES) + 1
    figures = {line.split()[0]: line.split()[1] for line in shown[1:]}
    assert figures["CT-2"] == "4"
    assert figures["LB-1"] == "2"
    assert figures["PKT-1"] == "-"
    assert lines(summary({"libbpf": result()}, 0, interrupted=False))[-2].startswith(
        f"clauses exercised: 2 of {len(CLAUSES) - len(NOT_NOTED)} "
    )


@pytest.mark.parametrize("width", [20, 60, 80])
def test_no_figure_is_lost_however_narrow_the_screen(width: int) -> None:
    results = {"libbpf": result(1_234_567), "bcc": result(12)}
    title, *rows = lines(summary(results, 7, False), width)[:3]
    assert title.split()[0] == "loader"
    assert title.split()[-1] == "steps/s"
    assert [row.split()[0] for row in rows] == ["libbpf", "bcc"]
    assert "1,234,567" in rows[0]


def test_what_a_clause_says_is_folded_into_a_narrow_screen() -> None:
    shown = lines(clause_table({"libbpf": result()}), width=60)
    assert max(len(line) for line in shown) <= 60
