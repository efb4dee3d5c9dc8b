"""Keys of the conntrack tables (CT-1)."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Final

from harness.datapath.codec.endpoint_number import NO_NUMBER, EndpointNumbers
from harness.datapath.codec.errors import ContentError
from harness.datapath.codec.record import Record
from harness.kernel.btf import Layout
from model.domain.address import Family
from model.domain.flow import FlowKey, Opener

FIELDS: Final = (
    "peer_address",
    "tuple.endpoint_port",
    "tuple.peer_port",
    "tuple.protocol",
    "tuple.opener",
    "tuple.endpoint_number",
)
ADDRESS: Final = "endpoint_address"
LATEST = 1024
OPENERS = {opener.value: opener for opener in Opener}


class FlowKeyCodec:
    """FlowKey to `struct flow_key_*` of one family and back.

    `numbers` stand for the endpoints' addresses in IPv6; one that has none is encoded as
    NO_NUMBER, under which there is never an entry.
    """

    def __init__(
        self, structures: Mapping[str, Layout], family: Family, numbers: EndpointNumbers
    ) -> None:
        self._has_address = family is Family.IPV4
        fields = (*FIELDS, ADDRESS) if self._has_address else FIELDS
        self._record = Record(structures, f"flow_key_ipv{family:d}", fields)
        self._numbers = numbers
        self._encode = lru_cache(maxsize=LATEST)(self._packed)
        self.most = (1 << 8 * self._record.length("tuple.endpoint_number")) - 1
        """The highest number that a key has room for."""

    def encode(self, key: FlowKey) -> bytes:
        """Bytes of a key whose addresses are of this family. The latest ones are remembered."""
        return self._encode(key, self._numbers.by_address.get(key.endpoint_address, NO_NUMBER))

    def decode(self, data: bytes) -> FlowKey:
        """Key from bytes. Raises ContentError."""
        peer, endpoint_port, peer_port, protocol, opener, number, *end = self._record.unpack(data)
        if opener not in OPENERS:
            raise ContentError(f"conntrack key: opener {opener} is none")
        endpoint = self._numbers.by_number.get(number) if not end else end[0]
        if endpoint is None or (end and number != NO_NUMBER):
            raise ContentError(f"conntrack key: no address of an endpoint has number {number}")
        return FlowKey(endpoint, peer, endpoint_port, peer_port, protocol, OPENERS[opener])

    def _packed(self, key: FlowKey, number: int) -> bytes:
        endpoint, *rest = key
        return self._record.pack(*rest, number, *((endpoint,) if self._has_address else ()))
