"""Workers of a Dask scheduler, on as many machines as it has.

A task is one round; the Dask worker hands it to a process of its own, which lives as long as the
worker and so keeps what it has loaded. What a campaign knows travels with each task as one text,
which Dask spreads once: a process that knows an older one learns what has been added since.
"""

from __future__ import annotations

import json
import queue
import uuid
from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import Any, Final

from harness.errors import UserError
from harness.fuzz.knowledge import Knowledge
from harness.fuzz.pool.interface import Event, Order, PoolError, Ready, RoundDone, WorkerLost
from harness.fuzz.pool.process import WorkerProcess
from harness.fuzz.settings import Settings

CONNECT_SECONDS: Final = "10s"
DRAIN_SECONDS: Final = 20.0
TRIES: Final = 3

try:
    from distributed import Client, Future
    from distributed import TimeoutError as DaskTimeoutError
except ImportError as error:  # pragma: no cover - depends on what is installed
    raise UserError("--dask needs the package distributed: pip install 'twinpath[dask]'") from error


class Remote:
    """A process on a Dask worker's machine, and how much it knows."""

    def __init__(self, settings: Settings) -> None:
        self.process = WorkerProcess(settings)
        self.ready = self.answer()
        self.cases = 0
        self.features = 0
        self.focused = 0

    def answer(self) -> dict[str, Any]:
        """The next answer. Raises PoolError where the process is gone."""
        while True:
            answers, alive = self.process.read()
            if answers:
                return answers[0]
            if not alive:
                raise PoolError("a worker process ended on the machine of a Dask worker")

    def learn(self, known: Knowledge) -> None:
        """Tell the process what it does not know yet."""
        new = Knowledge(known.cases[self.cases :], known.features[self.features :])
        new.focused = [place - self.cases for place in known.focused[self.focused :]]
        self.cases, self.features = len(known.cases), len(known.features)
        self.focused = len(known.focused)
        self.process.send({"learn": new.as_object()})


REMOTES: Final[dict[str, Remote]] = {}
"""Processes of this Dask worker by campaign."""


def carry_out(campaign: str, settings: str, known: str, order: str) -> str:
    """One round on a Dask worker. All arguments and the result are JSON."""
    if campaign not in REMOTES:
        for remote in REMOTES.values():
            remote.process.close()
        REMOTES.clear()
        REMOTES[campaign] = Remote(Settings.from_object(json.loads(settings)))
    remote = REMOTES[campaign]
    if "error" in remote.ready:
        return json.dumps(remote.ready)
    try:
        remote.learn(Knowledge.from_object(json.loads(known)))
        remote.process.send(json.loads(order))
        return json.dumps({"ready": remote.ready, "round": remote.answer()})
    except PoolError:
        REMOTES.pop(campaign).process.close()
        return json.dumps({"lost": remote.process.process.pid, "order": json.loads(order)})


class DaskPool:
    """Workers of a scheduler. Raises PoolError where it cannot be reached or has none."""

    def __init__(self, settings: Settings, address: str) -> None:
        try:
            self.client = Client(address, timeout=CONNECT_SECONDS, set_as_default=False)
        except (OSError, ValueError, DaskTimeoutError) as error:
            raise PoolError(f"--dask {address}: no scheduler answers there; check it") from error
        if not self.client.scheduler_info()["workers"]:
            self.client.close()
            raise PoolError(f"--dask {address}: the scheduler has no workers; start some")
        self.campaign = uuid.uuid4().hex
        self.settings = settings.to_text()
        self.knowledge = Knowledge()
        self.known: Future | None = None
        self.done: queue.Queue[Future] = queue.Queue()
        self.orders: dict[str, Order] = {}
        self.deaths: dict[int, int] = {}
        self.is_ready = False

    def learn(self, knowledge: Knowledge) -> None:
        """Tell every worker what is new."""
        self.knowledge.add(knowledge)
        self.known = None

    def submit(self, orders: Sequence[Order]) -> None:
        """Rounds to carry out, in whatever order."""
        if self.known is None:
            text = json.dumps(self.knowledge.as_object())
            self.known = self.client.scatter(text, broadcast=True, hash=False)
        for order in orders:
            text = json.dumps(order.as_object())
            arguments = (self.campaign, self.settings, self.known, text)
            future = self.client.submit(carry_out, *arguments, pure=False, retries=TRIES)
            self.orders[future.key] = order
            future.add_done_callback(self.done.put)

    def events(self, timeout: float) -> Iterator[Event]:
        """What has happened, after waiting for it at most so many seconds."""
        if not self.is_ready:
            self.is_ready = True
            yield Ready(0, "")
        with suppress(queue.Empty):
            yield from self.understood(self.done.get(timeout=timeout))
            while True:
                yield from self.understood(self.done.get_nowait())

    def understood(self, future: Future) -> Iterator[Event]:
        """A finished task as events. Raises UserError where the workers cannot work."""
        order = self.orders.pop(future.key, None)
        if order is None:
            return
        if future.status != "finished":
            yield from self.lost(order, 0)
            return
        answer = json.loads(future.result())
        if "error" in answer:
            raise UserError(answer["error"])
        if "lost" in answer:
            yield from self.lost(order, answer["lost"])
            return
        yield Ready(answer["ready"]["branches"], answer["ready"]["blind"])
        yield RoundDone(answer["round"])

    def lost(self, order: Order, pid: int) -> Iterator[Event]:
        """A worker has died with a round: another one carries it out, but not for ever."""
        self.deaths[order.number] = self.deaths.get(order.number, 0) + 1
        yield WorkerLost(pid, None)
        if self.deaths[order.number] >= TRIES:
            yield RoundDone({"round": order.number, "failed": True})
        else:
            self.submit([order])

    def drain(self) -> Iterator[Event]:
        """Give no more orders; what workers are at is brought to an end by `close`."""
        yield from ()

    def close(self) -> None:
        """Leave the scheduler; the workers' processes end. Safe to call twice."""
        with suppress(Exception):
            self.client.cancel(list(self.orders))
            self.client.run(close_remotes, self.campaign)
        self.client.close()


def close_remotes(campaign: str) -> None:
    """End this Dask worker's process for a campaign."""
    remote = REMOTES.pop(campaign, None)
    if remote is not None:
        remote.process.close()
