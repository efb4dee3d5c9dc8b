"""Tests that are evidence for clauses: found by their mark, run where that is asked for.

A test says so itself: `@pytest.mark.clause(hits=["POL-7"], misses=["LB-6a"])`.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Any, Final

from harness.errors import UserError
from model.clauses import CLAUSES

MARK: Final = "pytest.mark.clause"
NOT_RUN: Final = "not run here"


@dataclass(frozen=True, slots=True)
class Property:
    """A test with the clauses that it shows to apply and not to apply; `node` is pytest's id."""

    node: str
    hits: tuple[str, ...]
    misses: tuple[str, ...]


def find_properties(repository: Path) -> list[Property]:
    """All tests below `tests/` that have the mark, in order. Nothing is imported.

    Raises UserError for a mark that cannot be read as it stands.
    """
    files = sorted((repository / "tests").rglob("test_*.py"))
    return [one for file in files for one in properties_of(file, repository)]


def properties_of(file: Path, repository: Path) -> Iterator[Property]:
    """The marked tests of one file, its test classes included."""
    text = file.read_text(encoding="utf-8")
    if MARK not in text:
        return
    name = file.relative_to(repository).as_posix()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef):
            for decorator in node.decorator_list:
                if isinstance(decorator, ast.Call) and ast.unparse(decorator.func) == MARK:
                    yield read_mark(f"{name}::{node.name}", decorator)


def read_mark(node: str, mark: ast.Call) -> Property:
    """A mark's clauses. Raises UserError."""
    remedy = f"write @{MARK}(hits=[...], misses=[...]) with ids of the specification"
    if mark.args or {keyword.arg for keyword in mark.keywords} - {"hits", "misses"}:
        raise UserError(f"{node}: the mark is not understood; {remedy}")
    found: dict[str, tuple[str, ...]] = {}
    for keyword in mark.keywords:
        try:
            ids = tuple(ast.literal_eval(keyword.value))
        except (ValueError, TypeError):
            raise UserError(f"{node}: the mark is not a list of ids; {remedy}") from None
        unknown = [one for one in ids if one not in CLAUSES]
        if unknown:
            raise UserError(f"{node}: there is no clause {unknown[0]!r}; {remedy}")
        found[str(keyword.arg)] = ids
    return Property(node, found.get("hits", ()), found.get("misses", ()))


class Recorder:
    """A plug-in of pytest that keeps each test's worst outcome, its parameters left out."""

    def __init__(self) -> None:
        self.outcomes: dict[str, str] = {}

    def pytest_runtest_logreport(self, report: Any) -> None:
        """One phase of one test is over."""
        node = report.nodeid.partition("[")[0]
        before = self.outcomes.get(node, "passed")
        worst = report.outcome if before == "passed" else before
        self.outcomes[node] = "failed" if report.outcome == "failed" else worst


def run_properties(properties: list[Property], repository: Path) -> dict[str, str]:
    """Run the tests; `passed`, `failed` or `skipped` by node.

    Raises UserError without pytest and where pytest cannot do it, KeyboardInterrupt.
    """
    if not properties:
        return {}
    try:
        import pytest  # noqa: PLC0415 - only developers have it
    except ImportError:
        raise UserError("pytest is missing; pip install 'twinpath[dev]'") from None
    recorder = Recorder()
    nodes = [str(repository / one.node) for one in properties]
    options = ["-p", "no:cacheprovider", "--rootdir", str(repository)]
    said = StringIO()
    with redirect_stdout(said), redirect_stderr(said):
        code = pytest.main([*options, *nodes], plugins=[recorder])
    if code == pytest.ExitCode.INTERRUPTED:
        raise KeyboardInterrupt
    if code not in {pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED}:
        last = (said.getvalue().strip().splitlines() or [""])[-1]
        raise UserError(f"the properties cannot be run: {last.strip()}; try pytest -m clause")
    return {one.node: recorder.outcomes[one.node] for one in properties}
