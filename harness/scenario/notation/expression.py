"""The notation's grammar: layers joined by `/`, keyword arguments, literals; nothing is run.

Python's own parser reads the text, because Scapy's notation is Python; its syntax tree is then
walked against the few shapes that are allowed.
"""

from __future__ import annotations

import ast
import warnings
from dataclasses import dataclass
from typing import Final, Union

from harness.scenario.document import Scalar
from harness.scenario.error import FormatError, one_of, shown
from harness.scenario.notation.layers import ERROR_LAYERS, MODULE_OF

MAXIMUM_TEXT: Final = 65_536
MAXIMUM_LAYERS: Final = 64
MAXIMUM_REPEATED: Final = 65_536
MAXIMUM_ITEMS: Final = 1024

Value = Union[int, str, bytes, list["Value"], tuple["Value", ...], "Layer", None]


@dataclass(frozen=True, slots=True)
class Argument:
    """A keyword argument; `position` is where its value stands in the text."""

    name: str
    value: Value
    position: int


@dataclass(frozen=True, slots=True)
class Layer:
    """One layer as written; `position` is where it stands in the text."""

    name: str
    arguments: tuple[Argument, ...]
    position: int = 0

    def has(self, name: str) -> bool:
        """Whether an argument is given."""
        return any(argument.name == name for argument in self.arguments)


def parse_layers(text: Scalar) -> tuple[Layer, ...]:
    """The layers of a packet in Scapy's notation. Raises FormatError."""
    return Parser(text).layers()


class Parser:
    """Walks the syntax tree of one packet."""

    def __init__(self, text: Scalar) -> None:
        self.text = text

    def error(self, position: int, problem: str, remedy: str = "") -> FormatError:
        """An error at a position within the text."""
        where = "" if self.text.offset else f" (character {position + 1} of the packet)"
        return FormatError(self.text.at(position), problem + where, remedy)

    def layers(self) -> tuple[Layer, ...]:
        """All layers, outermost first."""
        node = self.tree()
        found: list[ast.expr] = []
        while isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div):
            found.append(node.right)
            node = node.left
        found.append(node)
        if len(found) > MAXIMUM_LAYERS:
            raise self.error(0, f"more than {MAXIMUM_LAYERS} layers")
        return tuple(self.layer(one) for one in reversed(found))

    def tree(self) -> ast.expr:
        """The text as a Python expression."""
        text = self.text.text
        if len(text) > MAXIMUM_TEXT:
            raise self.error(0, f"a packet of more than {MAXIMUM_TEXT} characters", "use hex")
        if not text.isascii():
            position = next(i for i, character in enumerate(text) if ord(character) > 0x7F)
            raise self.error(position, "a character that is not ASCII", r'write b"\x.."')
        if "\n" in text:
            raise self.error(0, "a packet over several lines", "fold it with > or write one line")
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("error")
                return ast.parse(text, mode="eval").body
        except SyntaxError as error:
            position = max((error.offset or 1) - 1, 0)
            raise self.error(position, f"bad packet notation: {error.msg}") from None
        except (ValueError, RecursionError, MemoryError):
            raise self.error(0, "bad packet notation", "write IP(...)/TCP(...)") from None

    def layer(self, node: ast.expr) -> Layer:
        """One layer: a call of a known name; a string stands for Raw."""
        position = node.col_offset
        if isinstance(node, ast.Constant) and isinstance(node.value, str | bytes):
            return Layer("Raw", (Argument("load", node.value, position),), position)
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name):
            raise self.error(position, "expected a layer", "write one like TCP(dport=80)")
        name = node.func.id
        if name not in MODULE_OF:
            remedy = f"write {ERROR_LAYERS[name]}" if name in ERROR_LAYERS else ""
            raise self.error(position, f"unknown layer {shown(name)}", remedy or self.near(name))
        if node.args:
            first = node.args[0]
            raise self.error(first.col_offset, f"{name} with a bare value", "write field=value")
        arguments = tuple(self.argument(name, keyword) for keyword in node.keywords)
        for index, argument in enumerate(arguments):
            if argument.name in {one.name for one in arguments[:index]}:
                raise self.error(argument.position, f"{name}.{argument.name} twice", "keep one")
        return Layer(name, arguments, position)

    def near(self, name: str) -> str:
        """The remedy for an unknown layer."""
        return one_of(MODULE_OF, name)

    def argument(self, layer: str, keyword: ast.keyword) -> Argument:
        """One keyword argument."""
        if keyword.arg is None:
            raise self.error(keyword.col_offset, f"{layer} with **", "write field=value")
        return Argument(keyword.arg, self.value(keyword.value), keyword.value.col_offset)

    def value(self, node: ast.expr) -> Value:
        """A literal, a layer as a value (an option), or a list of such."""
        if isinstance(node, ast.Constant):
            return self.constant(node)
        if isinstance(node, ast.List | ast.Tuple):
            if len(node.elts) > MAXIMUM_ITEMS:
                raise self.error(node.col_offset, f"more than {MAXIMUM_ITEMS} items")
            items = [self.value(item) for item in node.elts]
            return items if isinstance(node, ast.List) else tuple(items)
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult):
            return self.repeated(node)
        if isinstance(node, ast.Call):
            return self.layer(node)
        remedy = "write a number, a string, a list or an option"
        raise self.error(node.col_offset, "a value that is no literal", remedy)

    def constant(self, node: ast.Constant) -> Value:
        """A number, a string, bytes or None."""
        value = node.value
        if value is None or (isinstance(value, int | str | bytes) and not isinstance(value, bool)):
            return value
        remedy = "write a whole number or a string"
        raise self.error(node.col_offset, f"a value of type {type(value).__name__}", remedy)

    def repeated(self, node: ast.BinOp) -> str | bytes:
        """A string times a number, for payloads: `"x" * 1400`."""
        if isinstance(node.left, ast.Constant) and isinstance(node.right, ast.Constant):
            piece, count = node.left.value, node.right.value
            if isinstance(piece, str | bytes) and type(count) is int:
                if len(piece) * count > MAXIMUM_REPEATED:
                    raise self.error(node.col_offset, f"more than {MAXIMUM_REPEATED} bytes")
                return piece * count
        raise self.error(node.col_offset, "a product that is no payload", 'write "x" * 100')
