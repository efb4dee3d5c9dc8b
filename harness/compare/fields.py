"""Differences between two values of a class, field by field."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, is_dataclass

from harness.compare.difference import ABSENT, Difference, Kind


def field_values(value: object) -> dict[str, object]:
    """Fields of a dataclass or named tuple, in order; any other value is its own only field."""
    if is_dataclass(value) and not isinstance(value, type):
        return {item.name: getattr(value, item.name) for item in fields(value)}
    names = getattr(value, "_fields", None)
    if names is not None:
        return {name: getattr(value, name) for name in names}
    return {"value": value}


def differing_fields(
    kind: Kind, where: str, expected: object, actual: object
) -> Iterator[Difference]:
    """Differences between two values; of different classes, or None, they differ as a whole."""
    if expected is None or actual is None or type(expected) is not type(actual):
        if expected != actual:
            yield Difference(
                kind, where, class_name(expected, actual), or_absent(expected), or_absent(actual)
            )
        return
    actual_fields = field_values(actual)
    for name, wanted in field_values(expected).items():
        if wanted != actual_fields[name]:
            yield Difference(kind, where, name, wanted, actual_fields[name])


def class_name(expected: object, actual: object) -> str:
    """What is missing, extra or of another class, in a word."""
    return type(actual if expected is None else expected).__name__


def or_absent(value: object) -> object:
    """The value, ABSENT for None."""
    return ABSENT if value is None else value
