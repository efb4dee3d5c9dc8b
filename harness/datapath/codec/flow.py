"""Keys of the conntrack tables (CT-1)."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from harness.datapath.codec.errors import ContentError
from harness.datapath.codec.record import Record
from harness.kernel.btf import Layout
from model.domain.address import Family
from model.domain.flow import FlowKey, Opener

FIELDS = (
    "endpoint_address",
    "peer_address",
    "tuple.endpoint_port",
    "tuple.peer_port",
    "tuple.protocol",
    "tuple.opener",
)
LATEST = 1024
OPENERS = {opener.value: opener for opener in Opener}


class FlowKeyCodec:
    """FlowKey to `struct flow_key_*` of one family and back."""

    def __init__(self, structures: Mapping[str, Layout], family: Family) -> None:
        self._record = Record(structures, f"flow_key_ipv{family:d}", FIELDS)
        self.encode = lru_cache(maxsize=LATEST)(self._encode)
        """Bytes of a key whose addresses are of this family. The latest ones are remembered."""

    def decode(self, data: bytes) -> FlowKey:
        """Key from bytes. Raises ContentError."""
        endpoint, peer, endpoint_port, peer_port, protocol, opener = self._record.unpack(data)
        if opener not in OPENERS:
            raise ContentError(f"conntrack key: opener {opener} is none")
        return FlowKey(endpoint, peer, endpoint_port, peer_port, protocol, OPENERS[opener])

    def _encode(self, key: FlowKey) -> bytes:
        return self._record.pack(*key)
