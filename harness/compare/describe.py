"""Domain values in words, as people read them in differences and screens."""

from __future__ import annotations

from dataclasses import is_dataclass
from enum import Enum
from typing import Any, Final

from harness.compare.fields import field_values
from model.domain.address import Address, format_address
from model.domain.configuration import SECOND
from model.domain.event import EMPTY_TUPLE, Hook, Tuple
from model.domain.flow import AffinityKey, Flow, FlowKey, FragmentKey, Opener
from model.domain.protocol import ICMP, ICMPV6, PROTOCOL_NAMES
from model.domain.state import CounterKey

TIMES: Final = frozenset({"expires", "last_use", "begin", "expires after"})
"""Fields, and what notes tell of, in nanoseconds."""


def protocol_name(protocol: int) -> str:
    """Name of an IP protocol, its number where it has none here."""
    return PROTOCOL_NAMES.get(protocol, str(protocol))


def hook_name(hook: int) -> str:
    """Name of a hook, its number where no hook has it: a broken table can hold any."""
    return Hook(hook).name.lower() if hook in set(Hook) else f"hook {hook}"


def side(address: Address, port: int) -> str:
    """Address and port in the usual notation."""
    text = format_address(address) if address else "-"
    return f"[{text}]:{port}" if len(address) == 16 else f"{text}:{port}"


def key_words(key: object) -> str:
    """A state key in words; two keys never have the same."""
    match key:
        case FlowKey():
            return flow_key_words(key)
        case AffinityKey():
            return f"client {format_address(key.client_address)} of service {key.service}"
        case FragmentKey():
            return (
                f"{protocol_name(key.protocol)} datagram {key.identification:#x} "
                f"{format_address(key.source)} -> {format_address(key.destination)} "
                f"({hook_name(key.hook)})"
            )
        case CounterKey():
            return f"{key.hook.name.lower()}/{key.reason.name.lower()}"
    return str(key)


def flow_key_words(key: FlowKey) -> str:
    """A flow's key: endpoint, arrow from the opener, peer."""
    arrow = "->" if key.opener is Opener.ENDPOINT else "<-"
    name = protocol_name(key.protocol)
    if key.protocol in (ICMP, ICMPV6):
        kind = f"type {key.peer_port >> 8} code {key.peer_port & 0xFF} id {key.endpoint_port}"
        ends = format_address(key.endpoint_address), format_address(key.peer_address)
        return f"{name} {ends[0]} {arrow} {ends[1]} {kind}"
    endpoint = side(key.endpoint_address, key.endpoint_port)
    return f"{name} {endpoint} {arrow} {side(key.peer_address, key.peer_port)}"


def tuple_words(value: Tuple) -> str:
    """A packet's tuple in the packet's direction."""
    if value == EMPTY_TUPLE:
        return "none"
    source = side(value.source, value.source_port)
    destination = side(value.destination, value.destination_port)
    return f"{protocol_name(value.protocol)} {source} > {destination}"


def value_words(value: Any) -> str:
    """A value exactly: enums by name, addresses in notation, structures by their fields."""
    if isinstance(value, Enum):
        return str(value.name).lower()
    if isinstance(value, bytes) and len(value) in (4, 16):
        return format_address(value)
    if isinstance(value, bytes):
        return value.hex() or "none"
    if isinstance(value, Tuple):
        return tuple_words(value)
    if isinstance(value, FlowKey):
        return flow_key_words(value)
    if isinstance(value, frozenset):
        return " ".join(sorted(map(value_words, value))) or "none"
    if is_dataclass(value) or hasattr(value, "_fields"):
        fields = told_fields(value)
        return " ".join(f"{name}={value_words(one)}" for name, one in fields.items())
    return str(value)


def field_words(name: str, value: Any) -> str:
    """A field's value as people read it: times as durations since the clock's zero."""
    is_time = name in TIMES and isinstance(value, int)
    return duration_words(value) if is_time else structure_words(value)


def structure_words(value: Any) -> str:
    """A value with its fields as people read them; of truth values those that are true."""
    if not is_dataclass(value) and not is_plain_tuple(value):
        return value_words(value)
    fields = told_fields(value)
    if all(isinstance(one, bool) for one in fields.values()):
        return ", ".join(name.replace("_", " ") for name, one in fields.items() if one) or "none"
    return " ".join(f"{name}={field_words(name, one)}" for name, one in fields.items())


def is_plain_tuple(value: object) -> bool:
    """Whether a value is a named tuple that has no notation of its own."""
    return hasattr(value, "_fields") and not isinstance(value, Tuple | FlowKey)


def duration_words(nanoseconds: int) -> str:
    """A duration in the largest unit that is exact."""
    for unit, size in (("s", SECOND), ("ms", 10**6), ("us", 10**3)):
        if nanoseconds % size == 0:
            return f"{nanoseconds // size} {unit}"
    return f"{nanoseconds} ns"


def told_fields(value: object) -> dict[str, object]:
    """The fields of a value that say something: no None, of a flow none at its default."""
    fields = field_values(value)
    if isinstance(value, Flow):
        plain = field_values(Flow(0))
        return {
            name: one for name, one in fields.items() if name == "expires" or one != plain[name]
        }
    return {name: one for name, one in fields.items() if one is not None}
