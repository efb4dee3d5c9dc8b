"""The collector: user space removes what has expired (CT-4, CT-4a)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from harness.datapath.codec.codecs import Codecs
from harness.datapath.control_plane.control_plane import ControlPlane
from harness.datapath.control_plane.dead_entries import EntryTable, dead_entries
from harness.kernel.btf import Btf
from harness.kernel.loader import Map
from model.domain.address import Family

Items = list[tuple[bytes, bytes]]


class Collector:
    """Goes over the tables that packets write, each read in one go.

    An entry that has changed since it was read is left alone: a packet has come in between.
    """

    def __init__(
        self, maps: Mapping[str, Map], btf: Btf, codecs: Codecs, control_plane: ControlPlane
    ) -> None:
        self._maps = maps
        self._codecs = codecs
        self._control_plane = control_plane
        self._entry_tables = {family: EntryTable(btf, family) for family in Family}

    def collect(self, now: int) -> int:
        """Remove what is expired at `now`, in nanoseconds. How many elements that were."""
        removed = 0
        for family in Family:
            removed += self._sweep(f"conntrack_ipv{family:d}", self._dead_entries(family, now))
            removed += self._sweep(f"affinities_ipv{family:d}", self._dead_affinities(family, now))
            removed += self._sweep(f"datagrams_ipv{family:d}", self._dead_datagrams(now))
        return removed

    def _sweep(self, name: str, choose: Callable[[Items], Iterable[int]]) -> int:
        table = self._maps[name]
        items = table.items()
        removed = 0
        for place in choose(items) if items else ():
            key, value = items[place]
            if table.lookup(key) == value:
                removed += table.delete(key)
        return removed

    def _dead_entries(self, family: Family, now: int) -> Callable[[Items], Iterable[int]]:
        configuration = self._control_plane.inventory.configuration
        loopback = (
            configuration.loopback_ipv4 if family is Family.IPV4 else configuration.loopback_ipv6
        )
        backends = self._control_plane.tables.elements("backends")
        table = self._entry_tables[family]
        return lambda items: dead_entries(table, items, backends, loopback, now)

    def _dead_affinities(self, family: Family, now: int) -> Callable[[Items], Iterable[int]]:
        services = self._control_plane.inventory.services
        keys, values = self._codecs.of[family].affinity_key, self._codecs.affinity

        def is_dead(key: bytes, value: bytes) -> bool:
            service = services.get(keys.decode(key).service)
            timeout = service.affinity_timeout if service else None
            return timeout is None or now >= values.decode(value).last_use + timeout

        return lambda items: [place for place, item in enumerate(items) if is_dead(*item)]

    def _dead_datagrams(self, now: int) -> Callable[[Items], Iterable[int]]:
        decode = self._codecs.datagram.decode
        return lambda items: [
            place for place, (_, value) in enumerate(items) if now >= decode(value).expires
        ]
