"""YAML text to a tree of nodes that know their place; nothing is interpreted here.

Scalars stay text: what a word means is decided by whoever reads it, so that `no`, `22:22` and
`1e3` never turn into something else on the way. Anchors, aliases and tags are refused, size,
depth and number of nodes are bounded.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import yaml

from harness.scenario.error import FormatError, Place, shown

MAXIMUM_BYTES: Final = 4 << 20
MAXIMUM_DEPTH: Final = 24
MAXIMUM_NODES: Final = 400_000


@dataclass(frozen=True, slots=True)
class Scalar:
    """A piece of text.

    `quoted` tells "" from nothing. `offset` is the column where the text itself begins; 0 where it
    does not stand in one piece on its line.
    """

    place: Place
    text: str
    quoted: bool = False
    offset: int = 0

    def at(self, index: int) -> Place:
        """The place of one character of the text, as near as it can be told."""
        if not self.offset:
            return self.place
        return Place(self.place.path, self.place.line, self.offset + index)


@dataclass(frozen=True, slots=True)
class Sequence:
    """A list."""

    place: Place
    items: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Mapping:
    """Keys with values, in the order of the file; no key twice."""

    place: Place
    entries: dict[str, Node]
    keys: dict[str, Scalar]


Node = Scalar | Sequence | Mapping

KIND_WORDS: Final[dict[type, str]] = {
    Scalar: "a single value",
    Sequence: "a list",
    Mapping: "a mapping",
}


def read_document(path: Path) -> Mapping:
    """The one document of a YAML file, a mapping. Raises FormatError."""
    name = str(path)
    try:
        with path.open("rb") as file:
            raw = file.read(MAXIMUM_BYTES + 1)
    except OSError as error:
        problem = f"cannot be read: {error.strerror}"
        raise FormatError(Place(name), problem, "check the name") from error
    if len(raw) > MAXIMUM_BYTES:
        limit = f"{MAXIMUM_BYTES >> 20} MiB"
        raise FormatError(Place(name), f"is larger than {limit}", "split the file")
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        place = place_of_byte(name, raw, error.start)
        raise FormatError(place, "is not UTF-8", "save the file as UTF-8") from error
    return parse_document(text, name)


def place_of_byte(name: str, raw: bytes, offset: int) -> Place:
    """The place of a byte in a text; its column counts bytes."""
    before = raw[:offset]
    return Place(name, before.count(b"\n") + 1, offset - before.rfind(b"\n"))


def parse_document(text: str, name: str) -> Mapping:
    """The one document of a YAML text, a mapping. Raises FormatError."""
    try:
        node = Composer(text, name).document()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = Place(name, mark.line + 1, mark.column + 1) if mark else Place(name)
        problem = " ".join(part for part in (error.context, error.problem) if part)
        remedy = "quote texts with : # [ ] { }"
        if mark and text[mark.index : mark.index + 1] == "\t":
            remedy = "indent with blanks, no tabs"
        raise FormatError(place, f"is not YAML: {problem}", remedy) from None
    except yaml.reader.ReaderError as error:
        place = place_of_byte(name, text.encode(), error.position)
        raise FormatError(place, "is not YAML: a control character", "remove it") from None
    if not isinstance(node, Mapping):
        raise FormatError(node.place, f"expected a mapping, found {KIND_WORDS[type(node)]}")
    return node


class Composer:
    """Builds the tree from the parser's events."""

    def __init__(self, text: str, name: str) -> None:
        self.name = name
        self.lines = text.splitlines()
        self.events: Iterator[yaml.Event] = yaml.parse(text, Loader=yaml.CSafeLoader)
        self.count = 0

    def place(self, event: yaml.Event) -> Place:
        """Where an event starts."""
        mark: Any = event.start_mark
        return Place(self.name, mark.line + 1, mark.column + 1)

    def document(self) -> Node:
        """The only document of the stream."""
        event = self.skip_to_content()
        if isinstance(event, yaml.StreamEndEvent):
            raise FormatError(Place(self.name, 1, 1), "is empty", "see docs/formats/scenario.md")
        node = self.node(next(self.events), 0)
        next(self.events)
        event = next(self.events)
        if not isinstance(event, yaml.StreamEndEvent):
            raise FormatError(self.place(event), "a second document", "keep one document a file")
        return node

    def skip_to_content(self) -> yaml.Event:
        """The first event behind the stream's start: a document or the stream's end."""
        next(self.events)
        return next(self.events)

    def node(self, event: yaml.Event, depth: int) -> Node:
        """The node that an event begins."""
        self.count += 1
        if self.count > MAXIMUM_NODES:
            raise FormatError(self.place(event), f"more than {MAXIMUM_NODES} values", "split it")
        if depth > MAXIMUM_DEPTH:
            raise FormatError(self.place(event), f"nested deeper than {MAXIMUM_DEPTH} levels")
        if isinstance(event, yaml.AliasEvent):
            raise FormatError(self.place(event), "aliases are not allowed", "write the value out")
        if getattr(event, "anchor", None) is not None:
            raise FormatError(self.place(event), "anchors are not allowed", "remove the &name")
        if getattr(event, "tag", None) is not None:
            raise FormatError(self.place(event), "tags are not allowed", "remove the !tag")
        if isinstance(event, yaml.ScalarEvent):
            return self.scalar(event)
        if isinstance(event, yaml.SequenceStartEvent):
            return self.sequence(event, depth)
        return self.mapping(event, depth)

    def scalar(self, event: yaml.ScalarEvent) -> Scalar:
        """A scalar, with the place of its text where it stands in one piece."""
        place = self.place(event)
        quoted = bool(event.style)
        column = place.column + (event.style in ("'", '"'))
        line = self.lines[place.line - 1] if place.line <= len(self.lines) else ""
        whole = bool(event.value) and line.startswith(event.value, column - 1)
        return Scalar(place, event.value, quoted, column if whole else 0)

    def sequence(self, event: yaml.Event, depth: int) -> Sequence:
        """A list's items up to its end."""
        items: list[Node] = []
        while not isinstance(inner := next(self.events), yaml.SequenceEndEvent):
            items.append(self.node(inner, depth + 1))
        return Sequence(self.place(event), tuple(items))

    def mapping(self, event: yaml.Event, depth: int) -> Mapping:
        """A mapping's entries up to its end."""
        entries: dict[str, Node] = {}
        keys: dict[str, Scalar] = {}
        while not isinstance(inner := next(self.events), yaml.MappingEndEvent):
            key = self.node(inner, depth + 1)
            if not isinstance(key, Scalar):
                raise FormatError(key.place, f"{KIND_WORDS[type(key)]} as a key", "use a word")
            if key.text in entries:
                first = keys[key.text].place
                remedy = f"the first is on line {first.line}"
                raise FormatError(key.place, f"key {shown(key.text)} twice", remedy)
            entries[key.text] = self.node(next(self.events), depth + 1)
            keys[key.text] = key
        return Mapping(self.place(event), entries, keys)
