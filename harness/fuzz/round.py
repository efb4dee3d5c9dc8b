"""One round of a campaign: a topology, some hundred steps in lockstep, and what they reached."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from hashlib import blake2b
from typing import Final, Protocol

from harness.fuzz.generate.dice import Dice
from harness.fuzz.generate.inventory import Inventory
from harness.fuzz.guidance.flow_states import Touched, transitions
from harness.fuzz.tally import Tally
from harness.fuzz.wire import write_case
from harness.lockstep.engine import Lockstep
from harness.lockstep.result import Divergence, RunResult, Way
from harness.step import ClockStep, OperationStep, PacketStep, Scenario, Step
from harness.subject import OperationError, Prediction, Refused
from model.domain.configuration import SECOND
from model.domain.limits import UNLIMITED, Limits
from model.domain.operation import Operation
from model.domain.packet import Outcome, Verdict
from model.domain.state import CounterKey

DIGEST_BYTES: Final = 16
LONGEST_GAP: Final = 10_000 * SECOND
"""Longer than every timeout that is drawn or a default (CT-3)."""

LATEST_OPERATIONS: Final = 4
"""Operations of a case: they take as long as ten packets."""


class Source(Protocol):
    """Where a round's steps come from."""

    def next_step(self, now: int) -> Step:
        """The next step; `now` is the clock, in nanoseconds."""

    def saw(self, step: PacketStep, prediction: Prediction) -> None:
        """Take in what became of a packet."""


@dataclass(slots=True)
class Walked:
    """What one round brought about.

    `steps` are those that were carried out; `fresh` the places among them where a way through the
    model was gone for the first time in this round, with the way. `digest` is of what
    went in and came out. `free`: the datapath had a choice, so that another run may differ.
    """

    topology: tuple[Operation, ...]
    steps: list[Step] = field(default_factory=list)
    touched: list[Touched] = field(default_factory=list)
    fresh: list[tuple[int, Way]] = field(default_factory=list)
    tally: Tally = field(default_factory=Tally)
    divergence: Divergence | None = None
    refused: dict[str, int] = field(default_factory=dict)
    digest: bytes = b""
    free: bool = False
    limits: Limits = UNLIMITED

    @property
    def scenario(self) -> Scenario:
        """The round as a scenario."""
        return Scenario("fuzz", "fuzz", self.topology, tuple(self.steps), limits=self.limits)


class Walk:
    """Carries out one round in tables of some sizes. Made for each anew."""

    def __init__(
        self,
        lockstep: Lockstep,
        source: Source,
        topology: tuple[Operation, ...],
        limits: Limits = UNLIMITED,
    ) -> None:
        self.lockstep = lockstep
        self.source = source
        self.walked = Walked(topology, limits=limits)
        self.result = RunResult()
        self.said: list[bytes] = [write_case(topology, ()).encode()]
        self.prediction: Prediction | None = None
        self.verdicts = [0] * (max(Verdict) + 1)

    def run(self, limit: int) -> Walked:
        """So many steps, or up to a divergence, or to an operation that is refused."""
        lockstep, walked = self.lockstep, self.walked
        before, lockstep.observer = lockstep.observer, self.observe
        try:
            lockstep.begin(walked.scenario)
            self.walk(limit)
        except OperationError:
            walked.tally.failures += 1
        finally:
            lockstep.observer = before
        self.sum_up()
        return walked

    def walk(self, limit: int) -> None:
        """Every step; the whole state at the end."""
        lockstep, walked, source = self.lockstep, self.walked, self.source
        ways, known = self.result.ways, 0
        scenario = walked.scenario
        for number in range(limit):
            step = source.next_step(lockstep.now)
            self.prediction = None
            divergence = lockstep.step(scenario, number, step, self.result)
            self.log(step)
            if divergence is not None:
                self.found(divergence)
                return
            if len(ways) > known:
                known += 1
                walked.fresh.append((number, next(reversed(ways))))
        divergence = lockstep.compare_states(scenario, limit, None)
        if divergence is not None:
            self.found(divergence)

    def observe(
        self, step: PacketStep, prediction: Prediction | None, outcome: Outcome | Refused
    ) -> None:
        """Is told of each packet."""
        if isinstance(outcome, Refused):
            self.walked.refused.setdefault(outcome.error, len(self.walked.steps))
        if prediction is None:
            return
        self.prediction = prediction
        self.source.saw(step, prediction)
        self.verdicts[prediction.outcome.verdict] += 1
        if prediction.draws:
            self.walked.free = True

    def log(self, step: Step) -> None:
        """Keep a step, what it touched, and its part of the digest."""
        walked, prediction = self.walked, self.prediction
        walked.steps.append(step)
        if prediction is not None and isinstance(step, PacketStep):
            outcome, packet = prediction.outcome, step.packet
            numbers = bytes((packet.hook, outcome.verdict, prediction.reason))
            self.said += (numbers, packet.data, outcome.data)
            walked.touched.append(prediction.touched)
        else:
            self.said.append(words_of(step).encode())
            walked.touched.append(())

    def found(self, divergence: Divergence) -> None:
        """A divergence ends the round."""
        self.walked.divergence = replace(divergence, scenario=self.walked.scenario)

    def sum_up(self) -> None:
        """What the round amounts to, in numbers."""
        walked, result, tally = self.walked, self.result, self.walked.tally
        result.tell_ways()
        tally.rounds, tally.steps, tally.packets = 1, len(walked.steps), result.packets
        tally.refused.update(result.refused)
        tally.reasons.update(result.reasons)
        tally.clauses.update(result.clauses)
        tally.verdicts.update(
            {one.name.lower(): self.verdicts[one] for one in Verdict if self.verdicts[one]}
        )
        notes_met: Counter[tuple[str, str]] = Counter()
        for (_, notes), packets in result.ways.items():
            for note in notes:
                notes_met[note] += packets
        tally.notes.update({f"{clause} {what}": met for (clause, what), met in notes_met.items()})
        for (before, after), times in transitions(walked.touched).items():
            tally.transitions[f"{before} > {after}"] += times
        walked.free = walked.free or result.evicted > 0
        walked.digest = blake2b(b"".join(self.said), digest_size=DIGEST_BYTES).digest()


