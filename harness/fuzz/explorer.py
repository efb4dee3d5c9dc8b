"""Carries out rounds: what a worker does all day.

A round is settled by the campaign's seed, its number, and what the campaign knew when it began. So
it does not matter which process carries it out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from harness.datapath.bench import Bench
from harness.fuzz.corpus.variation import Variations, vary_topology
from harness.fuzz.discovery import Discoveries
from harness.fuzz.generate.dice import Dice
from harness.fuzz.generate.feature import Swarm, draw_swarm
from harness.fuzz.generate.topology import draw_topology
from harness.fuzz.guidance.probe import open_probe
from harness.fuzz.round import Source, Walk, Walked, cut_out
from harness.fuzz.settings import FUZZ_MAPS, Settings
from harness.fuzz.traffic.stream import Stream
from harness.fuzz.wire import read_case, write_case
from harness.lockstep.engine import Lockstep
from harness.reference import ModelReference
from harness.step import Scenario
from model.domain.operation import Operation

LONGEST_CASE: Final = 48
CASES_OF_A_ROUND: Final = 4
VARIED: Final = 0.5
"""Share of the rounds that vary what is known."""

LATEST: Final = 0.4
"""Share of cases that are taken from the latest ones."""

PROBED: Final = 16
"""Every so many rounds the whole round is sent through the instrumented datapath."""


@dataclass(slots=True)
class Round:
    """What the campaign is told of a round; see `as_object`."""

    number: int
    walked: Walked
    features: set[int] = field(default_factory=set)
    case: str = ""
    findings: list[dict[str, object]] = field(default_factory=list)
    duplicates: list[str] = field(default_factory=list)

    def as_object(self) -> dict[str, Any]:
        """The round as JSON.

        `features` are those that the campaign did not know, `case` leads to them. `findings` are
        new divergences, `duplicates` the names of known ones that came about again.
        """
        return {
            "round": self.number,
            "tally": self.walked.tally.as_object(),
            "digest": "" if self.walked.free else self.walked.digest.hex(),
            "features": sorted(self.features),
            "case": self.case,
            "findings": self.findings,
            "duplicates": self.duplicates,
        }


class Explorer:
    """One process's part of a campaign: a datapath, the model, and what is known so far.

    Raises what Bench.open raises.
    """

    def __init__(self, bench: Bench, settings: Settings) -> None:
        subject = bench.open(settings.object_path, settings.loader, FUZZ_MAPS)
        self.settings = settings
        self.lockstep = Lockstep(ModelReference(), subject)
        self.known: set[int] = set()
        self.cases: list[Scenario] = []
        self.focused: list[Scenario] = []
        self.discoveries = Discoveries(self.lockstep, settings)
        self.probe, self.blind = (
            open_probe(bench, settings.object_path, FUZZ_MAPS) if settings.guided else (None, "")
        )

    def learn(self, cases: Sequence[str], features: Sequence[int]) -> None:
        """Take in what other rounds have reached."""
        self.cases += (read_case(text) for text in cases)
        self.known.update(features)

    def carry_out(self, number: int, steps: int) -> Round:
        """One round of so many steps at most."""
        dice = Dice(self.settings.seed, number)
        swarm = draw_swarm(dice)
        topology, source = self.begin(dice, swarm)
        walked = Walk(self.lockstep, source, topology).run(steps)
        result = Round(number, walked)
        if not walked.free:
            self.look_for_news(dice, result)
        if walked.refused:
            self.discoveries.refused(walked)
        if walked.divergence is not None:
            self.discoveries.diverged(walked.divergence, result.findings, result.duplicates)
        return result

    def begin(self, dice: Dice, swarm: Swarm) -> tuple[tuple[Operation, ...], Source]:
        """Topology and steps of a round: new ones, or variations of what is known."""
        if not self.cases or not dice.chance(VARIED):
            topology = draw_topology(dice, swarm)
            return topology, Stream(dice, swarm, topology)
        cases = [self.pick_case(dice) for _ in range(CASES_OF_A_ROUND)]
        topology = vary_topology(dice, swarm, cases[0].topology)
        return topology, Variations(dice, Stream(dice, swarm, topology), cases)

    def pick_case(self, dice: Dice) -> Scenario:
        """A known case, the latest ones more often than others."""
        if dice.chance(LATEST):
            return dice.pick(self.cases[-16:])
        return dice.pick(self.cases)

    def look_for_news(self, dice: Dice, result: Round) -> None:
        """What a round reached that the campaign did not know, and the steps that lead there."""
        walked = result.walked
        news = [(place, way) for place, way in walked.fresh if way not in self.known]
        result.features.update(way for _, way in news)
        places = [place for place, _ in news]
        if self.probe is not None and result.number % PROBED == 0:
            places += self.probe_round(result)
        if places:
            case = cut_out(dice, walked, places, LONGEST_CASE)
            result.case = write_case(case.topology, tuple(case.steps))

    def probe_round(self, result: Round) -> list[int]:
        """Branches of the datapath that a round reached first, added to its features; where."""
        if self.probe is None:
            return []
        places = []
        ways = dict(result.walked.fresh)
        scenario = result.walked.scenario
        numbers = [ways.get(place) for place in range(len(result.walked.steps))]
        for place, features in enumerate(self.probe.features(scenario, numbers)):
            news = features - self.known - result.features
            if news:
                result.features |= news
                places.append(place)
        return places
