"""Properties against a mutant: the metamorphic tests, which know nothing of single scenarios.

They draw the same examples in every run. Tests that plant faults of their own, or that compare with
another build, say nothing about a mutant and are left out.
"""

from __future__ import annotations

from contextlib import redirect_stderr, redirect_stdout
from functools import cache
from io import StringIO
from pathlib import Path
from typing import Any, Final

from harness.errors import UserError
from harness.mutate.catalogue import REPOSITORY
from harness.mutate.digest import digest_of
from harness.mutate.result import Kill, Means

FOLDER: Final = REPOSITORY / "tests" / "metamorphic"
SHARED: Final = REPOSITORY / "tests" / "model"
"""From where they have networks and traffic."""

PLUGIN: Final = "mutated-datapath"
"""The name of a plug-in whose `source` the tests open in the place of the datapath that ships."""

SUBJECT: Final = "shipped"
FOREIGN: Final = ("planted", "shipped_by_bcc")
"""Fixtures: the datapath that is asked about, and others that a mutant is no part of."""


class PropertyError(Exception):
    """The tests could not be run."""


class MutatedDatapath:
    """A plug-in of pytest: which datapath is tested, by which tests, and what they say."""

    def __init__(self, source: Path) -> None:
        self.__name__ = PLUGIN
        self.source = source
        self.run: list[str] = []
        self.failure: tuple[str, str] | None = None

    def pytest_collection_modifyitems(self, items: list[Any]) -> None:
        """Only tests of the one datapath stay."""
        items[:] = [one for one in items if is_about_datapath(one.fixturenames)]

    def pytest_runtest_logreport(self, report: Any) -> None:
        """One phase of one test is over."""
        if report.when == "call":
            self.run.append(report.nodeid)
        if report.failed and self.failure is None:
            crash = getattr(report.longrepr, "reprcrash", None)
            text = crash.message if crash is not None else report.longreprtext
            self.failure = report.nodeid, next(iter(text.strip().splitlines()), "fails")


def is_about_datapath(fixtures: list[str]) -> bool:
    """Whether a test with these fixtures asks something of the datapath that ships."""
    return SUBJECT in fixtures and not set(fixtures) & set(FOREIGN)


@cache
def properties_digest() -> str:
    """A digest of the tests. Raises UserError where there are none."""
    if not FOLDER.is_dir():
        raise UserError(f"--properties: there is no {FOLDER}; run in a checkout of the repository")
    return digest_of(sorted([*FOLDER.glob("*.py"), *SHARED.glob("*.py")]))


def failing_property(source: Path) -> Kill | None:
    """The first property that a datapath fails, as a kill; to be called in a process of its own.

    Raises UserError without pytest, PropertyError where the tests cannot be run.
    """
    try:
        import pytest  # noqa: PLC0415 - only developers have it
    except ImportError:
        raise UserError("pytest is missing; pip install 'twinpath[dev]'") from None
    plugin, said = MutatedDatapath(source), StringIO()
    options = ["-x", "-p", "no:cacheprovider", "-p", "no:xdist", "--rootdir", str(REPOSITORY)]
    with redirect_stdout(said), redirect_stderr(said):
        code = pytest.main([*options, str(FOLDER)], plugins=[plugin])
    if plugin.failure is not None:
        node, first = plugin.failure
        ran = len(plugin.run)
        return Kill(node, properties_digest(), ran, 0, (Means.PROPERTY,), first, Means.PROPERTY)
    if code != pytest.ExitCode.OK or not plugin.run:
        last = (said.getvalue().strip().splitlines() or ["no word"])[-1]
        raise PropertyError(f"the properties cannot be run: {last.strip()}")
    return None
