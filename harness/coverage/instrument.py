"""A profile build's LLVM text, changed so that its counters become a BPF map.

For `-fprofile-instr-generate` clang makes a global array of counters for each function and records
that a run-time library would write to a file. In the kernel there is no such library, and a BPF
object has no sections for it. So the counters move to a data section, of which libbpf makes a map,
and the records go; what they say is returned instead.
"""

from __future__ import annotations

import hashlib
import re
import zlib
from typing import Final, NamedTuple

from harness.kernel.errors import CompileError

SECTION: Final = ".data.profc"
"""The section that the counters are in, and the name of the map that libbpf makes of it."""

RECORDS: Final = (
    "__profd_",
    "__covrec_",
    "__llvm_profile_runtime",
    "__llvm_coverage_mapping",
    "__llvm_prf_nm",
    "llvm.used",
)
"""Globals that only the run-time library and the reports need."""

KEPT: Final = "llvm.compiler.used"
"""The list of globals that the optimiser has to keep; it goes on without the records."""

_GLOBAL = re.compile(r'^@"?(?P<symbol>[^" ]+)"? = (?P<rest>.*)$')
_GROUP = re.compile(r'^\$"?(?:__profc_|__profd_|__covrec_|__llvm_)')
_COUNTERS = re.compile(
    r"^\w+(?: \w+)* global \[(?P<count>\d+) x i64\] zeroinitializer, "
    r'section "__llvm_prf_cnts"(?:, comdat(?:\([^)]*\))?)?, align 8$'
)
_RECORD = re.compile(
    r"\{ i64 (?P<name>-?\d+), i64 (?P<hash>-?\d+), "
    r'i64 sub \(i64 ptrtoint \(ptr @"?(?P<symbol>__profc_[^" ]+)"? to i64\)'
)
_TEXT = re.compile(r'\[\d+ x i8\] c"(?P<text>[^"]*)"')
_ESCAPE = re.compile(rb"\\(\\|[0-9A-Fa-f]{2})")
_ENTRY = re.compile(r'ptr @"?(?P<symbol>[^",\] ]+)"?')
_UNSIGNED: Final = (1 << 64) - 1


class ProfiledFunction(NamedTuple):
    """A function whose counters, so many, are under `symbol`.

    `name` is the compiler's (`file:function` for static ones), `shape` its hash of the function's
    control flow, by which reports tell that counters belong to the same text.
    """

    symbol: str
    name: str
    shape: int
    counters: int


class Instrumented(NamedTuple):
    """The changed text, and the functions in the order of the text."""

    text: str
    functions: tuple[ProfiledFunction, ...]


class _Names(NamedTuple):
    """What the removed records said, by name of the counters: hash of the name, shape."""

    records: dict[str, tuple[int, int]]
    names: dict[int, str]


def instrument(text: str, origin: str) -> Instrumented:
    """Move the counters of a profile build's LLVM text to SECTION and drop what no BPF object has.

    `origin` names the source in errors. Raises CompileError where the text is not as clang 19
    writes it.
    """
    lines: list[str] = []
    counts: dict[str, int] = {}
    found = _Names({}, {})
    for line in text.split("\n"):
        match = _GLOBAL.match(line)
        if match is None:
            if not _GROUP.match(line):
                lines.append(line)
        elif match["symbol"].startswith("__profc_"):
            count = _count(match["rest"], origin)
            counts[match["symbol"]] = count
            lines.append(_counters(line, count))
        elif match["symbol"] == KEPT:
            lines.append(_without_records(line))
        elif match["symbol"].startswith(RECORDS):
            _note(match["symbol"], match["rest"], found)
        else:
            lines.append(line)
    return Instrumented("\n".join(lines), _functions(counts, found, origin))


def _count(rest: str, origin: str) -> int:
    match = _COUNTERS.match(rest)
    if match is None:
        raise _unknown(origin, "counters")
    return int(match["count"])


def _counters(line: str, count: int) -> str:
    symbol = line.partition(" = ")[0]
    return (
        f'{symbol} = dso_local global [{count} x i64] zeroinitializer, section "{SECTION}", align 8'
    )


def _without_records(line: str) -> str:
    kept = [
        found.group()
        for found in _ENTRY.finditer(line)
        if not found["symbol"].startswith((*RECORDS, "__profc_"))
    ]
    return (
        f"@{KEPT} = appending global [{len(kept)} x ptr] [{', '.join(kept)}], "
        'section "llvm.metadata"'
    )


def _note(symbol: str, rest: str, found: _Names) -> None:
    """Remember what a record says before it goes."""
    record = _RECORD.search(rest)
    if record is not None:
        found.records[record["symbol"]] = (
            int(record["name"]) & _UNSIGNED,
            int(record["hash"]) & _UNSIGNED,
        )
    elif symbol == "__llvm_prf_nm":
        text = _TEXT.search(rest)
        for name in _decode_names(text["text"]) if text is not None else ():
            found.names[_name_hash(name)] = name


def _functions(counts: dict[str, int], found: _Names, origin: str) -> tuple[ProfiledFunction, ...]:
    functions = []
    for symbol, count in counts.items():
        name_hash, shape = found.records.get(symbol, (0, 0))
        if name_hash not in found.names:
            raise _unknown(origin, f"a record or name of {symbol}")
        functions.append(ProfiledFunction(symbol, found.names[name_hash], shape, count))
    if not functions:
        raise _unknown(origin, "any counter")
    return tuple(functions)


def _decode_names(text: str) -> list[str]:
    """The names in `__llvm_prf_nm`: two lengths (LEB128), then names that byte 1 separates.

    The second length is 0 or that of what zlib made of them.
    """
    data = _ESCAPE.sub(_unescaped, text.encode("latin-1"))
    _length, start = _leb128(data, 0)
    compressed, start = _leb128(data, start)
    names = zlib.decompress(data[start : start + compressed]) if compressed else data[start:]
    return names.decode("utf-8", "replace").split("\1")


def _unescaped(match: re.Match[bytes]) -> bytes:
    return b"\\" if match[1] == b"\\" else bytes([int(match[1], 16)])


def _leb128(data: bytes, position: int) -> tuple[int, int]:
    """An unsigned number and the position behind it."""
    value, shift = 0, 0
    while data[position] & 0x80:
        value |= (data[position] & 0x7F) << shift
        position, shift = position + 1, shift + 7
    return value | data[position] << shift, position + 1


def _name_hash(name: str) -> int:
    """How records refer to a name: the first 8 bytes of its MD5."""
    digest = hashlib.md5(name.encode(), usedforsecurity=False).digest()
    return int.from_bytes(digest[:8], "little")


def _unknown(origin: str, what: str) -> CompileError:
    return CompileError(
        f"{origin}: the profile build has not {what} as expected", "build with clang-19"
    )
