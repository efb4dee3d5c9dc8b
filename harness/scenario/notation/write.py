"""Writes a frame in the notation that builds the very same bytes, if there is one.

Scapy takes the frame apart. What it would fill in by itself (lengths, checksums, next headers) is
left out wherever leaving it out gives the same bytes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from harness.scenario.document import Scalar
from harness.scenario.error import FormatError, Place
from harness.scenario.notation.build import (
    GATEWAY_MAC,
    Surroundings,
    build_frame,
    endpoint_mac,
)
from harness.scenario.notation.expression import parse_layers
from harness.scenario.notation.fields import Kind, descriptions, kind_of
from harness.scenario.notation.layers import ERROR_LAYERS, MODULE_OF, layer_class
from model.domain.address import Address, parse_address
from model.domain.event import Hook

NEXT_FIELDS: Final = frozenset({("Ether", "type"), ("Dot1Q", "type"), ("Dot1AD", "type")})
ALWAYS: Final = frozenset(
    {("TCP", "sport"), ("TCP", "dport"), ("TCP", "flags"), ("UDP", "sport"), ("UDP", "dport")}
)
"""Arguments that a reader wants to see even where they are Scapy's defaults."""

NEXT_NAMES: Final = frozenset({"proto", "nh"})
LONGEST_TEXT: Final = 4_000

Names = Mapping[Address, str]


@dataclass(slots=True)
class WrittenLayer:
    """A layer's name and its arguments as text; `derived` are those that may be left out."""

    name: str
    plain: dict[str, str]
    derived: dict[str, str]

    def text(self, left_out: frozenset[tuple[int, str]], index: int) -> str:
        """The layer as written, without some of its derived arguments."""
        kept = {
            name: value for name, value in self.derived.items() if (index, name) not in left_out
        }
        arguments = ", ".join(f"{name}={value}" for name, value in (self.plain | kept).items())
        return f"{self.name}({arguments})"


def write_notation(frame: bytes, surroundings: Surroundings, names: Names) -> str | None:
    """The text for a frame; None where the notation cannot say it. `names` by address."""
    try:
        layers = list(written_layers(frame, names))
    except Exception:  # unknown options, and whatever Scapy makes of damaged bytes
        return None
    fill_link_layer(layers[0], surroundings)

    def text(left_out: frozenset[tuple[int, str]]) -> str:
        parts = [layer.text(left_out, index) for index, layer in enumerate(layers)]
        if parts[0] == "Ether()" and len(parts) > 1:
            parts = parts[1:]
        return "/".join(parts)

    def matches(candidate: str) -> bool:
        return builds(candidate, frame, surroundings)

    derived = [(index, name) for index, layer in enumerate(layers) for name in layer.derived]
    return shortest(derived, text, matches)


def shortest(
    derived: list[tuple[int, str]],
    text: Callable[[frozenset[tuple[int, str]]], str],
    matches: Callable[[str], bool],
) -> str | None:
    """The text with as few derived arguments as give the same bytes."""
    everything = frozenset(derived)
    if matches(text(everything)):
        return text(everything)
    left_out: frozenset[tuple[int, str]] = frozenset()
    if not matches(text(left_out)):
        return None
    for item in derived:
        if matches(text(left_out | {item})):
            left_out |= {item}
    return text(left_out)


def builds(text: str, frame: bytes, surroundings: Surroundings) -> bool:
    """Whether a text builds a frame."""
    if len(text) > LONGEST_TEXT:
        return False
    word = Scalar(Place("packet"), text)
    try:
        return build_frame(word, parse_layers(word), surroundings) == frame
    except FormatError:
        return False


def fill_link_layer(ethernet: WrittenLayer, surroundings: Surroundings) -> None:
    """Make the addresses derived that the endpoint's interface implies."""
    own = endpoint_mac(surroundings.interface)
    leaving = surroundings.hook is Hook.FROM_CONTAINER
    implied = {"src": own, "dst": GATEWAY_MAC} if leaving else {"dst": own, "src": GATEWAY_MAC}
    for name, address in implied.items():
        if ethernet.plain.get(name) == quoted(address):
            ethernet.derived[name] = ethernet.plain.pop(name)


def written_layers(frame: bytes, names: Names) -> Iterator[WrittenLayer]:
    """The layers of a frame, outermost first; what the notation does not know as Raw."""
    layer: Any = layer_class("Ether")(frame)
    while layer and type(layer).__name__ != "NoPayload":
        name = ERROR_LAYERS.get(type(layer).__name__, type(layer).__name__)
        if name not in MODULE_OF:
            yield WrittenLayer("Raw", {"load": bytes_text(layer.original)}, {})
            return
        yield written_layer(name, layer, names)
        layer = layer.payload


def written_layer(name: str, layer: Any, names: Names) -> WrittenLayer:
    """One layer, its arguments sorted into plain and derived ones."""
    plain: dict[str, str] = {}
    derived: dict[str, str] = {}
    for field in descriptions(name):
        value = layer.fields.get(field)
        kind = kind_of(name, field)
        if value in (None, b"") or kind is Kind.NOTHING:
            continue
        default = layer.default_fields.get(field)
        text = value_text(kind, value, names)
        if (name, field) in ALWAYS or kind in (Kind.IPV4, Kind.IPV6, Kind.MAC):
            plain[field] = text
        elif default is None or field in NEXT_NAMES or (name, field) in NEXT_FIELDS:
            derived[field] = text
        elif value not in (default, []):
            plain[field] = text
    return WrittenLayer(name, plain, derived)


def value_text(kind: Kind, value: Any, names: Names) -> str:
    """A field's value as the notation writes it."""
    if kind in (Kind.IPV4, Kind.IPV6):
        return quoted(names.get(parse_address(str(value)), str(value)))
    if kind is Kind.FLAGS:
        return quoted(str(value)) if int(value) else "0"
    if kind is Kind.MAC:
        return quoted(str(value))
    if kind is Kind.TEXT:
        return bytes_text(bytes(value))
    if kind is Kind.LAYERS:
        return f"[{', '.join(option_text(option, names) for option in value)}]"
    if kind in (Kind.IPV4_LIST, Kind.IPV6_LIST, Kind.TEXT_LIST):
        return f"[{', '.join(quoted(str(item)) for item in value)}]"
    return repr(value)


def option_text(option: Any, names: Names) -> str:
    """An option of IP or of an extension header, with all its fields."""
    name = type(option).__name__
    written = written_layer(name, option, names)
    return written.text(frozenset(), 0)


def quoted(text: str) -> str:
    """A string literal; the texts here hold no quotes."""
    return f'"{text}"'


def bytes_text(data: bytes) -> str:
    """A literal of bytes: repetition and plain text where they read better."""
    if len(data) > 8 and data == data[:1] * len(data):
        return f"{data[:1]!r} * {len(data)}"
    return repr(data)
