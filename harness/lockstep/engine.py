"""The lockstep engine: every step on both sides, everything compared."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
from time import perf_counter

from harness.compare.describe import key_words
from harness.compare.difference import ABSENT, Difference, Kind
from harness.compare.outcome import compare_outcomes, with_frame_of
from harness.compare.state import compare_states, compare_value, differing_windows
from harness.compare.strictness import EVERYTHING, Strictness
from harness.lockstep.eviction import Allowance, Evictions
from harness.lockstep.expectation import check_expectation, check_reason
from harness.lockstep.free_choice import AS_USUAL, matching_prediction
from harness.lockstep.result import Divergence, RunResult
from harness.lockstep.transaction import carry_out
from harness.step import (
    START_CLOCK,
    ClockStep,
    CollectStep,
    Expectation,
    OperationStep,
    PacketStep,
    Scenario,
    Step,
)
from harness.subject import FailedCall, Prediction, Reference, Refused, Subject
from model.domain.event import Hook
from model.domain.limits import Limits
from model.domain.operation import PutEntry
from model.domain.packet import Outcome
from model.domain.reason import Reason
from model.domain.state import CounterKey

WHOLE_STATE_INTERVAL = 4096
"""Packets between two comparisons of the whole state; there is one at each scenario's end too."""

Progress = Callable[[int], None]

Observer = Callable[[PacketStep, Prediction | None, Outcome | Refused], None]
"""Is told of every packet, before it is known whether the sides agree; no prediction if refused."""


