"""The tables that packets write, read as domain values."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from harness.datapath.codec.codecs import Codecs
from harness.datapath.codec.errors import ContentError
from harness.kernel.loader import Map
from harness.subject import StateKey, StateValue
from model.domain.address import ADDRESS_LENGTH, Family, family_of
from model.domain.flow import AffinityKey, FlowKey, FragmentKey
from model.domain.state import Counter, CounterKey, State

ENTRY_TABLES = tuple(
    f"{name}_ipv{family:d}"
    for name in ("conntrack", "affinities", "datagrams")
    for family in Family
)
NO_PACKETS = Counter(0, 0)


class PacketTables:
    """Reads entries, counters and windows; `cpu` is the one that the packets run on.

    An element that means nothing is left out, and `complaints` says so: whoever compares misses it
    at once and is told why later.
    """

    def __init__(self, maps: Mapping[str, Map], codecs: Codecs, cpu: int) -> None:
        self._maps = maps
        self._codecs = codecs
        self._cpu = cpu
        self.complaints: list[str] = []
        self._conntrack = {
            ADDRESS_LENGTH[family]: (maps[f"conntrack_ipv{family:d}"].lookup, codecs.of[family])
            for family in Family
        }
        self._readers: dict[type, Callable[[Any], StateValue | None]] = {
            FlowKey: self._read_entry,
            AffinityKey: self._read_affinity,
            FragmentKey: self._read_datagram,
            CounterKey: self._read_counter,
        }

    def read(self, key: StateKey) -> StateValue | None:
        """One element, None where there is none. A counter is always there."""
        try:
            return self._readers[type(key)](key)
        except ContentError as error:
            self.complaints.append(f"{key}: {error}")
            return None

    def state(self) -> State:
        """Everything, as a copy. Counters of 0 packets are left out."""
        codecs, state = self._codecs, State()
        for family in Family:
            of_family = codecs.of[family]
            state.conntrack.update(
                self._decoded(
                    "conntrack", family, of_family.flow_key.decode, of_family.entry.decode
                )
            )
            state.affinities.update(
                self._decoded(
                    "affinities", family, of_family.affinity_key.decode, codecs.affinity.decode
                )
            )
            state.datagrams.update(
                self._decoded(
                    "datagrams", family, of_family.fragment_key.decode, codecs.datagram.decode
                )
            )
        state.counters.update(self._counters())
        windows, codec = self._maps["windows"], codecs.window
        state.event_window = codec.decode(windows.lookup(codec.events_key) or b"", self._cpu)
        state.reject_window = codec.decode(windows.lookup(codec.rejects_key) or b"", self._cpu)
        return state

    def clear(self) -> None:
        """Empty all of them."""
        for name in (*ENTRY_TABLES, "server_ports", "counters", "windows"):
            self._maps[name].clear()
        self.complaints.clear()

    def _read_entry(self, key: FlowKey) -> StateValue | None:
        lookup, codec = self._conntrack[len(key.endpoint_address)]
        found = lookup(codec.flow_key.encode(key))
        return None if found is None else codec.entry.decode(found)

    def _read_affinity(self, key: AffinityKey) -> StateValue | None:
        family = family_of(key.client_address)
        encoded = self._codecs.of[family].affinity_key.encode(key)
        found = self._maps[f"affinities_ipv{family:d}"].lookup(encoded)
        return None if found is None else self._codecs.affinity.decode(found)

    def _read_datagram(self, key: FragmentKey) -> StateValue | None:
        family = family_of(key.source)
        encoded = self._codecs.of[family].fragment_key.encode(key)
        found = self._maps[f"datagrams_ipv{family:d}"].lookup(encoded)
        return None if found is None else self._codecs.datagram.decode(found)

    def _read_counter(self, key: CounterKey) -> StateValue | None:
        found = self._maps["counters"].lookup(self._codecs.counter.encode_key(key))
        return NO_PACKETS if found is None else self._codecs.counter.decode(found)

    def _counters(self) -> Iterator[tuple[CounterKey, Counter]]:
        codec = self._codecs.counter
        for index, element in self._maps["counters"].items():
            if any(element):
                try:
                    yield codec.decode_key(index), codec.decode(element)
                except ContentError as error:
                    self.complaints.append(str(error))

    def _decoded(
        self,
        table: str,
        family: Family,
        decode_key: Callable[[bytes], Any],
        decode_value: Callable[[bytes], Any],
    ) -> Iterator[tuple[Any, Any]]:
        name = f"{table}_ipv{family:d}"
        for key, value in self._maps[name].items():
            try:
                yield decode_key(key), decode_value(value)
            except ContentError as error:
                self.complaints.append(f"{name}, element {key.hex()}: {error}")
