"""Layout check of enumerations: the same names and numbers in C and in Python."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import Enum, IntEnum

from harness.kernel.errors import LayoutError
from model.domain.configuration import NoBackendAction
from model.domain.event import EventKind, Hook
from model.domain.flow import Opener
from model.domain.reason import Reason
from model.domain.service import Algorithm, BackendState

Enumerations = Mapping[str, Mapping[str, int]]

SHARED: tuple[tuple[str, str, type[IntEnum]], ...] = (
    ("reason", "REASON_", Reason),
    ("hook", "HOOK_", Hook),
    ("opener", "OPENER_", Opener),
    ("no_backend_action", "NO_BACKEND_", NoBackendAction),
    ("backend_state", "BACKEND_", BackendState),
    ("event_kind", "EVENT_", EventKind),
)
"""Enum in C, prefix of its enumerators, enum in Python."""

LIMITS = frozenset({"REASON_LIMIT"})
"""Enumerators that say where an enum ends; others do so by lacking the prefix."""


def check_enumerations(enumerations: Enumerations) -> None:
    """Compare every shared enum by names and numbers. Raises LayoutError."""
    for name, prefix, python in SHARED:
        _check_numbers(enumerators(enumerations, name), name, prefix, python)
    _check_names(enumerators(enumerations, "algorithm"), "algorithm", "ALGORITHM_", Algorithm)


def enumerators(
    enumerations: Enumerations, name: str, needed: Iterable[str] = ()
) -> Mapping[str, int]:
    """An enum's values by enumerator. Raises LayoutError where it or a needed one is missing."""
    try:
        values = enumerations[name]
    except KeyError:
        raise LayoutError(f"the object has no enum {name}: build it from bpf/") from None
    for enumerator in needed:
        if enumerator not in values:
            raise LayoutError(f"enum {name} has no {enumerator}, which its codec needs")
    return values


def _check_numbers(
    values: Mapping[str, int], name: str, prefix: str, python: type[IntEnum]
) -> None:
    _check_names(values, name, prefix, python)
    for member in python:
        number = values[prefix + member.name]
        if number != member:
            raise LayoutError(
                f"enum {name}: {prefix}{member.name} is {number} in C and {member:d} in Python"
            )


def _check_names(values: Mapping[str, int], name: str, prefix: str, python: type[Enum]) -> None:
    in_c = {key for key in values if key.startswith(prefix)} - LIMITS
    in_python = {prefix + member.name for member in python}
    for missing in sorted(in_python - in_c):
        raise LayoutError(f"enum {name} has no {missing}, but Python's {python.__name__} has")
    for unknown in sorted(in_c - in_python):
        raise LayoutError(f"enum {name} has {unknown}, but Python's {python.__name__} has not")
