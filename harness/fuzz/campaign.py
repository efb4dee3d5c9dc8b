"""A campaign: rounds in epochs, and what they add up to.

All rounds of an epoch know what was known when it began, whichever process carries them out. So a
campaign does the same with one worker as with ten, and the same seed gives the same trace.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from time import monotonic
from typing import Any, Final

from harness.fuzz.knowledge import Knowledge
from harness.fuzz.pool.interface import Event, Order, Pool, Ready, RoundDone, WorkerLost
from harness.fuzz.settings import ROUND_STEPS
from harness.fuzz.tally import Tally

FIRST_EPOCH: Final = 4
LONGEST_EPOCH: Final = 64
"""Rounds; an epoch is twice as long as the last one, up to this."""

PATIENCE: Final = 0.2
"""Seconds between two looks at the clock."""


@dataclass(frozen=True, slots=True)
class Limits:
    """When a campaign ends: seconds, steps; None: never. `fail_fast`: at the first divergence."""

    seconds: float | None = None
    steps: int | None = None
    fail_fast: bool = False


@dataclass(slots=True)
class Progress:
    """How far a campaign has come. Times are seconds since its first round."""

    tally: Tally = field(default_factory=Tally)
    findings: list[dict[str, Any]] = field(default_factory=list)
    causes: dict[str, int] = field(default_factory=dict)
    cases: int = 0
    features: int = 0
    seconds: float = 0.0
    last_find: float = 0.0
    branches: set[int] = field(default_factory=set)
    branches_of: int = 0
    blind: str = ""
    lost_workers: int = 0
    left_out: int = 0
    interrupted: bool = False
    trace_hash: str = ""

    @property
    def steps_per_second(self) -> float:
        """Compared steps per second so far."""
        return self.tally.steps / self.seconds if self.seconds else 0.0


@dataclass(frozen=True, slots=True)
class Listener:
    """Who is told what comes up: a finding, a case worth keeping, a word, and that time goes by."""

    found: Callable[[dict[str, Any]], None] = lambda _finding: None
    kept: Callable[[str], None] = lambda _case: None
    said: Callable[[str], None] = lambda _words: None
    ticked: Callable[[Progress], None] = lambda _progress: None


class Campaign:
    """Runs a campaign on a pool. `first` is the number of its first round."""

    def __init__(self, pool: Pool, limits: Limits, listener: Listener, first: int = 0) -> None:
        self.pool = pool
        self.limits = limits
        self.listener = listener
        self.next = first
        self.progress = Progress()
        self.known: set[int] = set()
        self.hash = blake2b(digest_size=16)
        self.planned = 0
        self.begin = 0.0

    def run(self, cases: Sequence[str] = ()) -> Progress:
        """Repeat known cases, then go on until a limit is reached. Ctrl-C ends it at any time."""
        progress = self.progress
        try:
            self.wait_for_worker()
            self.repeat(cases)
            size = FIRST_EPOCH
            while self.goes_on:
                self.epoch(size)
                size = min(2 * size, LONGEST_EPOCH)
        except KeyboardInterrupt:
            progress.interrupted = True
        for event in self.pool.drain():
            self.take(event, [])
        self.tick()
        progress.trace_hash = self.hash.hexdigest()
        return progress

    def wait_for_worker(self) -> None:
        """Time counts from when the first worker is ready."""
        ready = False
        while not ready:
            for event in self.pool.events(PATIENCE):
                self.take(event, [])
                ready = ready or isinstance(event, Ready)
        self.begin = monotonic()

    def repeat(self, cases: Sequence[str]) -> None:
        """Carry out known cases, so that what they reach is known, and still agrees."""
        orders = [Order(place, 0, case) for place, case in enumerate(cases, start=-len(cases))]
        self.pool.submit(orders)
        done: list[dict[str, Any]] = []
        while len(done) < len(orders):
            for event in self.pool.events(PATIENCE):
                self.take(event, done)
            self.tick()
        self.progress.cases = len(cases)
        news = Knowledge()
        for result in sorted(done, key=number_of):
            features = [one for one in result.get("features", ()) if one not in self.known]
            self.known.update(features)
            news.add_case(cases[number_of(result)], features, result.get("focused", False))
        self.pool.learn(news)

    @property
    def goes_on(self) -> bool:
        """Whether no limit is reached."""
        limits = self.limits
        if limits.fail_fast and self.progress.findings:
            return False
        if limits.steps is not None and self.planned >= limits.steps:
            return False
        return limits.seconds is None or monotonic() - self.begin < limits.seconds

    def epoch(self, size: int) -> None:
        """So many rounds; what they found is known to all from then on."""
        orders = self.orders(size)
        self.pool.submit(orders)
        done: list[dict[str, Any]] = []
        while len(done) < len(orders) and (self.goes_on or self.is_last_epoch):
            for event in self.pool.events(PATIENCE):
                self.take(event, done)
            self.tick()
        self.merge(sorted(done, key=number_of))

    @property
    def is_last_epoch(self) -> bool:
        """Whether what has been ordered is all there will be, and is waited for."""
        steps, seconds = self.limits.steps, self.limits.seconds
        in_time = seconds is None or monotonic() - self.begin < seconds
        stopped = self.limits.fail_fast and bool(self.progress.findings)
        return steps is not None and self.planned >= steps and in_time and not stopped

    def orders(self, size: int) -> list[Order]:
        """The next rounds, as far as steps are left."""
        orders = []
        for _ in range(size):
            left = ROUND_STEPS if self.limits.steps is None else self.limits.steps - self.planned
            if left <= 0:
                break
            orders.append(Order(self.next, min(left, ROUND_STEPS)))
            self.planned += orders[-1].steps
            self.next += 1
        return orders

    def take(self, event: Event, done: list[dict[str, Any]]) -> None:
        """Take in one event; rounds that are through go to `done`."""
        progress, listener = self.progress, self.listener
        match event:
            case Ready(branches, blind):
                progress.branches_of = branches
                if blind and blind != progress.blind:
                    listener.said(f"branches of the datapath are not counted: {blind}")
                progress.blind = blind
            case WorkerLost(pid, code):
                progress.lost_workers += 1
                listener.said(f"worker {pid} died ({code}); its rounds are carried out by another")
            case RoundDone(result) if "failed" in result:
                progress.left_out += 1
                listener.said(f"round {result['round']} ends every worker; it is left out")
                done.append(result)
            case RoundDone(result):
                done.append(result)
                progress.tally.add(Tally.from_object(result["tally"]))
                progress.branches |= set(result["branches"])
                self.take_findings(result)

    def take_findings(self, result: dict[str, Any]) -> None:
        """Divergences of a round: new ones are told at once, all are counted by their cause."""
        progress = self.progress
        for finding in result["findings"]:
            cause = finding["cause"]
            if cause not in progress.causes:
                progress.findings.append(finding | {"after": monotonic() - self.begin})
                progress.last_find = monotonic() - self.begin
                self.listener.found(finding)
            progress.causes[cause] = progress.causes.get(cause, 0) + 1
        for cause in result["duplicates"]:
            progress.causes[cause] = progress.causes.get(cause, 0) + 1

    def merge(self, done: list[dict[str, Any]]) -> None:
        """What an epoch's rounds found, in their order; a case counts if no earlier one has all."""
        news = Knowledge()
        for result in done:
            self.hash.update(f"{result['round']} {result.get('digest', '')}\n".encode())
            fresh = [one for one in result.get("features", ()) if one not in self.known]
            if fresh:
                self.known.update(fresh)
                news.add_case(result["case"], fresh, result["focused"])
                self.listener.kept(result["case"])
                self.progress.last_find = monotonic() - self.begin
        self.progress.cases += len(news.cases)
        self.progress.features = len(self.known)
        self.pool.learn(news)

    def tick(self) -> None:
        """Time goes by."""
        self.progress.seconds = monotonic() - self.begin if self.begin else 0.0
        self.listener.ticked(self.progress)


def number_of(result: dict[str, Any]) -> int:
    """A round's number."""
    return int(result["round"])
