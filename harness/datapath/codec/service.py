"""Rows of the load balancer's tables: frontends, services, backends."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from harness.datapath.codec.enumeration import Enumerations, enumerators
from harness.datapath.codec.record import Record
from harness.kernel.btf import Layout
from model.domain.address import Address, Family
from model.domain.service import Algorithm, Backend, BackendState, FrontendKey

SERVICE_FIELDS = (
    "affinity_timeout",
    "algorithm",
    "eligible_first",
    "eligible_count",
    "maglev_first",
    "maglev_size",
)
BACKEND_FIELDS = ("identifier", "service", "address", "port", "state", "flags")
BACKEND_FLAGS = ("BACKEND_SERVING", "BACKEND_LOCAL")
STATES = {state.value: state for state in BackendState}


class FrontendRow(NamedTuple):
    """The service behind a frontend; service 0 marks a service address (LB-9a)."""

    service: int
    local_only: bool


class ServiceKey(NamedTuple):
    """One service as one family and one traffic policy see it (LB-2, LB-12)."""

    service: int
    family: Family
    local_only: bool


class ServiceRow(NamedTuple):
    """How to choose a backend: stretches of `eligible_backends` and `maglev_tables`.

    `affinity_timeout` in nanoseconds, 0 for no affinity.
    """

    affinity_timeout: int
    algorithm: Algorithm
    eligible_first: int
    eligible_count: int
    maglev_first: int
    maglev_size: int


class FrontendCodec:
    """Keys and values of `frontends_*` of one family."""

    def __init__(self, structures: Mapping[str, Layout], family: Family) -> None:
        key_fields = ("address", "tuple.port", "tuple.protocol")
        self._key = Record(structures, f"frontend_key_ipv{family:d}", key_fields)
        self._value = Record(structures, "frontend", ("service", "local_only"))

    def encode_key(self, key: FrontendKey) -> bytes:
        """Bytes of a key whose address is of this family."""
        return self._key.pack(*key)

    def decode_key(self, data: bytes) -> FrontendKey:
        """Key from bytes. Raises ContentError."""
        return FrontendKey(*self._key.unpack(data))

    def encode(self, row: FrontendRow) -> bytes:
        """Bytes of a row."""
        return self._value.pack(row.service, int(row.local_only))

    def decode(self, data: bytes) -> FrontendRow:
        """Row from bytes."""
        service, local_only = self._value.unpack(data)
        return FrontendRow(service, local_only == 1)


class ServiceCodec:
    """Keys and values of `services`."""

    def __init__(self, structures: Mapping[str, Layout], enumerations: Enumerations) -> None:
        self._key = Record(structures, "service_key", ("service", "family", "local_only"))
        self._value = Record(structures, "service", SERVICE_FIELDS)
        numbers = enumerators(enumerations, "algorithm")
        self._numbers = {choice: numbers[f"ALGORITHM_{choice.name}"] for choice in Algorithm}
        self._algorithms = {number: choice for choice, number in self._numbers.items()}

    def encode_key(self, key: ServiceKey) -> bytes:
        """Bytes of a key."""
        return self._key.pack(key.service, key.family.value, int(key.local_only))

    def decode_key(self, data: bytes) -> ServiceKey:
        """Key from bytes. Raises ContentError."""
        service, family, local_only = self._key.unpack(data)
        return ServiceKey(service, Family(family), local_only == 1)

    def encode(self, row: ServiceRow) -> bytes:
        """Bytes of a row."""
        return self._value.pack(row.affinity_timeout, self._numbers[row.algorithm], *row[2:])

    def decode(self, data: bytes) -> ServiceRow:
        """Row from bytes. Raises ContentError."""
        timeout, algorithm, *stretches = self._value.unpack(data)
        return ServiceRow(timeout, self._algorithms[algorithm], *stretches)


class BackendCodec:
    """Elements of `backends`; a free one has identifier 0."""

    def __init__(self, structures: Mapping[str, Layout], enumerations: Enumerations) -> None:
        self._record = Record(structures, "backend", BACKEND_FIELDS)
        bits = enumerators(enumerations, "backend_flag", BACKEND_FLAGS)
        self._serving, self._local = (bits[name] for name in BACKEND_FLAGS)

    def encode(self, backend: Backend, service: int) -> bytes:
        """Bytes of a service's backend."""
        flags = self._serving * backend.serving | self._local * backend.local
        words = backend.address.ljust(16, b"\0")
        return self._record.pack(
            backend.identifier, service, words, backend.port, backend.state.value, flags
        )

    def decode(self, data: bytes, family: Family) -> tuple[Backend, int] | None:
        """Backend and its service; None for a free slot. The bytes do not tell the family."""
        identifier, service, words, port, state, flags = self._record.unpack(data)
        if identifier == 0:
            return None
        address: Address = words[: 4 if family is Family.IPV4 else 16]
        backend = Backend(
            identifier,
            address,
            port,
            STATES[state],
            flags & self._serving != 0,
            flags & self._local != 0,
        )
        return backend, service

    def free(self, data: bytes) -> bytes:
        """The same element as a free one: of no identifier, and quarantined.

        A packet on its way may have the slot from the list before. It still finds the address, but
        the next one chooses again (LB-6), and no affinity is kept (LB-7).
        """
        _, service, words, port, _, flags = self._record.unpack(data)
        return self._record.pack(0, service, words, port, BackendState.QUARANTINED.value, flags)
