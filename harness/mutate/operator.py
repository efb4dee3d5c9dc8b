"""What a mutation operator is: where it changes a source, and to what."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Generic, NamedTuple, TypeVar

Source = TypeVar("Source")


class Replacement(NamedTuple):
    """Bytes `begin` to `end` of a source are replaced by `text`."""

    begin: int
    end: int
    text: bytes


class Example(NamedTuple):
    """A piece of source, and what the operator makes of it among other things.

    An operator's examples are its documentation and its test at once.
    """

    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Operator(Generic[Source]):
    """One kind of fault. `name` is stable: sessions and review lists refer to it."""

    name: str
    title: str
    examples: tuple[Example, ...]
    find: Callable[[Source], Iterator[Replacement]]


def replaced(data: bytes, replacement: Replacement) -> bytes:
    """The source with one replacement made."""
    return data[: replacement.begin] + replacement.text + data[replacement.end :]