class Lockstep:
    """Runs scenarios on a reference and a subject that start out the same.

    A scenario ends at its first divergence: from there on the two sides are in different states.
    """

    def __init__(
        self,
        reference: Reference,
        subject: Subject,
        strictness: Strictness = EVERYTHING,
        interval: int = WHOLE_STATE_INTERVAL,
    ) -> None:
        self.observer: Observer | None = None
        self.reference = reference
        self.subject = subject
        self.limits: Limits | None = None
        self.evictions = Evictions(reference, subject)
        self.strictness = strictness
        self.interval = interval
        self.now = START_CLOCK

    def run(
        self,
        scenario: Scenario,
        progress: Progress | None = None,
        result: RunResult | None = None,
    ) -> RunResult:
        """Run one scenario from an empty state. `progress` is told the number of steps done.

        `result`, a fresh one, is filled as the run goes on, so that a run that is cut short counts
        as far as it got. Raises OperationError where an operation of the scenario cannot be carried
        out, and whatever the scenario's steps raise.
        """
        result = RunResult() if result is None else result
        result.scenarios += 1
        begin = perf_counter()
        try:
            self.walk(scenario, progress, result)
        finally:
            result.seconds += perf_counter() - begin
            result.tell_ways()
        return result

    def walk(self, scenario: Scenario, progress: Progress | None, result: RunResult) -> None:
        """Every step, up to the first divergence."""
        self.begin(scenario)
        for index, step in enumerate(scenario.steps):
            divergence = self.step(scenario, index, step, result)
            result.steps += 1
            if divergence is not None:
                result.divergences.append(divergence)
                return
            if progress is not None:
                progress(result.steps)
        divergence = self.compare_states(scenario, result.steps, None)
        if divergence is not None:
            result.divergences.append(divergence)

    def begin(self, scenario: Scenario) -> None:
        """Both sides empty but for the scenario's topology, in tables of its sizes."""
        self.resize(scenario.limits)
        self.reset()
        self.apply(OperationStep(scenario.topology, f"{scenario.path}: topology"))

    def resize(self, limits: Limits) -> None:
        """Both sides with tables of these sizes (CT-12)."""
        if limits != self.limits:
            # Both or neither: where the subject cannot be loaded, the reference stays as it was.
            subject = self.subject.resized(limits)
            self.reference, self.subject = self.reference.resized(limits), subject
            self.evictions = Evictions(self.reference, self.subject)
            self.limits = limits

    def reset(self) -> None:
        """Both sides empty, at the same time."""
        self.now = START_CLOCK
        for side in (self.reference, self.subject):
            side.reset()
            side.set_clock(self.now)

    def apply(self, step: OperationStep) -> None:
        """One transaction on both sides. Raises OperationError, naming the step's origin.

        The subject comes first: its control plane is part of the product and checks more. What is
        missing in a table and cannot have been evicted is found when it is looked up or compared.
        """
        put = [operation.key for operation in step.operations if isinstance(operation, PutEntry)]
        allowed = self.evictions.allowance(put)
        carry_out(step, self.subject, self.reference)
        self.evictions.settle(allowed)

    def step(
        self, scenario: Scenario, index: int, step: Step, result: RunResult
    ) -> Divergence | None:
        """One step on both sides."""
        match step:
            case PacketStep():
                return self.packet(scenario, index, step, result)
            case ClockStep(advance):
                self.now += advance
                self.reference.set_clock(self.now)
                self.subject.set_clock(self.now)
            case OperationStep():
                self.apply(step)
                result.clauses.update({note.clause for note in self.reference.notes})
            case CollectStep():
                self.reference.collect()
                self.subject.collect()
                result.clauses.update({note.clause for note in self.reference.notes})
                return self.compare_states(scenario, index, step)
        return None

    def packet(
        self, scenario: Scenario, index: int, step: PacketStep, result: RunResult
    ) -> Divergence | None:
        """One packet, once more for each of its calls that can fail where the scenario says so.

        The one that is dropped for it has changed nothing (CT-10): then comes the next, and in the
        end the packet with all its calls, which alone is held against what the author expects.
        """
        if not scenario.failing_calls:
            return self.compared(scenario, index, step, result, self.subject.process(step.packet))
        for number in count(1):
            outcome, call = self.subject.process_failing(step.packet, number)
            divergence = self.compared(scenario, index, step, result, outcome, call)
            if divergence is not None or call is None:
                return divergence
        return None

    def compared(  # noqa: PLR0913, PLR0917 - a packet, and all that became of it
        self,
        scenario: Scenario,
        index: int,
        step: PacketStep,
        result: RunResult,
        outcome: Outcome | Refused,
        call: FailedCall | None = None,
    ) -> Divergence | None:
        """The subject has handled a packet: the reference says what had to happen."""
        if isinstance(outcome, Refused):
            result.refused[outcome.error] += 1
            if self.observer is not None:
                self.observer(step, None, outcome)
            return None
        prediction, differences = matching_prediction(
            self.reference,
            step.packet,
            lambda prediction: self.check(prediction, outcome),
            AS_USUAL if call is None else call.failures,
        )
        if self.observer is not None:
            self.observer(step, prediction, outcome)
        result.packets += 1
        if call is not None:
            result.failed_calls[call.name] += 1
        reason = self.counted_reason(step.packet.hook) if differences else prediction.reason
        allowed = self.evictions.allowance(prediction.recorded)
        self.reference.commit(prediction)
        if allowed and not differences:
            differences = self.settle(allowed, result)
        if step.expectation is not None and call is None:
            differences += self.check_expectation(step.expectation, prediction, outcome)
        if differences:
            return Divergence(
                scenario,
                self.subject.name,
                index,
                step,
                differences,
                prediction,
                outcome,
                reason,
                self.reference.name,
                call,
            )
        result.ways[prediction.reason, tuple([note[:2] for note in prediction.notes])] += 1
        if result.packets % self.interval == 0:
            return self.compare_states(scenario, index, step)
        return None

    def settle(self, allowed: Allowance, result: RunResult) -> tuple[Difference, ...]:
        """What a full table has evicted for a packet is forgotten and counted (CT-12)."""
        settlement = self.evictions.settle(allowed)
        if settlement.evicted:
            result.evicted += settlement.evicted
            result.clauses["CT-12"] += 1
        return self.counted(settlement.differences)

    def check(self, prediction: Prediction, outcome: Outcome) -> tuple[Difference, ...]:
        """Outcome and touched entries against a prediction."""
        if prediction.reason.is_late:
            outcome = with_frame_of(prediction.outcome, outcome)
        differences = compare_outcomes(prediction.outcome, outcome)
        read = self.subject.read
        for key, value in prediction.touched:
            found = read(key)
            if value == found:  # nearly always: most of a run's time passes here
                continue
            differences += compare_value(key, value, found)
        if prediction.windows is not None:
            differences += tuple(differing_windows(prediction.windows, self.subject.state()))
        return self.counted(self.without_evicted(prediction, differences)) if differences else ()

    def without_evicted(
        self, prediction: Prediction, differences: tuple[Difference, ...]
    ) -> tuple[Difference, ...]:
        """Those differences that are no eviction which a full table may have made (CT-12)."""
        spared = {key_words(key) for key in self.evictions.spared(prediction)}
        return tuple(
            one
            for one in differences
            if one.actual is not ABSENT or one.kind is not Kind.ENTRY or one.where not in spared
        )

    def counted_reason(self, hook: Hook) -> Reason | None:
        """The reason that the subject counted for a packet that the reference has not counted yet.

        None where no counter has moved, or several have.
        """
        keys = [CounterKey(hook, reason) for reason in Reason]
        moved = [key for key in keys if self.subject.read(key) != self.reference.read(key)]
        return moved[0].reason if len(moved) == 1 else None

    def counted(self, differences: tuple[Difference, ...]) -> tuple[Difference, ...]:
        """Those differences that this run counts."""
        return tuple(one for one in differences if one.kind in self.strictness)

    def check_expectation(
        self, expectation: Expectation, prediction: Prediction, outcome: Outcome
    ) -> tuple[Difference, ...]:
        """The author's expectation against both sides: where those differ, it tells who is wrong.

        Behind a fault nothing is known of the subject's packet.
        """
        if Kind.EXPECTATION not in self.strictness:
            return ()
        reference, subject = self.reference, self.subject
        found = check_reason(expectation, reference.name, prediction)
        found += check_expectation(expectation, reference.name, prediction.outcome, reference.read)
        if not outcome.fault:
            found += check_expectation(expectation, subject.name, outcome, subject.read)
        return found

    def compare_states(
        self, scenario: Scenario, index: int, step: Step | None
    ) -> Divergence | None:
        """Everything that packets change, on both sides; at the end, without a step, damage too."""
        differences = compare_states(self.reference.state(), self.subject.state())
        damage = self.subject.damage() if step is None else ()
        differences += tuple(
            Difference(Kind.DAMAGE, "control-plane tables", "entry", "unchanged", line)
            for line in damage
        )
        differences = self.counted(differences)
        if not differences:
            return None
        subject, reference = self.subject.name, self.reference.name
        return Divergence(scenario, subject, index, step, differences, reference=reference)
