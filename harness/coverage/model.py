"""The model's side: coverage.py watches lines and branches while a corpus is replayed."""

from __future__ import annotations

import importlib.util
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from coverage import Coverage
from coverage.exceptions import CoverageException
from coverage.files import flat_rootname

import model
from harness.coverage.branch import Branch, FileCoverage, Side, SideCoverage, numbered, one_blank
from harness.errors import UserError

MODEL: Final = Path(model.__file__).parent
LEAVE: Final = "leave"
"""The outcome of a branch that ends its function."""


class ModelWatch:
    """Watches the model's code in this thread, within `watching`.

    Files are named from `root` on. Modules that were imported before count as run: their own lines
    (definitions, constants) are run once more for this, in modules that nobody sees.
    """

    def __init__(self, root: Path, package: Path = MODEL) -> None:
        self._root = root
        self._package = package
        self._coverage = Coverage(
            data_file=None, branch=True, config_file=False, source=[str(package)], messages=False
        )

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Within this, what the model does counts."""
        self._coverage.start()
        try:
            yield
        finally:
            self._coverage.stop()

    def result(self) -> SideCoverage:
        """Lines and branches of every file of the package."""
        self._run_definitions()
        report = self._report()
        files = [self._file(Path(name), one) for name, one in report["files"].items()]
        return SideCoverage(Side.MODEL, tuple(sorted(files, key=lambda file: file.file)))

    def write_html(self, folder: Path) -> None:
        """The source with what was reached, a page for each file, below a folder.

        Raises UserError where it cannot be written.
        """
        try:
            self._coverage.html_report(directory=str(folder), title="model")
        except (CoverageException, OSError) as error:
            raise UserError(f"{folder}: cannot be written: {error}") from None

    def _run_definitions(self) -> None:
        with self.watching():
            for path in sorted(self._package.rglob("*.py")):
                name = ".".join(path.relative_to(self._package.parent).with_suffix("").parts)
                name = name.removesuffix(".__init__")
                spec = importlib.util.spec_from_file_location(name, path)
                if spec is not None and spec.loader is not None:
                    spec.loader.exec_module(importlib.util.module_from_spec(spec))

    def _report(self) -> dict[str, Any]:
        descriptor = os.memfd_create("coverage")
        try:
            self._coverage.json_report(outfile=f"/proc/self/fd/{descriptor}")
            with os.fdopen(os.dup(descriptor), "rb") as file:
                file.seek(0)
                found: dict[str, Any] = json.load(file)
        finally:
            os.close(descriptor)
        return found

    def _file(self, path: Path, report: dict[str, Any]) -> FileCoverage:
        shown = str(path.resolve().relative_to(self._root))
        lines = path.read_text(encoding="utf-8").splitlines()
        branches = [
            Branch(shown, begin, 0, _outcome(lines, end), function, _line(lines, begin), 1, reached)
            for function, one in report["functions"].items()
            for reached, key in ((True, "executed_branches"), (False, "missing_branches"))
            for begin, end in one[key]
        ]
        summary = report["summary"]
        return FileCoverage(
            shown,
            summary["num_statements"],
            summary["covered_lines"],
            numbered(branches),
            f"{flat_rootname(str(path))}.html",
            tuple(report["executed_lines"]),
            tuple(report["missing_lines"]),
        )


def _line(lines: list[str], number: int) -> str:
    return one_blank(lines[number - 1])


def _outcome(lines: list[str], number: int) -> str:
    """A negative number stands for the end of the function that begins there."""
    return LEAVE if number <= 0 else _line(lines, number)
