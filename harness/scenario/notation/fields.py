"""What kind of value each field of a layer takes, by Scapy's own description of it."""

from __future__ import annotations

import importlib
from enum import Enum, auto
from functools import cache
from typing import Any, Final

from harness.scenario.notation.layers import layer_class, prepare


class Kind(Enum):
    """Kinds of field values."""

    NUMBER = auto()
    FLAGS = auto()
    IPV4 = auto()
    IPV6 = auto()
    MAC = auto()
    TEXT = auto()
    LAYERS = auto()
    TCP_OPTIONS = auto()
    IPV4_LIST = auto()
    IPV6_LIST = auto()
    TEXT_LIST = auto()
    NOTHING = auto()


SPECIAL: Final[dict[tuple[str, str], Kind]] = {
    ("ARP", "hwsrc"): Kind.MAC,
    ("ARP", "hwdst"): Kind.MAC,
    ("ARP", "psrc"): Kind.IPV4,
    ("ARP", "pdst"): Kind.IPV4,
    ("ICMP", "unused"): Kind.NUMBER,
    ("ICMP", "ext"): Kind.NOTHING,
    ("ICMP", "extpad"): Kind.NOTHING,
    ("ICMPv6DestUnreach", "ext"): Kind.NOTHING,
    ("ICMPv6DestUnreach", "extpad"): Kind.NOTHING,
    ("ICMPv6TimeExceeded", "ext"): Kind.NOTHING,
    ("ICMPv6TimeExceeded", "extpad"): Kind.NOTHING,
    ("SCTPChunkData", "data"): Kind.TEXT,
    ("SCTPChunkSACK", "dup_tsn_list"): Kind.NOTHING,
    ("SCTPChunkSACK", "gap_ack_list"): Kind.TEXT_LIST,
    ("SCTPChunkInit", "params"): Kind.NOTHING,
    ("SCTPChunkInitAck", "params"): Kind.NOTHING,
    ("SCTPChunkHeartbeatReq", "params"): Kind.NOTHING,
    ("SCTPChunkHeartbeatAck", "params"): Kind.NOTHING,
    ("IPv6ExtHdrHopByHop", "autopad"): Kind.NUMBER,
    ("IPv6ExtHdrDestOpt", "autopad"): Kind.NUMBER,
}
"""Fields whose description alone does not tell, and fields that the notation leaves out."""

WIDTHS: Final = {("ICMP", "unused"): 32}
"""Bits of number fields whose width depends on other fields: the widest."""

NAMED_NUMBERS: Final = frozenset({("ICMP", "type"), ("ARP", "op")})
"""Fields whose numbers may be given by Scapy's names; elsewhere names depend on the machine."""


@cache
def descriptions(layer: str) -> dict[str, Any]:
    """Scapy's description of each field of a layer, conditions and emphasis taken off."""
    result = {}
    wrapper = scapy_module("scapy.fields")._FieldContainer
    for description in layer_class(layer).fields_desc:
        inner = description
        while isinstance(inner, wrapper):
            inner = inner.fld
        result[inner.name] = inner
    return result


def scapy_module(name: str) -> Any:
    """A Scapy module, Scapy made ready."""
    prepare()
    return importlib.import_module(name)


@cache
def kind_of(layer: str, field: str) -> Kind:
    """The kind of values that a field takes."""
    special = SPECIAL.get((layer, field))
    if special is not None:
        return special
    description = descriptions(layer)[field]
    for kind, classes in kinds():
        if isinstance(description, classes):
            return kind
    return Kind.NUMBER


@cache
def kinds() -> tuple[tuple[Kind, tuple[Any, ...]], ...]:
    """Kinds with Scapy's field classes, the more special ones first."""
    fields = scapy_module("scapy.fields")
    inet = scapy_module("scapy.layers.inet")
    inet6 = scapy_module("scapy.layers.inet6")
    return (
        (Kind.TCP_OPTIONS, (inet.TCPOptionsField,)),
        (Kind.IPV6_LIST, (inet6.IP6ListField,)),
        (Kind.IPV4, (fields.IPField,)),
        (Kind.IPV6, (fields.IP6Field,)),
        (Kind.MAC, (fields.MACField,)),
        (Kind.FLAGS, (fields.FlagsField,)),
        (Kind.LAYERS, (fields.PacketListField, inet6._OptionsField)),
        (Kind.IPV4_LIST, (fields.FieldListField,)),
        (Kind.TEXT, (fields.StrField,)),
    )


def width(layer: str, field: str) -> int:
    """Bits of a number field."""
    if (layer, field) in WIDTHS:
        return WIDTHS[layer, field]
    description = descriptions(layer)[field]
    size = getattr(description, "size", None)
    return int(size) if isinstance(size, int) and size > 0 else int(description.sz * 8)


@cache
def tcp_option_names() -> tuple[str, ...]:
    """Scapy's names of TCP options."""
    return tuple(scapy_module("scapy.layers.inet").TCPOptions[1])
