"""The functions of the C source: what their comments say they are about, and who calls whom.

Good for this source's style: plain calls by name, a comment in front of a function.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from harness.locate.regions import Region
from harness.mutate.clause_comments import named

_CALL: Final = re.compile(r"\b(\w+)\s*\(")
VISITS: Final = 20_000
"""Calls that are followed at most; everything is inlined, so no function calls itself."""


@dataclass(frozen=True, slots=True)
class Function:
    """One function's text: lines from 1, the end included. `clauses` are those in its comments."""

    name: str
    body: Region
    clauses: frozenset[str]
    calls: tuple[tuple[int, str], ...]
    """Line and name of each call, in order."""


def read_functions(bodies: Mapping[str, Region], texts: Mapping[Path, list[str]]) -> list[Function]:
    """Functions by name and body, `texts` being the lines of the files."""
    return [read_function(name, body, texts[body.file], bodies) for name, body in bodies.items()]


def read_function(
    name: str, body: Region, lines: list[str], known: Mapping[str, Region]
) -> Function:
    """One function; only calls of known functions count."""
    inside = range(body.line, body.last_line + 1)
    comment = comment_before(lines, body.line)
    clauses = frozenset(named("\n".join([*comment, *lines[body.line - 1 : body.last_line]])))
    calls = tuple(
        (line, call)
        for line in inside
        for call in _CALL.findall(lines[line - 1])
        if call in known and call != name
    )
    return Function(name, body, clauses, calls)


def comment_before(lines: list[str], line: int) -> list[str]:
    """The comment in front of a function whose body begins at a line, its head between them."""
    end = line - 1
    while end > 0 and lines[end - 1].strip() and not lines[end - 1].strip().endswith("*/"):
        end -= 1
    begin = end
    while begin > 0 and lines[begin - 1].strip():
        begin -= 1
        if lines[begin].strip().startswith("/*"):
            break
    return lines[begin:end]


def order_of_lines(
    functions: list[Function], entry: str, ran: Collection[tuple[Path, int]]
) -> dict[tuple[Path, int], int]:
    """When each line is come to for the last time.

    The walk goes from an entry through all lines that `ran` and the calls in them.
    """
    by_name = {one.name: one for one in functions}
    order: dict[tuple[Path, int], int] = {}
    pending: list[tuple[Function, int]] = [(by_name[entry], by_name[entry].body.line)]
    visits = 0
    while pending and visits < VISITS:
        function, line = pending.pop()
        visits += 1
        if line < function.body.last_line:
            pending.append((function, line + 1))
        if (function.body.file, line) not in ran:
            continue
        order[function.body.file, line] = visits
        called = [name for at, name in function.calls if at == line]
        pending += [(by_name[name], by_name[name].body.line) for name in reversed(called)]
    return order
