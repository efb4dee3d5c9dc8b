"""Mutants of changed lines: whether the corpora would notice if the change were wrong."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final, NamedTuple

from harness.commands.options import REPOSITORY
from harness.gate.change import Changed
from harness.gate.clock import Clock
from harness.mutate.campaign import Campaign, read_corpora
from harness.mutate.catalogue import Wish, chosen, sampled
from harness.mutate.mutant import Mutant, Side
from harness.mutate.outcome import Outcome, outcome_of
from harness.mutate.result import Result
from harness.mutate.review import read_review
from harness.mutate.trial import Effort

REVIEW: Final = REPOSITORY / "corpora" / "survivors.toml"
LIMIT: Final = 30.0
"""Seconds for one mutant."""

MOST: Final = 60
"""Mutants of one gate; of more a sample, the same one each time."""


class TimeUpError(Exception):
    """There is no time for another mutant."""


class Trial(NamedTuple):
    """What became of them; `asked` for, of which `population` is a sample."""

    outcome: Outcome
    asked: int


def try_mutants(
    changed: Changed, paths: Sequence[Path], session: Path, clock: Clock, workers: int
) -> Trial | None:
    """Judge mutants of changed lines as far as time goes; None where there are none.

    Raises UserError.
    """
    everything = chosen(Wish(tuple(Side), changed=changed, repository=REPOSITORY))
    if not everything:
        return None
    drawn = sampled(everything, MOST)
    campaign = Campaign(session, read_corpora(paths), Effort(LIMIT))
    results: dict[str, Result] = {}

    def done(mutant: Mutant, result: Result) -> None:
        results[mutant.identifier] = result
        if not clock.left:
            raise TimeUpError

    try:
        campaign.run(drawn, workers, done)
    except TimeUpError:
        clock.cut_short = True
    outcome = outcome_of(drawn, len(everything), results, read_review(REVIEW), tuple(Side))
    return Trial(outcome, len(drawn))
