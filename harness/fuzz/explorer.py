"""Carries out rounds: what a worker does all day.

A round is settled by the campaign's seed, its number, and what the campaign knew when it began. So
it does not matter which process carries it out.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from harness.datapath.bench import Bench
from harness.fuzz.corpus.variation import Variations, vary_topology
from harness.fuzz.discovery import Discoveries
from harness.fuzz.focus import wanted_features
from harness.fuzz.generate.dice import Dice
from harness.fuzz.generate.feature import Swarm, draw_swarm
from harness.fuzz.generate.topology import draw_topology
from harness.fuzz.guidance.feature import way_features
from harness.fuzz.guidance.probe import Reached, open_probe
from harness.fuzz.knowledge import Knowledge
from harness.fuzz.round import Source, Walk, Walked, cut_out
from harness.fuzz.settings import FUZZ_MAPS, Settings
from harness.fuzz.traffic.stream import Stream
from harness.fuzz.wire import read_case, write_case
from harness.lockstep.engine import Lockstep
from harness.reference import ModelReference
from harness.step import PacketStep, Scenario, Step
from harness.subject import Prediction
from model.domain.limits import UNLIMITED, Limits
from model.domain.operation import Operation

LONGEST_CASE: Final = 48
CASES_OF_A_ROUND: Final = 4
VARIED: Final = 0.5
"""Share of the rounds that vary what is known."""

LATEST: Final = 0.4
"""Share of cases that are taken from the latest ones."""

FOCUSED: Final = 0.8
"""Share of cases that lead to what the campaign is focused on, where there are such."""

PROBED: Final = 16
"""Every so many rounds the whole round is sent through the instrumented datapath ..."""

PROBED_FIRST: Final = 4
"""... and of a campaign's first rounds, in which most is new, every so many."""

FIRST_ROUNDS: Final = 64

NARROW: Final = 64
"""Every so many rounds have small tables: another pair of objects, loaded once."""

FULL: Final = Limits(conntrack=6, affinities=2, datagrams=2, refuse=True)
"""Fewer entries than a round's conversations ask for. Tables that refuse leave nothing open; those
that evict keep more than a round ever puts there (CT-12)."""


@dataclass(slots=True)
class Round:
    """What the campaign is told of a round; see `as_object`."""

    number: int
    walked: Walked
    features: set[int] = field(default_factory=set)
    branches: set[int] = field(default_factory=set)
    case: str = ""
    focused: bool = False
    findings: list[dict[str, object]] = field(default_factory=list)
    duplicates: list[str] = field(default_factory=list)

    def as_object(self) -> dict[str, Any]:
        """The round as JSON.

        `features` are those that the campaign did not know, `branches` the datapath's branches
        among them, `case` leads to them. `findings` are new divergences, `duplicates` the causes of
        known ones that came about again. A round with free choices of the datapath has no digest.
        """
        return {
            "round": self.number,
            "tally": self.walked.tally.as_object(),
            "digest": "" if self.walked.free else self.walked.digest.hex(),
            "features": sorted(self.features),
            "branches": sorted(self.branches),
            "case": self.case,
            "focused": self.focused,
            "findings": self.findings,
            "duplicates": self.duplicates,
        }


