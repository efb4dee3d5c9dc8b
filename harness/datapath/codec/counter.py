"""Elements of the per-CPU arrays: counters (OBS-1) and rate-limit windows (OBS-2a, LB-8)."""

from __future__ import annotations

from collections.abc import Mapping

from harness.datapath.codec.enumeration import Enumerations, enumerators
from harness.datapath.codec.errors import ContentError
from harness.datapath.codec.index import index_key, index_of
from harness.datapath.codec.record import Record
from harness.kernel.btf import Layout
from model.domain.event import Hook
from model.domain.reason import Reason
from model.domain.state import Counter, CounterKey, Window

REASONS = {reason.value: reason for reason in Reason}


class CounterCodec:
    """Counters: the array index of a key, and the sum over all CPUs of an element."""

    def __init__(self, structures: Mapping[str, Layout], enumerations: Enumerations) -> None:
        self._record = Record(structures, "counter", ("packets", "bytes"))
        self._nothing = bytes(self._record.size)
        self._limit = enumerators(enumerations, "reason", ("REASON_LIMIT",))["REASON_LIMIT"]

        self._keys = {
            CounterKey(hook, reason): index_key(hook * self._limit + reason)
            for hook in Hook
            for reason in Reason
        }

    def encode_key(self, key: CounterKey) -> bytes:
        """Index of a counter, as the array's key."""
        return self._keys[key]

    def decode_key(self, data: bytes) -> CounterKey:
        """Counter of an index. Raises ContentError for one that no hook and reason have."""
        hook, reason = divmod(index_of(data), self._limit)
        if reason not in REASONS:
            raise ContentError(f"counters: reason {reason} is none (docs/specification.md)")
        return CounterKey(Hook(hook), REASONS[reason])

    def encode(self, counter: Counter) -> bytes:
        """Bytes of one CPU's counter."""
        return self._record.pack(*counter)

    def decode(self, data: bytes) -> Counter:
        """Sum over all CPUs, whose elements follow each other in `data`."""
        size, stride = self._record.size, _stride(self._record.size)
        packets, total = 0, 0
        for start in range(0, len(data), stride):
            of_cpu = data[start : start + size]
            if of_cpu != self._nothing:  # packets run on one CPU
                more_packets, more_bytes = self._record.unpack(of_cpu)
                packets += more_packets
                total += more_bytes
        return Counter(packets, total)


class WindowCodec:
    """Rate-limit windows of one CPU. `events_key` and `rejects_key` are the array's keys."""

    def __init__(self, structures: Mapping[str, Layout], enumerations: Enumerations) -> None:
        self._record = Record(structures, "window", ("begin", "used", "suppressed"))
        names = ("WINDOW_EVENTS", "WINDOW_REJECTS")
        kinds = enumerators(enumerations, "window_kind", names)
        self.events_key, self.rejects_key = (index_key(kinds[name]) for name in names)

    def encode(self, window: Window) -> bytes:
        """Bytes of one CPU's window."""
        return self._record.pack(window.begin, window.used, window.suppressed)

    def decode(self, data: bytes, cpu: int) -> Window:
        """One CPU's window out of the elements of all CPUs."""
        size = self._record.size
        start = cpu * _stride(size)
        return Window(*self._record.unpack(data[start : start + size]))


def _stride(size: int) -> int:
    """From one CPU's element to the next: the kernel rounds up to 8 bytes."""
    return -(-size // 8) * 8
