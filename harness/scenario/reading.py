"""Typed readers: nodes to Python values, each wrong one refused at its place."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from collections.abc import Mapping as MappingOf
from typing import Final, TypeVar

from harness.scenario.document import KIND_WORDS, Mapping, Node, Scalar, Sequence
from harness.scenario.error import FormatError, one_of, shown

T = TypeVar("T")
D = TypeVar("D")
Reader = Callable[[Node], T]

NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]{0,63}")
INTEGER: Final = re.compile(r"0x[0-9a-fA-F]{1,16}|[0-9]{1,20}")
BOOLEANS: Final = {"true": True, "false": False}


def scalar(node: Node) -> Scalar:
    """A single value that is there."""
    if not isinstance(node, Scalar):
        raise FormatError(node.place, f"expected a single value, found {KIND_WORDS[type(node)]}")
    if not node.text and not node.quoted:
        raise FormatError(node.place, "no value", "write one behind the colon")
    return node


def text(node: Node) -> str:
    """Any text."""
    return scalar(node).text


def named_scalar(node: Node) -> Scalar:
    """A name that people give to something."""
    word = scalar(node)
    if not NAME.fullmatch(word.text):
        remedy = "use letters, digits, _ . - and begin with a letter"
        raise FormatError(word.place, f"{shown(word.text)} is no name", remedy)
    return word


def integer(low: int, high: int) -> Reader[int]:
    """A whole number within bounds, decimal or 0x hexadecimal."""

    def read(node: Node) -> int:
        word = scalar(node)
        if not INTEGER.fullmatch(word.text):
            remedy = f"use a number from {low} to {high}"
            raise FormatError(word.place, f"{shown(word.text)} is no number", remedy)
        value = int(word.text, 16 if word.text.startswith("0x") else 10)
        if not low <= value <= high:
            raise FormatError(word.place, f"{word.text} is not from {low} to {high}")
        return value

    return read


def boolean(node: Node) -> bool:
    """A truth value: `true` or `false`."""
    return choice(BOOLEANS)(node)


def choice(words: MappingOf[str, T]) -> Reader[T]:
    """One of a few words."""

    def read(node: Node) -> T:
        word = scalar(node)
        if word.text not in words:
            raise unknown(word, "value", words)
        return words[word.text]

    return read


def listing(read_item: Reader[T]) -> Reader[tuple[T, ...]]:
    """A list."""

    def read(node: Node) -> tuple[T, ...]:
        return tuple(read_item(item) for item in sequence(node).items)

    return read


def sequence(node: Node) -> Sequence:
    """A list, its items unread."""
    if not isinstance(node, Sequence):
        raise FormatError(node.place, f"expected a list, found {KIND_WORDS[type(node)]}")
    return node


def mapping(node: Node) -> Mapping:
    """A mapping, its entries unread."""
    if not isinstance(node, Mapping):
        raise FormatError(node.place, f"expected a mapping, found {KIND_WORDS[type(node)]}")
    return node


def named_entries(node: Node) -> list[tuple[str, Scalar, Node]]:
    """The entries of a mapping from names to something: name, key, value."""
    table = mapping(node)
    return [(key, named_scalar(table.keys[key]), value) for key, value in table.entries.items()]


def unknown(word: Scalar, what: str, allowed: Iterable[str]) -> FormatError:
    """The error for a word that is none of those allowed."""
    return FormatError(word.place, f"unknown {what} {shown(word.text)}", one_of(allowed, word.text))


class Fields:
    """The keys of a mapping, all of which have to be allowed ones."""

    def __init__(self, node: Node, what: str, allowed: Iterable[str]) -> None:
        self.node = mapping(node)
        self.what = what
        words = tuple(allowed)
        for key in self.node.keys.values():
            if key.text not in words:
                raise unknown(key, f"key in {what}:", words)

    def __contains__(self, key: str) -> bool:
        return key in self.node.entries

    def value(self, key: str) -> Node:
        """The unread value of a key that is there."""
        return self.node.entries[key]

    def required(self, key: str, read: Reader[T]) -> T:
        """The value of a key that has to be there."""
        if key not in self.node.entries:
            raise FormatError(self.node.place, f"{self.what} without {key!r}", "add it")
        return read(self.node.entries[key])

    def optional(self, key: str, read: Reader[T], default: D) -> T | D:
        """The value of a key that need not be there."""
        return read(self.node.entries[key]) if key in self.node.entries else default

    def only_one(self, keys: Iterable[str]) -> str:
        """The one of several keys that is there."""
        wanted = tuple(keys)
        found = [key for key in wanted if key in self.node.entries]
        if len(found) == 1:
            return found[0]
        if not found:
            raise FormatError(self.node.place, f"{self.what} without {' or '.join(wanted)}")
        second = self.node.keys[found[1]]
        raise FormatError(second.place, f"{found[0]!r} and {found[1]!r} together", "keep one")
