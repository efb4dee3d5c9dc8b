"""A capture as a stream of steps: memory does not grow with its length."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from harness.capture.header import addresses_of
from harness.capture.link import CONVERTERS, link_type_name
from harness.capture.participants import Participants
from harness.capture.reader import CaptureReader
from harness.capture.record import Record
from harness.capture.rewrite import Translations, rewrite
from harness.capture.statistics import CaptureStatistics
from harness.step import ClockStep, OperationStep, PacketStep, Step
from model.domain.endpoint import Endpoint
from model.domain.event import Hook
from model.domain.packet import Packet

DEFAULT_ENDPOINTS: Final = 64
LATEST: Final = 1 << 62
"""Nanoseconds that a capture's clock can get on at most, whatever its time stamps say."""


@dataclass(frozen=True, slots=True)
class Mapping:
    """How captured addresses become a topology.

    `endpoints` are those of the topology. `limit` above 0: senders become endpoints, up to so many.
    `gap` caps the time between two records, in nanoseconds.
    """

    endpoints: tuple[Endpoint, ...] = ()
    translations: Translations = field(default_factory=dict)
    limit: int = DEFAULT_ENDPOINTS
    gap: int | None = None


class CaptureSteps:
    """The steps of a capture. Each walk begins anew, with fresh `statistics`.

    Raises CaptureError on the way where the file is damaged.
    """

    def __init__(self, path: Path, mapping: Mapping) -> None:
        self.path = path
        self.mapping = mapping
        self.statistics = CaptureStatistics()

    def __iter__(self) -> Iterator[Step]:
        return Walk(self).steps()


class Walk:
    """One walk through a capture."""

    def __init__(self, capture: CaptureSteps) -> None:
        self.path = capture.path
        self.mapping = capture.mapping
        self.statistics = capture.statistics = CaptureStatistics()
        self.participants = Participants(self.mapping.endpoints, self.mapping.limit)
        self.latest: int | None = None
        self.elapsed = 0

    def steps(self) -> Iterator[Step]:
        """The steps of every record."""
        reader = CaptureReader(self.path)
        for record in reader:
            self.statistics.records += 1
            self.statistics.cut += record.is_cut
            frame = self.frame(record)
            if frame is not None:
                yield from self.record_steps(record, frame)
        self.statistics.notice = reader.notice

    def frame(self, record: Record) -> bytes | None:
        """The record as an Ethernet frame, its addresses translated."""
        convert = CONVERTERS.get(record.link_type)
        if convert is None:
            reason = f"unsupported link type {link_type_name(record.link_type)}"
            self.statistics.skipped[reason] += 1
            return None
        frame = convert(record.data)
        if frame is None:
            self.statistics.skipped["no IP packet or whole frame in it"] += 1
            return None
        return rewrite(frame, self.mapping.translations)

    def record_steps(self, record: Record, frame: bytes) -> Iterator[Step]:
        """Time that has passed, a new endpoint if there is one, and the packet at its hooks."""
        origin = f"{self.path}#{record.number}"
        advance = self.advance(record.time)
        if advance:
            yield ClockStep(advance, origin)
        addresses = addresses_of(frame)
        if addresses:
            discovered = self.participants.discover(addresses[0])
            if discovered:
                yield OperationStep(discovered, origin)
        self.statistics.endpoints = self.participants.count
        for hook, interface in self.places(addresses):
            self.statistics.packets += 1
            yield PacketStep(Packet(hook, interface, frame), origin)

    def places(self, addresses: tuple[bytes, bytes] | None) -> Iterator[tuple[Hook, int]]:
        """Where a packet is seen: leaving its sender, entering its receiver.

        A frame of no endpoint leaves the first one, so that every frame is run.
        """
        interfaces = self.participants.interfaces
        sender, receiver = (interfaces.get(address) for address in addresses or (b"", b""))
        if sender is not None:
            yield Hook.FROM_CONTAINER, sender
        if receiver is not None:
            yield Hook.TO_CONTAINER, receiver
        if sender is None and receiver is None:
            yield Hook.FROM_CONTAINER, self.participants.first_interface

    def advance(self, time: int) -> int:
        """Nanoseconds since the latest time stamp, within the mapping's bounds."""
        if self.latest is None:
            self.latest = time
        gap = time - self.latest
        if gap <= 0:
            self.statistics.clock_back += gap < 0
            return 0
        self.latest = time
        if self.mapping.gap is not None:
            gap = min(gap, self.mapping.gap)
        gap = min(gap, LATEST - self.elapsed)
        self.elapsed += gap
        return gap
