"""Order and clauses of a C source, told from its text."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.locate.functions import Function, comment_before, order_of_lines, read_functions
from harness.locate.regions import Region, lines_run

FILE = Path("small.h")
TEXT = """\
/* CT-3. */
static int inner(int a)
{
	return a;
}

/* Counts (CT-11). */
static int other(int a)
{
	return inner(a);
}

int entry(int a)
{
	if (inner(a))
		return other(a);
	return 0;
}
""".splitlines()


@pytest.fixture
def functions() -> list[Function]:
    """The three functions of the text."""
    bodies = {
        "inner": Region(FILE, 3, 1, 5, 2),
        "other": Region(FILE, 9, 1, 11, 2),
        "entry": Region(FILE, 14, 1, 18, 2),
    }
    return read_functions(bodies, {FILE: TEXT})


def test_a_function_is_about_the_clauses_of_its_comment(functions: list[Function]) -> None:
    found = {one.name: one.clauses for one in functions}
    assert found == {"inner": {"CT-3"}, "other": {"CT-11"}, "entry": frozenset()}


def test_the_comment_in_front_may_be_missing() -> None:
    assert comment_before(["int a(void)", "{", "}"], 2) == []


def test_calls_are_found_by_line(functions: list[Function]) -> None:
    assert {one.name: one.calls for one in functions} == {
        "inner": (),
        "other": ((10, "inner"),),
        "entry": ((15, "inner"), (16, "other")),
    }


def test_lines_are_ordered_by_when_they_are_come_to_last(functions: list[Function]) -> None:
    everything = {(FILE, line) for line in range(1, 19)}
    order = order_of_lines(functions, "entry", everything)
    when = [line for (_, line), _ in sorted(order.items(), key=lambda one: one[1])]
    assert when.index(15) < when.index(16) < when.index(10) < when.index(4) < when.index(17)


def test_calls_on_lines_that_did_not_run_are_not_followed(functions: list[Function]) -> None:
    order = order_of_lines(functions, "entry", {(FILE, line) for line in (3, 4, 14, 15, 17)})
    assert (FILE, 10) not in order
    assert order[FILE, 4] < order[FILE, 17]


def test_a_line_runs_if_the_smallest_piece_around_it_does() -> None:
    counts = {
        Region(FILE, 14, 1, 18, 2): 3,
        Region(FILE, 16, 3, 16, 19): 0,
        Region(FILE, 15, 6, 15, 14): 3,
    }
    assert lines_run(counts, {FILE: TEXT}) == {(FILE, line) for line in (14, 15, 17, 18)}
