"""The collector: user space removes what has expired (CT-4, CT-4a)."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from harness.datapath.codec.codecs import Codecs
from harness.datapath.control_plane.control_plane import ControlPlane
from harness.datapath.control_plane.dead_entries import DeadEntry, EntryTable, dead_entries
from harness.kernel.btf import Btf
from harness.kernel.loader import Map
from model.domain.address import Family

Item = tuple[bytes, bytes]
FindDead = Callable[[list[Item]], list[DeadEntry]]


class Collector:
    """Goes over the tables that packets write, each read in one go.

    Packets go on meanwhile, and the kernel reads a table piece by piece: what was read is of no one
    moment. So it only tells candidates. An entry that has changed since is left alone, and so is a
    selection whose flow is alive when it is looked up again.
    """

    def __init__(
        self, maps: Mapping[str, Map], btf: Btf, codecs: Codecs, control_plane: ControlPlane
    ) -> None:
        self._maps = maps
        self._codecs = codecs
        self._control_plane = control_plane
        self._entry_tables = {family: EntryTable(btf, family, codecs.numbers) for family in Family}

    def collect(self, now: int) -> int:
        """Remove what is expired at `now`. How many elements that were.

        `now` is in nanoseconds and no later than what packets take for the time: it is the
        datapath's clock.
        """
        removed = 0
        for family in Family:
            removed += self._sweep(f"conntrack_ipv{family:d}", self._dead_entries(family, now))
            removed += self._sweep(f"affinities_ipv{family:d}", self._dead_affinities(family, now))
            removed += self._sweep(f"datagrams_ipv{family:d}", self._dead_datagrams(now))
        if self._control_plane.numbers.is_scarce:
            self._free_numbers()
        return removed

    def _free_numbers(self) -> None:
        """Those of addresses that neither an endpoint nor an entry has any more."""
        endpoints = self._control_plane.inventory.endpoints.values()
        table = self._entry_tables[Family.IPV6]
        keys = [key for key, _ in self._maps["conntrack_ipv6"].items()]
        self._control_plane.numbers.keep(
            {endpoint.ipv6 for endpoint in endpoints if endpoint.ipv6}, table.numbers(keys)
        )

    def _sweep(self, name: str, find_dead: FindDead) -> int:
        table = self._maps[name]
        items = table.items()
        removed = 0
        for place, flow in find_dead(items) if items else ():
            item = key, value = items[place]
            if table.lookup(key) == value and not _is_kept(item, flow, table, find_dead):
                removed += table.delete(key)
        return removed

    def _dead_entries(self, family: Family, now: int) -> FindDead:
        configuration = self._control_plane.inventory.configuration
        loopback = (
            configuration.loopback_ipv4 if family is Family.IPV4 else configuration.loopback_ipv6
        )
        backends = self._control_plane.tables.elements("backends")
        table = self._entry_tables[family]
        return lambda items: dead_entries(table, items, backends, loopback, now)

    def _dead_affinities(self, family: Family, now: int) -> FindDead:
        services = self._control_plane.inventory.services
        keys, values = self._codecs.of[family].affinity_key, self._codecs.affinity

        def is_dead(key: bytes, value: bytes) -> bool:
            service = services.get(keys.decode(key).service)
            timeout = service.affinity_timeout if service else None
            return timeout is None or now >= values.decode(value).last_use + timeout

        return lambda items: [
            DeadEntry(place, None) for place, item in enumerate(items) if is_dead(*item)
        ]

    def _dead_datagrams(self, now: int) -> FindDead:
        decode = self._codecs.datagram.decode
        return lambda items: [
            DeadEntry(place, None)
            for place, (_, value) in enumerate(items)
            if now >= decode(value).expires
        ]


def _is_kept(item: Item, flow: bytes | None, table: Map, find_dead: FindDead) -> bool:
    """Whether the flow that would keep a selection alive is in the table now, and does."""
    found = table.lookup(flow) if flow else None
    if not flow or not found:
        return False
    return all(place != 0 for place, _ in find_dead([item, (flow, found)]))
