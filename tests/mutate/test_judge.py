"""What becomes of mutants: one of each class, on both sides, with real compiler and kernel."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.commands.options import REPOSITORY
from harness.mutate.gate import load_gate
from harness.mutate.judge import Judge
from harness.mutate.matrix import ROWS
from harness.mutate.mutant import Side
from harness.mutate.result import Class, Result
from harness.mutate.trial import Effort
from tests.mutate.mutants import mutant

FOLDER = REPOSITORY / "corpora" / "scenarios" / "conntrack"
CORPORA = [FOLDER / "ct-5-handshake-data-and-close.yaml", FOLDER / "ct-4-expired-is-absent.yaml"]


def unknown(_code: str) -> Result | None:
    return None


def judge_with(effort: Effort) -> Judge:
    return Judge(load_gate(CORPORA), CORPORA, effort, unknown)


@pytest.fixture(scope="module")
def judge() -> Iterator[Judge]:
    yield judge_with(Effort(limit=120))


def test_a_killed_mutant_of_the_datapath(judge: Judge) -> None:
    result = judge.judge(mutant("flow.h", "now < ", "now <= "))
    assert result.status is Class.KILLED
    assert result.kill is not None
    assert result.kill.by.startswith("ct-")
    assert "entry" in result.kill.kinds
    assert result.kill.steps > 0 < result.seconds
    assert result.code


def test_scenarios_about_the_mutants_clauses_come_first(judge: Judge) -> None:
    by_clause = mutant("flow.h", "flags |= ENTRY_CLOSED;", ";", clauses=("CT-5",))
    assert judge.judge(by_clause).status in (Class.KILLED, Class.SURVIVED)


def test_a_survivor_tells_how_much_agreed(judge: Judge) -> None:
    result = judge.judge(mutant("murmur.h", "0xcc9e2d51", "0xcc9e2d52"))
    assert result.status is Class.SURVIVED
    assert int(result.detail.partition(" ")[0]) > 10


def test_an_equivalent_mutant(judge: Judge) -> None:
    result = judge.judge(mutant("flow.h", "now < entry->expires", "!(now >= entry->expires)"))
    assert result.status is Class.EQUIVALENT


def test_a_mutant_that_the_verifier_refuses(judge: Judge) -> None:
    result = judge.judge(mutant("counter.h", "if (!counter)\n\t\treturn;", ";"))
    assert result.status is Class.REFUSED
    assert "refused" in result.detail


def test_a_mutant_that_does_not_compile(judge: Judge) -> None:
    result = judge.judge(mutant("flow.h", "now < ", "nowhere < "))
    assert result.status is Class.NOT_COMPILED


def test_known_instructions_are_not_run_again() -> None:
    known = Result(Class.SURVIVED, detail="known")
    judge = Judge([], [], Effort(limit=120), lambda _code: known)
    assert judge.judge(mutant("flow.h", "now < ", "now <= ")).detail == "known"


def test_a_killed_mutant_of_the_model(judge: Judge) -> None:
    given = mutant("passage.py", "self.now >= entry.expires", "False", Side.MODEL)
    result = judge.judge(given)
    assert result.status is Class.KILLED
    assert result.kill is not None
    assert result.kill.kinds != ("exception",)


def test_a_mutant_of_the_model_that_changes_nothing_survives(judge: Judge) -> None:
    """Nothing is mixed up when the model is imported anew."""
    text = "return flow.opener_closing and flow.reply_closing"
    given = mutant(
        "tcp.py", text, "return all((flow.opener_closing, flow.reply_closing))", Side.MODEL
    )
    assert judge.judge(given).status is Class.SURVIVED
    given = mutant("domain/protocol.py", "TCP: Final = 6", "TCP: Final = 5 + 1 + 0", Side.MODEL)
    assert judge.judge(given).status in (Class.SURVIVED, Class.EQUIVALENT)


def test_a_mutated_word_of_both_sides(judge: Judge) -> None:
    given = mutant("domain/protocol.py", "TCP: Final = 6", "TCP: Final = 7", Side.MODEL)
    assert judge.judge(given).status is Class.KILLED


@pytest.mark.parametrize(
    ("becomes", "status"),
    [
        ("return flow.opener_closing and flow.reply_closing  # so", Class.EQUIVALENT),
        ("return flow.opener_closing or nothing", Class.KILLED),
        ("return (", Class.NOT_COMPILED),
        ("while True: pass", Class.TIMED_OUT),
    ],
)
def test_other_mutants_of_the_model(becomes: str, status: Class) -> None:
    text = "return flow.opener_closing and flow.reply_closing"
    judge = judge_with(Effort(limit=8))
    assert judge.judge(mutant("tcp.py", text, becomes, Side.MODEL)).status is status


def test_a_mutant_that_cannot_be_imported(judge: Judge) -> None:
    given = mutant("tcp.py", "from model.domain.protocol import TCP", "TCP = nothing", Side.MODEL)
    result = judge.judge(given)
    assert result.status is Class.NOT_COMPILED
    assert "NameError" in result.detail


def test_a_value_of_another_kind_on_which_the_harness_stumbles(judge: Judge) -> None:
    given = mutant("observe.py", "tuple(reported)", "0", Side.MODEL)
    result = judge.judge(given)
    assert result.status is Class.KILLED
    assert result.kill is not None
    assert "TypeError" in result.kill.first


def test_this_process_keeps_the_real_model(judge: Judge) -> None:
    judge.judge(mutant("passage.py", "self.now >= entry.expires", "False", Side.MODEL))
    assert judge.judge(mutant("flow.h", "now < ", "now <= ")).status is Class.KILLED


def test_the_rows_of_the_matrix() -> None:
    rows = frozenset(row.name for row in ROWS)
    result = judge_with(Effort(limit=120, rows=rows)).judge(mutant("flow.h", "now < ", "now <= "))
    assert result.matrix.keys() == rows
    assert not result.matrix["clock"], "expiry has shown itself with a clock that stands still"
    assert not result.matrix["more than single packets"]
    assert result.matrix["context"]


def test_no_temporary_file_is_left(
    judge: Judge, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    judge.judge(mutant("flow.h", "now < ", "now <= "))
    assert list(tmp_path.iterdir()) == []
