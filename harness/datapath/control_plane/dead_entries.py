"""Which conntrack entries are dead: expired flows, and selections that lead nowhere."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from harness.datapath.codec.endpoint_number import EndpointNumbers
from harness.datapath.codec.enumeration import enumerators
from harness.datapath.codec.record import structure
from harness.kernel.btf import Btf
from model.domain.address import ADDRESS_LENGTH, Address, Family
from model.domain.flow import Opener

Records = NDArray[Any]


class DeadEntry(NamedTuple):
    """An entry that is dead as far as the items tell that it was found among."""

    place: int
    """Where it is in the items."""
    flow: bytes | None
    """Key of the flow that would keep it alive; None for flows and where the backend is gone."""


class EntryTable:
    """Layouts of one family's conntrack table, and of what its selections lead to."""

    def __init__(self, btf: Btf, family: Family, numbers: EndpointNumbers) -> None:
        self.key = structure(btf.structures, f"flow_key_ipv{family:d}")
        self.value = structure(btf.structures, f"entry_ipv{family:d}")
        self.backend = structure(btf.structures, "backend")
        self.words = ADDRESS_LENGTH[family] // 4
        self._numbers = numbers
        flags = enumerators(
            btf.enumerations, "entry_flag", ("ENTRY_SELECTION", "ENTRY_LOAD_BALANCED")
        )
        self.selection = flags["ENTRY_SELECTION"]
        self.load_balanced = flags["ENTRY_LOAD_BALANCED"]
        self.served = np.dtype(
            [("flow", self.key), ("address", ">u4", (self.words,)), ("port", ">u2")]
        )
        """A flow's key with the frontend that it is reached by."""

    def endpoint_addresses(self, keys: Records) -> Records:
        """Words of the address at the endpoint's end of each key; zeros where it has none."""
        if "endpoint_address" in (self.key.names or ()):
            return keys["endpoint_address"]
        return self._numbers.addresses(keys["tuple"]["endpoint_number"])

    def numbers(self, keys: Sequence[bytes]) -> set[int]:
        """The numbers of endpoints' addresses that these keys name."""
        records = np.frombuffer(b"".join(keys), self.key)
        return set(np.unique(records["tuple"]["endpoint_number"]).tolist())


def dead_entries(
    table: EntryTable,
    items: Sequence[tuple[bytes, bytes]],
    backends: NDArray[np.uint8],
    loopback: Address,
    now: int,
) -> list[DeadEntry]:
    """The dead among `items`: expired flows, then selections, each in order.

    Whoever removes them in this order finds most of those selections without a flow.
    `backends` are the elements of the table of that name, `loopback` the source address of hairpin
    flows of this family. A selection is live while the key that it leads to is that of a live flow
    of the selection's frontend (CT-4a); one whose backend is gone leads nowhere.
    """
    keys = np.frombuffer(b"".join([key for key, _ in items]), table.key)
    values = np.frombuffer(b"".join([value for _, value in items]), table.value)
    flags = values["entry"]["flags"]
    selections = flags & table.selection != 0
    expired = ~selections & (values["entry"]["expires"] <= now)
    serving = ~selections & ~expired & (flags & table.load_balanced != 0)
    dead = [DeadEntry(place, None) for place in np.flatnonzero(expired).tolist()]
    chosen = np.flatnonzero(selections)
    if chosen.size:
        live = set(_flows_with_frontend(table, keys[serving], values[serving]))
        wanted = _flows_selected(table, keys[chosen], values[chosen], backends, loopback)
        size = table.key.itemsize
        dead += [
            DeadEntry(place, flow and flow[:size])
            for place, flow in zip(chosen.tolist(), wanted, strict=True)
            if flow not in live
        ]
    return dead


def _flows_with_frontend(table: EntryTable, keys: Records, values: Records) -> list[bytes]:
    served = np.zeros(len(keys), table.served)
    served["flow"] = keys
    served["address"] = values["service_address"]
    served["port"] = values["entry"]["service_port"]
    return _as_bytes(served)


def _flows_selected(
    table: EntryTable,
    keys: Records,
    values: Records,
    backends: NDArray[np.uint8],
    loopback: Address,
) -> list[bytes | None]:
    """The flow that each selection leads to, as `served`; None where its backend is gone."""
    slots = values["entry"]["backend_slot"]
    inside = slots < len(backends)
    elements = backends[np.where(inside, slots, 0)]
    chosen = np.ascontiguousarray(elements).view(table.backend).reshape(len(keys))
    known = inside & (chosen["identifier"] == values["entry"]["backend"])
    served = np.zeros(len(keys), table.served)
    served["flow"] = keys
    served["address"] = keys["peer_address"]
    served["port"] = keys["tuple"]["peer_port"]
    _lead_to_backends(table, served["flow"], chosen, loopback)
    flows = _as_bytes(served)
    return [flow if is_known else None for flow, is_known in zip(flows, known, strict=True)]


def _lead_to_backends(
    table: EntryTable, flows: Records, chosen: Records, loopback: Address
) -> None:
    """Turn the clients' keys into those of their flows, hairpins as LB-11a says."""
    addresses = chosen["address"][:, : table.words]
    hairpin = (addresses == table.endpoint_addresses(flows)).all(axis=1)
    client_ports = flows["tuple"]["endpoint_port"].copy()
    flows["peer_address"] = addresses
    flows["tuple"]["peer_port"] = chosen["port"]
    flows["peer_address"][hairpin] = np.frombuffer(loopback, ">u4")
    flows["tuple"]["peer_port"][hairpin] = client_ports[hairpin]
    flows["tuple"]["endpoint_port"][hairpin] = chosen["port"][hairpin]
    flows["tuple"]["opener"][hairpin] = Opener.PEER


def _as_bytes(records: Records) -> list[bytes]:
    found: list[bytes] = records.view(f"V{records.itemsize}").tolist()
    return found
