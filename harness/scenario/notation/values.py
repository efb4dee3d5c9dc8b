"""Checks an argument of the notation against its field and gives the value that Scapy takes.

Scapy itself would look up host names, turn lists into many packets and cut numbers to size; after
these checks it has no reason to.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Final

from harness.scenario.document import Scalar
from harness.scenario.error import FormatError, Place, one_of, shown
from harness.scenario.notation.expression import Argument, Layer, Value
from harness.scenario.notation.fields import (
    NAMED_NUMBERS,
    Kind,
    descriptions,
    kind_of,
    tcp_option_names,
    width,
)
from harness.scenario.notation.layers import layer_class
from model.domain.address import Family, format_address

MAC: Final = re.compile(r"[0-9a-fA-F]{2}(:[0-9a-fA-F]{2}){5}")
GAP: Final = re.compile(r"[0-9]{1,5}:[0-9]{1,5}")

Resolve = Callable[[str, Place, Family], bytes]
"""The address that a word at a place stands for, in a family."""


class Values:
    """The values of one packet's arguments."""

    def __init__(self, text: Scalar, resolve: Resolve) -> None:
        self.text = text
        self.resolve = resolve

    def error(self, argument: Argument, problem: str, remedy: str = "") -> FormatError:
        """An error at an argument."""
        return FormatError(self.text.at(argument.position), problem, remedy)

    def of_layer(self, layer: Layer) -> dict[str, Any]:
        """All arguments of a layer as Scapy takes them."""
        known = descriptions(layer.name)
        for argument in layer.arguments:
            if argument.name not in known:
                problem = f"{layer.name} has no field {shown(argument.name)}"
                raise self.error(argument, problem, one_of(known, argument.name))
        return {
            argument.name: self.of_argument(layer, argument)
            for argument in layer.arguments
            if argument.value is not None
        }

    def of_argument(self, layer: Layer, argument: Argument) -> Any:
        """One argument as Scapy takes it."""
        kind = kind_of(layer.name, argument.name)
        where = f"{layer.name}.{argument.name}"
        match kind:
            case Kind.NUMBER:
                return self.number(layer, argument, where)
            case Kind.FLAGS:
                return self.flags(layer, argument, where)
            case Kind.IPV4:
                return self.address(argument, argument.value, where, Family.IPV4)
            case Kind.IPV6:
                return self.address(argument, argument.value, where, Family.IPV6)
            case Kind.MAC:
                return self.matching(argument, argument.value, where, MAC, "a MAC address")
            case Kind.TEXT:
                return self.payload(argument, where)
            case Kind.NOTHING:
                raise self.error(argument, f"{where} cannot be given here", "use hex")
        return self.items(argument, where, kind)

    def number(self, layer: Layer, argument: Argument, where: str) -> int:
        """A number that fits the field."""
        value = argument.value
        if isinstance(value, str) and (layer.name, argument.name) in NAMED_NUMBERS:
            names = descriptions(layer.name)[argument.name].s2i
            if value not in names:
                raise self.error(argument, f"{where} knows no {shown(value)}", one_of(names, value))
            return int(names[value])
        if not isinstance(value, int):
            raise self.error(argument, f"{where} takes a number", "write one without quotes")
        limit = 1 << width(layer.name, argument.name)
        if not 0 <= value < limit:
            raise self.error(argument, f"{where} is from 0 to {limit - 1}, not {value}")
        return value

    def flags(self, layer: Layer, argument: Argument, where: str) -> int | str:
        """Flags by letters or as a number."""
        value = argument.value
        if isinstance(value, int):
            return self.number(layer, argument, where)
        names = descriptions(layer.name)[argument.name].names
        single = all(len(name) == 1 for name in names)
        words = list(value if single else value.split("+")) if isinstance(value, str) else [""]
        for word in words:
            if word not in names:
                listed = ", ".join(name for name in names if name)
                raise self.error(argument, f"{where} has no flag {shown(word)}", f"use {listed}")
        if len(set(words)) < len(words):
            raise self.error(argument, f"{where} has a flag twice", "name each once")
        return str(value)

    def address(self, argument: Argument, value: Value, where: str, family: Family) -> str:
        """An address, or a name that stands for one."""
        if not isinstance(value, str):
            raise self.error(argument, f"{where} takes an address", 'write one like "10.0.0.1"')
        return format_address(self.resolve(value, self.text.at(argument.position + 1), family))

    def matching(
        self, argument: Argument, value: Value, where: str, pattern: re.Pattern[str], what: str
    ) -> str:
        """A string of a certain shape."""
        if not isinstance(value, str) or not pattern.fullmatch(value):
            raise self.error(argument, f"{where} takes {what}")
        return value

    def payload(self, argument: Argument, where: str) -> bytes:
        """Bytes, or a string of ASCII."""
        if isinstance(argument.value, str):
            return argument.value.encode("ascii", "backslashreplace")
        if isinstance(argument.value, bytes):
            return argument.value
        raise self.error(argument, f"{where} takes a string or bytes", 'write b"..."')

    def items(self, argument: Argument, where: str, kind: Kind) -> list[Any]:
        """A list of whatever the field is a list of."""
        value = argument.value
        if not isinstance(value, list):
            raise self.error(argument, f"{where} takes a list", "write [...]")
        match kind:
            case Kind.TCP_OPTIONS:
                return [self.tcp_option(argument, item) for item in value]
            case Kind.IPV4_LIST:
                return [self.address(argument, item, where, Family.IPV4) for item in value]
            case Kind.IPV6_LIST:
                return [self.address(argument, item, where, Family.IPV6) for item in value]
            case Kind.TEXT_LIST:
                return [self.matching(argument, item, where, GAP, '"2:3"') for item in value]
        return [self.option(argument, item, where) for item in value]

    def option(self, argument: Argument, item: Value, where: str) -> Any:
        """An option that is a layer of its own."""
        if not isinstance(item, Layer):
            raise self.error(argument, f"{where} takes options", "write them like PadN(...)")
        return layer_class(item.name)(**self.of_layer(item))

    def tcp_option(self, argument: Argument, item: Value) -> tuple[Any, Any]:
        """A TCP option: name or number, and value."""
        names = tcp_option_names()
        if not isinstance(item, tuple) or len(item) != 2:
            raise self.error(argument, "a TCP option is a pair", 'write ("MSS", 1460)')
        name, value = item
        if isinstance(name, str) and name not in names:
            raise self.error(argument, f"unknown TCP option {shown(name)}", one_of(names, name))
        simple = value is None or isinstance(value, int | bytes)
        numbers = isinstance(value, tuple) and all(isinstance(one, int) for one in value)
        if not isinstance(name, str | int) or not (simple or numbers):
            raise self.error(argument, "a TCP option's value is a number, bytes or a pair")
        return name, value
