"""The job summary in Markdown, the terminal's form, and JSON lines."""

from __future__ import annotations

import json
from dataclasses import replace

from rich.console import Console

from harness.report.jsonl import as_jsonl
from harness.report.markdown import as_markdown
from harness.report.terminal import stored_run
from harness.store.records import Run, Standing
from tests.report import stored


def shown(run: Run) -> str:
    console = Console(width=100, record=True, file=None, quiet=False, highlight=False)
    with console.capture() as capture:
        console.print(stored_run(run))
    return capture.get()


def test_the_summary_of_a_divergence() -> None:
    lines = as_markdown(stored.diverging(), stored.history()).splitlines()
    assert lines[0] == "## Twinpath run: 1 divergence of 1 cause in 8 packets"
    assert "### new: IP: src should be 10.96.0.10, is 10.0.3.1" in lines
    assert f"| replay | `{stored.REPLAY}` |" in lines
    assert "| datapath line | `bpf/rewrite.h:42` |" in lines
    (cost,) = [line for line in lines if line.startswith("| from_container (libbpf)")]
    assert cost == "| from_container (libbpf) | 115,348 | 120,000 | 6,427 | 208 | 181.2 |"


def test_the_summary_of_agreement_and_of_nothing() -> None:
    assert as_markdown(stored.agreeing()).startswith("## Twinpath run: agreement on 8 packets\n")
    assert "- 1 by libbpf: Invalid argument" in as_markdown(stored.agreeing())
    assert as_markdown(stored.empty()).startswith("## Twinpath run: nothing was compared\n")


def test_no_name_becomes_markup_in_the_summary() -> None:
    text = as_markdown(stored.hostile())
    plain = [line for line in text.splitlines() if not line.startswith("|")]
    assert not any("<script" in line.replace("\\<", "") for line in plain)
    rows = [line for line in text.splitlines() if line.startswith("| expected |")]
    assert [row.replace("\\|", "").count("|") for row in rows] == [3], "the cell stays one cell"
    assert "\x1b" not in text


def test_every_fact_is_a_line_of_json() -> None:
    lines = [json.loads(line) for line in as_jsonl(stored.diverging()).splitlines()]
    first = lines[0]
    assert (first["type"], first["verdict"], first["packets"]) == ("run", "diverges", 8)
    kinds = [line["type"] for line in lines]
    assert [kinds.count(kind) for kind in ("scenario", "divergence", "coverage")] == [2, 1, 2]
    (divergence,) = [line for line in lines if line["type"] == "divergence"]
    assert divergence["location"]["datapath"][0]["line"] == 42
    assert divergence["standing"] == "new"


def test_json_lines_of_nothing_say_so() -> None:
    (line,) = as_jsonl(stored.empty()).splitlines()
    assert json.loads(line)["verdict"] == "nothing compared"
    assert all(json.loads(line) for line in as_jsonl(stored.hostile()).splitlines())


def test_the_terminal_says_what_differs_and_ends_with_the_verdict() -> None:
    lines = shown(stored.diverging()).splitlines()
    assert lines[0] == "new divergence: IP: src should be 10.96.0.10, is 10.0.3.1"
    assert stored.REPLAY in lines
    assert lines[-1] == "run 3: 1 divergence of 1 cause in 8 packets"
    assert shown(stored.empty()).splitlines()[-1] == "run 1: nothing was compared"
    assert "\x1b" not in shown(stored.hostile())


def test_known_divergences_are_told_and_do_not_spoil_the_verdict() -> None:
    known = replace(stored.DIVERGENCE, standing=Standing.KNOWN, standing_reason="until May")
    text = shown(stored.diverging(known))
    assert "known divergence: IP: src" in text
    assert "until May" in text
    assert "agreement on 8 packets, 1 divergence known or on the base too" in text
