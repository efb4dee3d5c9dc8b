"""Builds a frame from the notation: names resolved, defaults filled in, checksums by Scapy."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any, Final

from harness.scenario.document import Scalar
from harness.scenario.error import FormatError
from harness.scenario.notation.expression import Argument, Layer
from harness.scenario.notation.layers import layer_class
from harness.scenario.notation.translate import to_ipv6
from harness.scenario.notation.values import Resolve, Values
from model.domain.address import Family
from model.domain.event import Hook

GATEWAY_MAC: Final = "02:ff:00:00:00:01"
"""The other end of every endpoint's interface."""

IP_LAYERS: Final = ("IP", "IPv6")
LAYERS_WITH_MAC: Final = ("ICMPv6NDOptSrcLLAddr", "ICMPv6NDOptDstLLAddr")


def endpoint_mac(interface: int) -> str:
    """The MAC address of the pod behind an interface: the index in the last four bytes."""
    return ":".join(f"{byte:02x}" for byte in bytes((2, 0)) + interface.to_bytes(4, "big"))


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a packet's text leaves to where it is sent.

    `own` is the endpoint's name, for the address that is left out; `family` IPv6 asks for
    translation.
    """

    hook: Hook
    interface: int
    own: str | None
    family: Family | None
    resolve: Resolve


def build_frame(text: Scalar, layers: tuple[Layer, ...], surroundings: Surroundings) -> bytes:
    """The frame that layers parsed from a text describe. Raises FormatError."""
    if surroundings.family is Family.IPV6:
        layers = to_ipv6(text, layers)
    layers = tuple(with_defaults(text, layers, surroundings))

    return assemble(text, layers, surroundings.resolve)


def assemble(text: Scalar, layers: tuple[Layer, ...], resolve: Resolve) -> bytes:
    """The bytes of layers that are complete."""
    values = Values(text, resolve)
    parts = [layer_class(layer.name)(**values.of_layer(layer)) for layer in layers]
    packet: Any = parts[0]
    for outer, inner in pairwise(parts):
        outer.add_payload(inner)  # as `outer / inner` does, but without copying both
    try:
        return bytes(packet)
    except Exception as error:  # whatever Scapy trips over is the text's fault
        problem = f"Scapy cannot build this packet: {error}"
        raise FormatError(text.place, problem, "use hex") from error


def with_defaults(
    text: Scalar, layers: tuple[Layer, ...], surroundings: Surroundings
) -> Iterator[Layer]:
    """The layers with an Ethernet header in front and every address in place."""
    if layers[0].name != "Ether":
        layers = (Layer("Ether", ()), *layers)
    own = endpoint_mac(surroundings.interface)
    leaving = surroundings.hook is Hook.FROM_CONTAINER
    own_side, other_side = ("src", "dst") if leaving else ("dst", "src")
    outermost = True
    for layer in layers:
        defaults: dict[str, str | None] = {}
        if layer.name == "Ether":
            defaults = {own_side: own, other_side: GATEWAY_MAC}
        elif layer.name in IP_LAYERS:
            defaults = {"src": None, "dst": None}
            defaults[own_side] = surroundings.own if outermost else None
            outermost = False
        elif layer.name == "ARP":
            defaults = {"hwsrc": own if leaving else GATEWAY_MAC, "psrc": None, "pdst": None}
            defaults[f"p{own_side}"] = surroundings.own
        elif layer.name in LAYERS_WITH_MAC:
            defaults = {"lladdr": own if leaving else GATEWAY_MAC}
        yield completed(text, layer, defaults)


def completed(text: Scalar, layer: Layer, defaults: dict[str, str | None]) -> Layer:
    """A layer with its missing arguments; one without a default has to be given."""
    missing = [name for name in defaults if not layer.has(name)]
    added = []
    for name in missing:
        value = defaults[name]
        if value is None:
            problem = f"{layer.name} without {name}"
            raise FormatError(text.at(layer.position), problem, f'add {name}="..."')
        added.append(Argument(name, value, layer.position))
    return replace(layer, arguments=layer.arguments + tuple(added))
