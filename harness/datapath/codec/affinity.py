"""Keys and values of the affinity tables (LB-7)."""

from __future__ import annotations

from collections.abc import Mapping

from harness.datapath.codec.record import Record
from harness.kernel.btf import Layout
from model.domain.address import Family
from model.domain.flow import Affinity, AffinityKey


class AffinityKeyCodec:
    """AffinityKey to `struct affinity_key_*` of one family and back."""

    def __init__(self, structures: Mapping[str, Layout], family: Family) -> None:
        name = f"affinity_key_ipv{family:d}"
        self._record = Record(structures, name, ("client_address", "service"))

    def encode(self, key: AffinityKey) -> bytes:
        """Bytes of a key whose client is of this family."""
        return self._record.pack(*key)

    def decode(self, data: bytes) -> AffinityKey:
        """Key from bytes."""
        return AffinityKey(*self._record.unpack(data))


class AffinityCodec:
    """Affinity to `struct affinity` and back; the slot is a cache of the datapath."""

    def __init__(self, structures: Mapping[str, Layout]) -> None:
        self._record = Record(structures, "affinity", ("backend", "last_use", "backend_slot"))

    def encode(self, affinity: Affinity, backend_slot: int = 0) -> bytes:
        """Bytes of an affinity; `backend_slot` is where its backend is in `backends`."""
        return self._record.pack(affinity.backend, affinity.last_use, backend_slot)

    def decode(self, data: bytes) -> Affinity:
        """Affinity from bytes."""
        backend, last_use, _ = self._record.unpack(data)
        return Affinity(backend, last_use)
