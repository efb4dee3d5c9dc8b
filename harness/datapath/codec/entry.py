"""Values of the conntrack tables: flows and selections."""

from __future__ import annotations

from collections.abc import Mapping

from harness.datapath.codec.enumeration import Enumerations, enumerators
from harness.datapath.codec.errors import ContentError
from harness.datapath.codec.record import Record
from harness.kernel.btf import Layout
from model.domain.address import UNSPECIFIED, Family
from model.domain.flow import Entry, Flow, Selection

FIELDS = (
    "entry.flags",
    "entry.expires",
    "entry.opener_packets",
    "entry.opener_bytes",
    "entry.reply_packets",
    "entry.reply_bytes",
    "entry.policy_revision",
    "entry.service",
    "entry.service_port",
    "service_address",
    "entry.backend",
    "entry.backend_slot",
    "entry.service_revision",
)
FLOW_FLAGS = (
    "ENTRY_ESTABLISHED",
    "ENTRY_OPENER_CLOSING",
    "ENTRY_REPLY_CLOSING",
    "ENTRY_PICKED_UP",
    "ENTRY_LOAD_BALANCED",
    "ENTRY_HAIRPIN",
)


class EntryCodec:
    """Flow or Selection to `struct entry_*` of one family and back.

    What a flow has and a selection has not, and the other way round, is 0.

    `backend_slot` is a cache of the datapath; no domain value has it.
    """

    def __init__(
        self, structures: Mapping[str, Layout], enumerations: Enumerations, family: Family
    ) -> None:
        self._record = Record(structures, f"entry_ipv{family:d}", FIELDS)
        bits = enumerators(enumerations, "entry_flag", ("ENTRY_SELECTION", *FLOW_FLAGS))
        self._selection = bits["ENTRY_SELECTION"]
        self._flow_bits = tuple(bits[name] for name in FLOW_FLAGS)
        self._known = sum(self._flow_bits)
        self._no_address = UNSPECIFIED[family]

    def encode(self, entry: Entry, backend_slot: int = 0) -> bytes:
        """Bytes of an entry; `backend_slot` is where a selection's backend is in `backends`."""
        if isinstance(entry, Selection):
            return self._encode_selection(entry, backend_slot)
        return self._record.pack(
            self._flags(entry),
            entry.expires,
            entry.opener_packets,
            entry.opener_bytes,
            entry.reply_packets,
            entry.reply_bytes,
            entry.policy_revision,
            entry.service,
            entry.service_port,
            entry.service_address or self._no_address,
            0,
            0,
            entry.service_revision,
        )

    def decode(self, data: bytes) -> Entry:
        """Entry from bytes. Raises ContentError."""
        fields = self._record.unpack(data)
        flags, expires, packets, total, reply_packets, reply_total = fields[:6]
        policy_revision, service, port, address, backend, slot, service_revision = fields[6:]
        if flags == self._selection:
            if any(fields[1:7]) or port or address != self._no_address:
                raise ContentError("conntrack entry: a selection with values of a flow")
            return Selection(service, backend, service_revision)
        if flags & ~self._known:
            raise ContentError(f"conntrack entry: flags {flags:#x} mean nothing together")
        if backend or slot:
            raise ContentError("conntrack entry: a flow with a backend of a selection")
        established, opener_closing, reply_closing, picked_up, load_balanced, hairpin = (
            self._flow_bits
        )
        return Flow(
            expires,
            packets,
            total,
            reply_packets,
            reply_total,
            flags & established != 0,
            flags & opener_closing != 0,
            flags & reply_closing != 0,
            flags & picked_up != 0,
            policy_revision,
            flags & load_balanced != 0,
            flags & hairpin != 0,
            service,
            b"" if address == self._no_address else address,
            port,
            service_revision,
        )

    def _encode_selection(self, selection: Selection, backend_slot: int) -> bytes:
        unused = (0,) * 6
        return self._record.pack(
            self._selection,
            *unused,
            selection.service,
            0,
            self._no_address,
            selection.backend,
            backend_slot,
            selection.service_revision,
        )

    def _flags(self, flow: Flow) -> int:
        states = (
            flow.established,
            flow.opener_closing,
            flow.reply_closing,
            flow.picked_up,
            flow.load_balanced,
            flow.hairpin,
        )
        return sum(bit for bit, state in zip(self._flow_bits, states, strict=True) if state)
