"""Turns a packet that is written for IPv4 into its counterpart in IPv6 (RFC 7915, section 4).

Works on the notation, before any bytes exist. Layers that have no IPv4 in them stay as they are,
so a packet that is written as IPv6 is the same in both families.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from harness.scenario.document import Scalar
from harness.scenario.error import FormatError
from harness.scenario.icmp import Message, counterpart
from harness.scenario.notation.expression import Argument, Layer, Value
from harness.scenario.notation.layers import layer_class

REMEDY: Final = "keep the scenario to `families: [ipv4]`, or the step by `only: ipv4`"
FRAGMENT_NEXT_HEADER: Final = 44

IP_FIELDS: Final = {
    "version": "version",
    "tos": "tc",
    "ttl": "hlim",
    "proto": "nh",
    "src": "src",
    "dst": "dst",
}
FRAGMENT_FIELDS: Final = ("id", "flags", "frag")
ICMP_FIELDS: Final = {
    "chksum": "cksum",
    "id": "id",
    "seq": "seq",
    "nexthopmtu": "mtu",
    "ptr": "ptr",
}
UNTRANSLATED: Final = ("ARP",)


def to_ipv6(text: Scalar, layers: tuple[Layer, ...]) -> tuple[Layer, ...]:
    """The layers of the counterpart. Raises FormatError where there is none."""
    return tuple(new for layer in layers for new in translated(text, layer))


def translated(text: Scalar, layer: Layer) -> Iterator[Layer]:
    """What becomes of one layer."""
    if layer.name == "IP":
        yield from ip_layers(text, layer)
    elif layer.name == "ICMP":
        yield icmp_layer(text, layer)
    elif layer.name in UNTRANSLATED:
        raise error(text, layer.position, f"{layer.name} has no counterpart in IPv6")
    else:
        yield layer


def error(text: Scalar, position: int, problem: str) -> FormatError:
    """An error at a position within the text."""
    return FormatError(text.at(position), problem, REMEDY)


def ip_layers(text: Scalar, layer: Layer) -> Iterator[Layer]:
    """IPv6, and a fragment header where the packet is a fragment."""
    fields: list[Argument] = []
    fragment: dict[str, Argument] = {}
    for argument in layer.arguments:
        if argument.name in FRAGMENT_FIELDS:
            fragment[argument.name] = argument
        elif argument.name in IP_FIELDS:
            name = IP_FIELDS[argument.name]
            fields.append(Argument(name, argument.value, argument.position))
        else:
            problem = f"IP.{argument.name} has no counterpart in IPv6"
            raise error(text, argument.position, problem)
    more = has_more(text, fragment)
    offset = fragment["frag"].value if "frag" in fragment else 0
    if not more and not offset:
        yield Layer("IPv6", tuple(fields), layer.position)
        return
    inner = [argument for argument in fields if argument.name == "nh"]
    outer = [argument for argument in fields if argument.name != "nh"]
    outer.append(Argument("nh", FRAGMENT_NEXT_HEADER, layer.position))
    inner.append(Argument("offset", offset, layer.position))
    inner.append(Argument("m", int(more), layer.position))
    if "id" in fragment:
        inner.append(fragment["id"])
    yield Layer("IPv6", tuple(outer), layer.position)
    yield Layer("IPv6ExtHdrFragment", tuple(inner), layer.position)


def has_more(text: Scalar, fragment: dict[str, Argument]) -> bool:
    """Whether the more-fragments flag is set."""
    if "flags" not in fragment:
        return False
    flags = fragment["flags"]
    words = {"MF": True, "DF": False, "": False, 0: False, 1: True, 2: False}
    if not isinstance(flags.value, int | str) or flags.value not in words:
        raise error(text, flags.position, f"IP.flags={flags.value!r} has no counterpart in IPv6")
    return words[flags.value]


def icmp_layer(text: Scalar, layer: Layer) -> Layer:
    """The ICMPv6 message that says the same."""
    message = icmp_message(layer)
    if message is None:
        raise error(text, layer.position, "this ICMP message has no counterpart in IPv6")
    fields = [Argument("code", message.code, layer.position)] if message.code else []
    for argument in layer.arguments:
        if argument.name in ("type", "code"):
            continue
        if argument.name not in ICMP_FIELDS:
            problem = f"ICMP.{argument.name} has no counterpart in IPv6"
            raise error(text, argument.position, problem)
        name = ICMP_FIELDS[argument.name]
        fields.append(Argument(name, argument.value, argument.position))
    return Layer(message.layer, tuple(fields), layer.position)


def icmp_message(layer: Layer) -> Message | None:
    """The counterpart by type and code; Scapy's default is an echo request."""
    values: dict[str, Value] = {"type": 8, "code": 0}
    values |= {argument.name: argument.value for argument in layer.arguments}
    number, code = values["type"], values["code"]
    if isinstance(number, str):
        number = layer_class("ICMP").type.s2i.get(number)
    if not isinstance(number, int) or not isinstance(code, int):
        return None
    return counterpart(number, code)


def expected_layer(layers: tuple[Layer, ...], name: str) -> str:
    """The IPv6 name of a layer that an expectation names, ICMP by the packet that was sent."""
    if name == "IP":
        return "IPv6"
    if name == "IPerror":
        return "IPerror6"
    if name == "ICMP":
        messages = (icmp_message(layer) for layer in layers if layer.name == "ICMP")
        return next((message.layer for message in messages if message), name)
    return name


def expected_field(name: str, field: str) -> str:
    """The IPv6 name of a field that an expectation names."""
    if name in ("IP", "IPerror"):
        return IP_FIELDS.get(field, field)
    if name == "ICMP":
        return ICMP_FIELDS.get(field, field)
    return field