class Given:
    """Steps that are settled beforehand."""

    def __init__(self, steps: Sequence[Step]) -> None:
        self.steps = deque(steps)

    def next_step(self, now: int) -> Step:
        """The next one."""
        del now
        return self.steps.popleft()

    def saw(self, step: PacketStep, prediction: Prediction) -> None:
        """Nothing follows from anything."""


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
        self.wanted = wanted_features(settings.focus)
        self.discoveries = Discoveries(self.lockstep, settings)
        self.probe, self.blind = (
            open_probe(bench, settings.object_path, FUZZ_MAPS) if settings.guided else (None, "")
        )

    def learn(self, knowledge: Knowledge) -> None:
        """Take in what other rounds have reached."""
        cases = [read_case(text) for text in knowledge.cases]
        self.cases += cases
        self.focused += (cases[index] for index in knowledge.focused)
        self.known.update(knowledge.features)

    def carry_out(self, number: int, steps: int) -> Round:
        """One round of so many steps at most."""
        dice = Dice(self.settings.seed, number)
        swarm = draw_swarm(dice, self.wanted)
        topology, source = self.begin(dice, swarm)
        limits = FULL if number % NARROW == NARROW // 2 else UNLIMITED
        walked = Walk(self.lockstep, source, topology, limits).run(steps)
        result = Round(number, walked)
        self.look_for_news(dice, result, is_probed(number))
        self.settle(result)
        return result

    def repeat(self, number: int, case: Scenario) -> Round:
        """A known case as it is, and all that it reaches."""
        steps = tuple(case.steps)
        walked = Walk(self.lockstep, Given(steps), case.topology).run(len(steps))
        result = Round(number, walked)
        self.look_for_news(Dice(0, number), result, probed=True)
        self.settle(result)
        return result

    def settle(self, result: Round) -> None:
        """What has to be saved of a round."""
        walked = result.walked
        if walked.refused:
            self.discoveries.refused(walked)
        if walked.divergence is not None:
            self.discoveries.diverged(walked.divergence, result.findings, result.duplicates)

    def begin(self, dice: Dice, swarm: Swarm) -> tuple[tuple[Operation, ...], Source]:
        """Topology and steps of a round: new ones, or variations of what is known."""
        if not self.cases or not dice.chance(VARIED):
            topology = draw_topology(dice, swarm)
            return topology, Stream(dice, swarm, topology)
        cases = [self.pick_case(dice) for _ in range(CASES_OF_A_ROUND)]
        topology = vary_topology(dice, swarm, cases[0].topology)
        return topology, Variations(dice, Stream(dice, swarm, topology), cases)

    def pick_case(self, dice: Dice) -> Scenario:
        """A known case: one in focus, one of the latest, or any."""
        if self.focused and dice.chance(FOCUSED):
            return dice.pick(self.focused)
        if dice.chance(LATEST):
            return dice.pick(self.cases[-16:])
        return dice.pick(self.cases)

    def look_for_news(self, dice: Dice, result: Round, probed: bool) -> None:
        """What a round reached that the campaign did not know, and the steps that lead there.

        Where the datapath had a choice, another run would differ: nothing is learnt from that. Nor
        from full tables, which a case would not find again.
        """
        walked = result.walked
        if walked.free or walked.limits != UNLIMITED:
            return
        places = []
        for place, way in walked.fresh:
            news = way_features(way) - self.known - result.features
            if news:
                result.features |= news
                places.append(place)
                _, notes = way
                result.focused |= any(clause in self.settings.focus for clause, _ in notes)
        if self.probe is not None and probed:
            places += self.probe_round(result)
        if places:
            case = cut_out(dice, walked, places, LONGEST_CASE)
            result.case = write_case(case.topology, tuple(case.steps))

    def probe_round(self, result: Round) -> list[int]:
        """Branches of the datapath that a round reached first, added to its features; where."""
        if self.probe is None:
            return []
        places = []
        ends = {place: reason for place, (reason, _) in result.walked.fresh}
        scenario = result.walked.scenario
        reasons = [ends.get(place) for place in range(len(result.walked.steps))]
        seen: set[Reached] = set()
        for place, reached in enumerate(self.probe.reached_by(scenario, reasons)):
            if reached in seen:
                continue
            seen.add(reached)
            result.branches |= reached.branches
            news = reached.features - self.known - result.features
            if news:
                result.features |= news
                places.append(place)
        return places


def is_probed(number: int) -> bool:
    """Whether a round's branches are counted."""
    return number % (PROBED_FIRST if number < FIRST_ROUNDS else PROBED) == 0
