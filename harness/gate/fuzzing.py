"""The time-boxed campaign about a change."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Final

from harness.errors import UserError
from harness.fuzz.campaign import Campaign, Limits, Listener, Progress
from harness.fuzz.pool.local import LocalPool
from harness.fuzz.report import Screen
from harness.fuzz.settings import Settings
from harness.fuzz.wire import write_case
from harness.report.saved import remove_leftovers
from harness.sources import find_sources
from harness.step import Scenario

FOLDER: Final = "fuzz"
"""Below the folder for divergences: what campaigns of gates have found."""


def fuzz(settings: Settings, cases: Iterable[Scenario], seconds: float, workers: int) -> Progress:
    """Fuzz for so many seconds, beginning with some cases. Raises UserError."""
    if settings.findings is not None:
        remove_leftovers(settings.findings)
    with ExitStack() as stack:
        screen = Screen()
        stack.callback(screen.stop)
        pool = LocalPool(settings, workers)
        stack.callback(pool.close)
        listener = Listener(said=screen.say, ticked=screen.show)
        texts = [write_case(one.topology, tuple(one.steps)) for one in cases]
        return Campaign(pool, Limits(seconds=seconds), listener).run(texts)


def found_by_campaigns(save: Path) -> Iterator[Scenario]:
    """Scenarios that this campaign or an earlier one has saved, whether it was killed or not.

    Raises UserError.
    """
    folder = save / FOLDER
    if not folder.is_dir():
        return
    try:
        sources = find_sources([folder])
    except UserError:
        return
    for source in sources:
        if not source.is_capture:
            yield from source.scenarios()
