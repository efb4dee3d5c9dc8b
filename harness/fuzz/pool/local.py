"""Worker processes on this machine, each with its own maps and network namespace."""

from __future__ import annotations

import selectors
from collections.abc import Iterator, Sequence
from time import monotonic
from typing import Any, Final

from harness.errors import UserError
from harness.fuzz.knowledge import Knowledge
from harness.fuzz.pool.interface import (
    Event,
    Order,
    PoolError,
    Ready,
    RoundDone,
    WorkerLost,
)
from harness.fuzz.pool.process import WorkerProcess
from harness.fuzz.settings import Settings
from harness.kernel.errors import PermissionDeniedError

AHEAD: Final = 2
"""Orders that a process holds: the next one is there when it is through with one."""

TRIES: Final = 3
"""So many processes may die of one round; then it is left out."""

DRAIN_SECONDS: Final = 20.0
"""What a process may take to look into a divergence that it has just found."""

ERRORS: Final = {"PermissionDeniedError": PermissionDeniedError}


class Worker:
    """A process and the rounds that it has been given."""

    def __init__(self, settings: Settings, knowledge: Knowledge, place: int | None) -> None:
        self.place = place
        self.process = WorkerProcess(settings, place)
        self.process.send({"learn": knowledge.as_object()})
        self.orders: list[Order] = []
        self.is_ready = False


class LocalPool:
    """So many processes. Raises UserError where the first cannot begin its work."""

    def __init__(self, settings: Settings, count: int) -> None:
        self.settings = settings
        self.knowledge = Knowledge()
        self.selector = selectors.DefaultSelector()
        self.workers: list[Worker] = []
        self.deaths: dict[int, int] = {}
        self.waiting: list[Order] = []
        for place in range(count):
            self.start(place if count > 1 else None)

    def start(self, place: int | None) -> None:
        """One more process."""
        worker = Worker(self.settings, self.knowledge, place)
        self.workers.append(worker)
        self.selector.register(worker.process.fd, selectors.EVENT_READ, worker)

    def learn(self, knowledge: Knowledge) -> None:
        """Tell every process what is new."""
        self.knowledge.add(knowledge)
        for worker in self.workers:
            worker.process.send({"learn": knowledge.as_object()})

    def submit(self, orders: Sequence[Order]) -> None:
        """Rounds to carry out, in whatever order."""
        self.waiting += orders
        self.hand_out()

    def hand_out(self) -> None:
        """Give waiting rounds to processes that are nearly idle."""
        for held in range(AHEAD):
            for worker in self.workers:
                if self.waiting and len(worker.orders) <= held:
                    order = self.waiting.pop(0)
                    worker.orders.append(order)
                    worker.process.send(order.as_object())

    def events(self, timeout: float) -> Iterator[Event]:
        """What has happened, after waiting for it at most so many seconds."""
        for key, _ in self.selector.select(timeout):
            worker: Worker = key.data
            answers, alive = worker.process.read()
            for answer in answers:
                yield self.understood(worker, answer)
            if not alive:
                yield from self.bury(worker)
        self.hand_out()

    def understood(self, worker: Worker, answer: dict[str, Any]) -> Event:
        """An answer as an event. Raises UserError where a process cannot work."""
        if "error" in answer:
            raise ERRORS.get(answer["kind"], UserError)(answer["error"])
        if "ready" in answer:
            worker.is_ready = True
            return Ready(answer["branches"], answer["blind"])
        worker.orders = [one for one in worker.orders if one.number != answer["round"]]
        return RoundDone(answer)

    def bury(self, worker: Worker) -> Iterator[Event]:
        """A process has died: its rounds are given to a new one, all but those that kill."""
        self.selector.unregister(worker.process.fd)
        self.workers.remove(worker)
        worker.process.close()
        if not worker.is_ready:
            raise PoolError(
                "a worker process ended before it began; what it said stands above",
            )
        suspect = worker.orders[0].number if worker.orders else None
        if suspect is not None:
            self.deaths[suspect] = self.deaths.get(suspect, 0) + 1
        for order in worker.orders:
            if self.deaths.get(order.number, 0) >= TRIES:
                yield RoundDone({"round": order.number, "failed": True})
            else:
                self.waiting.insert(0, order)
        yield WorkerLost(worker.process.process.pid, worker.process.process.returncode)
        self.start(worker.place)

    def drain(self) -> Iterator[Event]:
        """Give no more orders, and tell what is still brought to an end."""
        self.waiting.clear()
        for worker in self.workers:
            worker.process.end_input()
            if not worker.is_ready:  # it has found nothing
                self.selector.unregister(worker.process.fd)
        deadline = monotonic() + DRAIN_SECONDS
        while self.selector.get_map() and (left := deadline - monotonic()) > 0:
            for key, _ in self.selector.select(left):
                worker = key.data
                answers, alive = worker.process.read()
                for answer in answers:
                    yield self.understood(worker, answer)
                if not alive:
                    self.selector.unregister(key.fd)

    def close(self) -> None:
        """End every process. Safe to call twice."""
        self.selector.close()
        for worker in self.workers:
            worker.process.close()
        self.workers.clear()
