"""Brings a campaign's parts together: pool, folder, screen."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from time import monotonic
from typing import Any, Final

from harness.fuzz.campaign import Campaign, Limits, Listener, Progress
from harness.fuzz.corpus.folder import CorpusFolder
from harness.fuzz.pool.interface import Pool
from harness.fuzz.pool.local import LocalPool
from harness.fuzz.report import Screen, as_object, plain_figures
from harness.fuzz.settings import Settings
from harness.fuzz.tally import Tally
from harness.report.saved import remove_leftovers

STATISTICS_SECONDS: Final = 5.0
"""Between two looks at a campaign's figures that go into its folder."""


class Control:
    """One campaign, from its folder's lock to its last figures. `corpus` None: nothing is resumed.

    Raises CorpusError, PoolError, what a worker's bench raises.
    """

    def __init__(
        self,
        settings: Settings,
        limits: Limits,
        corpus: Path | None = None,
        workers: int = 1,
        dask: str | None = None,
    ) -> None:
        self.settings = settings
        self.limits = limits
        self.corpus = corpus
        self.workers = workers
        self.dask = dask
        self.folder: CorpusFolder | None = None
        self.campaign: Campaign | None = None
        self.before: dict[str, Any] = {}
        self.next_figures = 0.0

    def run(self) -> Progress:
        """Run it to its end; the folder holds everything afterwards."""
        with ExitStack() as stack:
            settings, cases = self.settings, []
            if self.corpus is not None:
                self.folder = stack.enter_context(CorpusFolder(self.corpus.absolute()))
                self.before = self.folder.statistics()
                cases = list(self.folder.cases())
                settings = replace(
                    settings, findings=self.folder.divergences, refused=self.folder.refused
                )
            elif settings.findings is not None:
                remove_leftovers(settings.findings)
            self.screen = Screen()
            stack.callback(self.screen.stop)
            pool = self.open_pool(settings)
            stack.callback(pool.close)
            first = int(self.before.get("next_round", 0))
            self.campaign = Campaign(pool, self.limits, self.listener(), first)
            progress = self.campaign.run(cases)
            self.write_figures(progress)
            return progress

    def open_pool(self, settings: Settings) -> Pool:
        """Processes here, or workers of a Dask scheduler."""
        if self.dask is None:
            return LocalPool(settings, self.workers)
        from harness.fuzz.pool.dask import DaskPool  # noqa: PLC0415 - an optional dependency

        return DaskPool(settings, self.dask)

    def listener(self) -> Listener:
        """Who is told what comes up."""
        return Listener(self.found, self.kept, self.screen.say, self.ticked)

    def found(self, finding: dict[str, Any]) -> None:
        """A divergence is said at once."""
        self.screen.say(
            f"diverges: {finding['cause']}, {finding.get('reproduced')} of "
            f"{finding.get('tries')} times: {finding.get('replay', 'not saved')}"
        )
        if finding.get("problem"):
            self.screen.say(str(finding["problem"]))

    def kept(self, case: str) -> None:
        """A case goes into the queue."""
        if self.folder is not None:
            self.folder.keep(case)

    def ticked(self, progress: Progress) -> None:
        """Time goes by."""
        self.screen.show(progress)
        if self.folder is not None:
            self.folder.write_one()
            if monotonic() >= self.next_figures:
                self.next_figures = monotonic() + STATISTICS_SECONDS
                self.write_figures(progress)

    def write_figures(self, progress: Progress) -> None:
        """The folder's figures: this campaign's, and the sum of all that there were."""
        if self.folder is None or self.campaign is None:
            return
        whole = as_object(progress, self.settings.seed, self.workers)
        total = Tally()
        total.add(progress.tally)
        if "total" in self.before:
            total.add(Tally.from_object(self.before["total"]))
            self.folder.forget_unexamined()
        whole |= {"next_round": self.campaign.next, "total": total.as_object()}
        plain = plain_figures(whole)
        self.folder.write_statistics(whole, plain)
        self.folder.plot(
            {
                "seconds": round(progress.seconds, 1),
                "rounds": progress.tally.rounds,
                "steps": progress.tally.steps,
                "cases": progress.cases,
                "branches": len(progress.branches),
                "clauses": len(progress.tally.clauses),
                "divergences": len(progress.findings),
                "steps_per_second": round(progress.steps_per_second),
            }
        )
