"""Compiles mutants of bpf/ as the datapath that ships is compiled, but in memory."""

from __future__ import annotations

import hashlib
import json
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final

from harness.kernel.build import FLAGS, build, first_error
from harness.kernel.elf import parse_sections
from harness.kernel.errors import CompileError, KernelError
from harness.kernel.toolchain import find_clang, include_flags
from harness.mutate.memory_file import MemoryFile, memory_file

PROGRAMS: Final = "tc"
"""The section with both programs' instructions."""

WITHOUT_PLACES: Final = "-gno-inline-line-tables"
"""Leaves out of the debug information what inlined code was, which takes half of clang's time.
Types stay, from which libbpf makes maps."""

INSTRUCTIONS: Final = (PROGRAMS, ".text", ".rodata", ".data", ".maps")
RELOCATION_BYTES: Final = 16
SYMBOL_BYTES: Final = 24


class CompilerTimeoutError(KernelError):
    """The compiler did not come to an end in time."""


class Compiler:
    """Compiles one source folder's mutants. `limit` is seconds for one run of clang.

    `code` is the digest of the folder as it is. Raises MissingToolError, CompileError where that
    does not compile, and KernelError where mutants would not be compiled to the instructions that
    ship.
    """

    def __init__(self, source: Path, limit: float) -> None:
        self.source = source.resolve()
        self.limit = limit
        self._clang = find_clang()
        self.code = digest(self._run(()))
        if self.code != digest(build(self.source).read_bytes()):
            raise KernelError(
                f"{self.source.name}: {WITHOUT_PLACES} changes instructions; use another clang"
            )

    def compile(self, path: str, mutated: bytes) -> bytes:
        """An object in which the header `path` has other contents.

        Raises CompileError, CompilerTimeoutError.
        """
        with _overlay(self.source.parent / path, mutated) as files:
            return self._run(files)

    def _run(self, files: tuple[MemoryFile, ...]) -> bytes:
        command = [str(self._clang), *FLAGS, WITHOUT_PLACES, "-w", *include_flags()]
        if files:
            command.append(f"-ivfsoverlay{files[-1].path}")
        command += ["-c", self.source.name, "-o", "-"]
        try:
            done = subprocess.run(  # noqa: S603 - no shell, arguments are ours
                command,
                cwd=self.source.parent,
                capture_output=True,
                check=False,
                stdin=subprocess.DEVNULL,
                pass_fds=[file.descriptor for file in files],
                timeout=self.limit,
            )
        except subprocess.TimeoutExpired:
            raise CompilerTimeoutError(f"{command[0]}: not done in {self.limit:g} s") from None
        if done.returncode != 0:
            log = done.stderr.decode("utf-8", "replace")
            raise CompileError(first_error(log, self.source), log=log)
        return done.stdout


@contextmanager
def _overlay(path: Path, contents: bytes) -> Iterator[tuple[MemoryFile, ...]]:
    """The file with the contents, and the one that tells clang to read it in another's place."""
    with ExitStack() as stack:
        file = stack.enter_context(memory_file(contents))
        root = {"name": str(path), "type": "file", "external-contents": str(file.path)}
        settings = {"version": 0, "use-external-names": False, "roots": [root]}
        overlay = json.dumps(settings).encode()
        yield file, stack.enter_context(memory_file(overlay))


def digest(data: bytes) -> str:
    """A digest of an object's instructions, constants and maps; the same for equivalent mutants.

    Which map an instruction means is a relocation, by the map's name.
    """
    sections = parse_sections(data, "object")
    key = hashlib.sha256()
    for name in INSTRUCTIONS:
        key.update(sections.get(name, b"") + b"\0")
    for relocation in _relocations(sections):
        key.update(relocation)
    return key.hexdigest()[:32]


def _relocations(sections: dict[str, bytes]) -> Iterator[bytes]:
    """Offset and symbol name of each relocation of the programs."""
    table = sections.get(f".rel{PROGRAMS}", b"")
    symbols, names = sections.get(".symtab", b""), sections.get(".strtab", b"")
    for begin in range(0, len(table), RELOCATION_BYTES):
        symbol = int.from_bytes(table[begin + 12 : begin + 16], "little") * SYMBOL_BYTES
        name = int.from_bytes(symbols[symbol : symbol + 4], "little")
        yield table[begin : begin + 8] + names[name : names.index(b"\0", name) + 1]
