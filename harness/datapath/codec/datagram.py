"""Keys and values of the fragment tables (FRAG-1)."""

from __future__ import annotations

from collections.abc import Mapping

from harness.datapath.codec.errors import ContentError
from harness.datapath.codec.record import Record
from harness.kernel.btf import Layout
from model.domain.address import Family
from model.domain.flow import Datagram, FragmentKey

KEY_FIELDS = ("source", "destination", "tuple.identification", "tuple.protocol", "tuple.hook")
VALUE_FIELDS = ("expires", "source_port", "destination_port", "protocol", "reassembly")


class FragmentKeyCodec:
    """FragmentKey to `struct datagram_key_*` of one family and back."""

    def __init__(self, structures: Mapping[str, Layout], family: Family) -> None:
        self._record = Record(structures, f"datagram_key_ipv{family:d}", KEY_FIELDS)

    def encode(self, key: FragmentKey) -> bytes:
        """Bytes of a key whose addresses are of this family."""
        return self._record.pack(*key)

    def decode(self, data: bytes) -> FragmentKey:
        """Key from bytes. Raises ContentError."""
        return FragmentKey(*self._record.unpack(data))


class DatagramCodec:
    """Datagram to `struct datagram` and back."""

    def __init__(self, structures: Mapping[str, Layout]) -> None:
        self._record = Record(structures, "datagram", VALUE_FIELDS)

    def encode(self, datagram: Datagram) -> bytes:
        """Bytes of a datagram's state."""
        return self._record.pack(
            datagram.expires,
            datagram.source_port,
            datagram.destination_port,
            datagram.protocol,
            int(datagram.reassembly),
        )

    def decode(self, data: bytes) -> Datagram:
        """Datagram from bytes. Raises ContentError."""
        expires, source_port, destination_port, protocol, reassembly = self._record.unpack(data)
        if reassembly > 1:
            raise ContentError(f"datagram: reassembly is {reassembly}, neither 0 nor 1")
        return Datagram(expires, source_port, destination_port, protocol, reassembly == 1)
