"""C sources as syntax trees, and the questions that operators ask of them.

Macro bodies are parsed as the expressions that they are. Comments and the few project macros that
no C parser can know are blanked out beforehand, byte for byte, so that places in the tree are
places in the file.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Final

import tree_sitter_c
from tree_sitter import Language, Node, Parser

from harness.mutate.operator import Replacement

_BLANKED: Final = re.compile(
    rb'/\*.*?\*/|__always_inline|SEC\("[^"]*"\)|^(?:MAP|MAP_RING)\([^;]*\);', re.M | re.S
)
_WRAPPER: Final = b"int wrapped = "

NAMES: Final = ("identifier", "field_identifier")
SKIPPED: Final = ("gnu_asm_expression", "struct_specifier", "comment", "sizeof_expression")


@dataclass(frozen=True, slots=True)
class Place:
    """A node of a tree whose bytes begin `shift` bytes further on in the file."""

    node: Node
    shift: int

    @property
    def kind(self) -> str:
        """The node's type in the grammar."""
        return self.node.type

    @property
    def begin(self) -> int:
        """First byte in the file."""
        return self.node.start_byte + self.shift

    @property
    def end(self) -> int:
        """One past the last byte in the file."""
        return self.node.end_byte + self.shift

    @property
    def children(self) -> list[Place]:
        """Named children; operators and punctuation are none."""
        return [Place(child, self.shift) for child in self.node.named_children]

    @property
    def parent(self) -> Place | None:
        """The node around this one."""
        around = self.node.parent
        return None if around is None else Place(around, self.shift)

    def field(self, name: str) -> Place | None:
        """A child by its role."""
        child = self.node.child_by_field_name(name)
        return None if child is None else Place(child, self.shift)

    def part(self, name: str) -> Place:
        """A child by its role that the grammar says is there."""
        found = self.field(name)
        if found is None:
            raise LookupError(f"{self.kind} without {name}")
        return found

    def walk(self) -> Iterator[Place]:
        """The node and all below it, in the order of the file; nothing of SKIPPED kinds."""
        if self.kind in SKIPPED:
            return
        yield self
        for child in self.children:
            yield from child.walk()


@dataclass(frozen=True, slots=True)
class CSource:
    """A C file: its bytes, and the code in it that runs."""

    data: bytes
    roots: tuple[Place, ...]

    @property
    def functions(self) -> list[tuple[str, int, int]]:
        """Name, begin and end of each function's body."""
        return [
            (self._function_name(root), root.begin, root.end)
            for root in self.roots
            if root.kind == "compound_statement"
        ]

    def _function_name(self, body: Place) -> str:
        around = body.parent
        place = None if around is None else around.field("declarator")
        while place is not None and place.kind != "identifier":
            place = place.field("declarator")
        return "" if place is None else self.text(place).decode()

    def text(self, place: Place) -> bytes:
        """The bytes of a node."""
        return self.data[place.begin : place.end]

    def walk(self, *kinds: str) -> Iterator[Place]:
        """All code of these kinds, of any kind if none is named."""
        for root in self.roots:
            for place in root.walk():
                if not kinds or place.kind in kinds:
                    yield place

    def calls(self, names: Collection[bytes] | None = None) -> Iterator[Place]:
        """Calls of functions of these names, or of any."""
        for call in self.walk("call_expression"):
            if names is None or self.text(call.part("function")) in names:
                yield call

    def arguments(self, call: Place) -> list[Place]:
        """A call's arguments."""
        return [one for one in call.part("arguments").children if one.kind != "comment"]

    def replace(self, place: Place, text: bytes) -> Replacement:
        """The replacement of a whole node."""
        return Replacement(place.begin, place.end, text)

    def turned_round_anyway(self, place: Place) -> bool:
        """Whether a mutant with the opposite of this condition would say nothing new.

        It is all that an `if` without `else` asks, which is deleted too: whatever tells that, tells
        this. Or it is what chooses between two values, which are swapped too.
        """
        inner, around = place, place.parent
        while around is not None and around.kind == "parenthesized_expression":
            inner, around = around, around.parent
        if around is None or around.field("condition") != inner:
            return False
        if around.kind == "if_statement":
            return around.field("alternative") is None
        return around.kind == "conditional_expression" and around.field("consequence") is not None

    def renamed(self, names: Mapping[bytes, Collection[bytes]]) -> Iterator[Replacement]:
        """Each use of a name by each of those that could have been meant."""
        for place in self.walk(*NAMES):
            for other in names.get(self.text(place), ()):
                yield self.replace(place, other)


@cache
def _parser() -> Parser:
    return Parser(Language(tree_sitter_c.language()))


def parse_c(data: bytes) -> CSource:
    """The syntax trees of a file's function bodies and of its macros' values."""
    blanked = _BLANKED.sub(lambda found: re.sub(rb"[^\n]", b" ", found[0]), data)
    tree = _parser().parse(blanked)
    root = Place(tree.root_node, 0)
    return CSource(data, tuple(_code(root, blanked)))


def _code(place: Place, data: bytes) -> Iterator[Place]:
    """Function bodies, macro values, and values of enumerators that are numbers on the wire."""
    if place.kind == "function_definition":
        yield place.part("body")
    elif place.kind == "preproc_def":
        value = place.field("value")
        if value is not None:
            yield from _macro_value(data[value.begin : place.end], value.begin)
    elif place.kind == "enumerator":
        number = place.field("value")
        if number is not None:
            yield number
    else:
        for child in place.children:
            yield from _code(child, data)


def _macro_value(text: bytes, begin: int) -> Iterator[Place]:
    """The expression that a macro stands for; nothing for one that is no expression."""
    plain = re.sub(rb"\\\n", b" \n", text)
    tree = _parser().parse(_WRAPPER + plain + b";")
    if tree.root_node.has_error:
        return
    declarator = tree.root_node.named_children[0].child_by_field_name("declarator")
    value = None if declarator is None else declarator.child_by_field_name("value")
    if value is not None:
        yield Place(value, begin - len(_WRAPPER))