def words_of(step: Step) -> str:
    """A step that is no packet, for the digest; what operations do shows in the packets."""
    if isinstance(step, ClockStep):
        return f"clock {step.advance}"
    if isinstance(step, OperationStep):
        return " ".join([type(operation).__name__ for operation in step.operations])
    return type(step).__name__


def cut_out(dice: Dice, walked: Walked, places: Sequence[int], limit: int) -> Scenario:
    """The steps that led to some places: those that touched the same entries, time, operations.

    At most so many packets, and a few operations, the latest; time that passes twice in a row
    passes once.
    """
    chosen = dice.sample(places, 6)
    last = max(chosen)
    wanted = {
        key
        for place in chosen
        for key, _ in walked.touched[place]
        if not isinstance(key, CounterKey)
    }
    kept: list[Step] = []
    for number, step in enumerate(walked.steps[: last + 1]):
        keys = [key for key, _ in walked.touched[number]]
        if isinstance(step, ClockStep | OperationStep) or number in chosen:
            keep(kept, step)
        elif any(key in wanted for key in keys):
            kept.append(step)
    kept = latest(kept, OperationStep, LATEST_OPERATIONS)
    suited = suiting(walked.topology, latest(kept, PacketStep, limit))
    return replace(walked.scenario, steps=tuple(suited))


def latest(steps: Sequence[Step], kind: type[Step], count: int) -> list[Step]:
    """The steps with the latest ones of a kind, so many of them, and all others."""
    too_many = sum(isinstance(step, kind) for step in steps) - count
    rest: list[Step] = []
    for step in steps:
        if isinstance(step, kind) and too_many > 0:
            too_many -= 1
        else:
            keep(rest, step)
    return rest


def suiting(topology: Sequence[Operation], steps: Sequence[Step]) -> Iterator[Step]:
    """The steps without operations that cannot be carried out: what they need was left out."""
    inventory = Inventory(topology)
    for step in steps:
        if isinstance(step, OperationStep):
            if not all(inventory.allows(operation) for operation in step.operations):
                continue
            for operation in step.operations:
                inventory.apply(operation)
        yield step


def keep(steps: list[Step], step: Step) -> None:
    """Add a step; time that passes twice in a row passes once, and not without end.

    Cases come of variations of cases: their gaps would double until the clock overflows.
    """
    last = steps[-1] if steps else None
    if isinstance(last, ClockStep) and isinstance(step, ClockStep):
        steps[-1] = ClockStep(min(last.advance + step.advance, LONGEST_GAP))
    else:
        steps.append(step)
