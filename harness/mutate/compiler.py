"""Compiles mutants of bpf/: as the datapath that ships is compiled, in memory, and quicker.

Debug information takes a third of the compiler's time and changes no instruction. A mutant that
stays within function bodies has the types and maps of the original, so it is compiled without, and
takes over the original's BTF. One that changes a macro is compiled with all.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final

from harness.kernel.build import FLAGS, first_error
from harness.kernel.elf import parse_sections
from harness.kernel.errors import CompileError, KernelError, MissingToolError
from harness.kernel.toolchain import find_clang, include_flags
from harness.mutate.memory_file import MemoryFile, memory_file

PROGRAMS: Final = "tc"
"""The section with both programs' instructions."""

INSTRUCTIONS: Final = (PROGRAMS, ".text", ".rodata", ".data", ".maps")
TYPES: Final = ".BTF"
DEBUG_FLAG: Final = "-g"
OBJCOPY: Final = ("llvm-objcopy-19", "llvm-objcopy")


class CompilerTimeoutError(KernelError):
    """The compiler did not come to an end in time."""


class Compiler:
    """Compiles one source folder's mutants. `limit` is seconds for one run of clang.

    Raises MissingToolError, and CompileError where the folder as it is does not compile.
    """

    def __init__(self, source: Path, limit: float) -> None:
        self.source = source.resolve()
        self.limit = limit
        self._clang = find_clang()
        self._objcopy = _find_objcopy()
        full = self._run("", b"", FLAGS)
        self._types = parse_sections(full, str(source))[TYPES]
        self.code = digest(full)
        plain = self._run("", b"", _plain_flags())
        self._is_plain_the_same = _programs(plain) == _programs(full)

    def compile(self, path: str, mutated: bytes, in_function: bool) -> bytes:
        """An object in which the header `path` has other contents.

        Raises CompileError, CompilerTimeoutError.
        """
        if not in_function or not self._is_plain_the_same:
            return self._run(path, mutated, FLAGS)
        return self._with_types(self._run(path, mutated, _plain_flags()))

    def _run(self, path: str, mutated: bytes, flags: tuple[str, ...]) -> bytes:
        folder = self.source.parent
        command = [str(self._clang), *flags, "-w", *include_flags()]
        with ExitStack() as stack:
            files: tuple[MemoryFile, ...] = ()
            if path:
                files = stack.enter_context(_overlay(folder / path, mutated))
                command.append(f"-ivfsoverlay{files[-1].path}")
            command += ["-c", self.source.name, "-o", "-"]
            done = self._execute(command, folder, files)
        if done.returncode != 0:
            log = done.stderr.decode("utf-8", "replace")
            raise CompileError(first_error(log, self.source), log=log)
        return done.stdout

    def _with_types(self, data: bytes) -> bytes:
        with memory_file(data) as file, memory_file(self._types) as types:
            command = [
                str(self._objcopy),
                f"--add-section={TYPES}={types.path}",
                str(file.path),
                "-",
            ]
            done = self._execute(command, self.source.parent, (file, types))
        if done.returncode != 0:
            raise KernelError(
                f"{self._objcopy.name} failed: {done.stderr.decode('utf-8', 'replace')}"
            )
        return done.stdout

    def _execute(
        self, command: list[str], folder: Path, files: tuple[MemoryFile, ...]
    ) -> subprocess.CompletedProcess[bytes]:
        try:
            return subprocess.run(  # noqa: S603 - no shell, arguments are ours
                command,
                cwd=folder,
                capture_output=True,
                check=False,
                stdin=subprocess.DEVNULL,
                pass_fds=[file.descriptor for file in files],
                timeout=self.limit,
            )
        except subprocess.TimeoutExpired:
            raise CompilerTimeoutError(f"{command[0]}: not done in {self.limit:g} s") from None


def _plain_flags() -> tuple[str, ...]:
    return tuple(flag for flag in FLAGS if flag != DEBUG_FLAG)


@contextmanager
def _overlay(path: Path, contents: bytes) -> Iterator[tuple[MemoryFile, MemoryFile]]:
    """The file with the contents, and the one that tells clang to read it in another's place."""
    with memory_file(contents) as file:
        root = {"name": str(path), "type": "file", "external-contents": str(file.path)}
        with memory_file(json.dumps({"version": 0, "roots": [root]}).encode()) as overlay:
            yield file, overlay


def _find_objcopy() -> Path:
    for name in OBJCOPY:
        found = shutil.which(name)
        if found:
            return Path(found)
    raise MissingToolError("llvm-objcopy not found", "apt-get install llvm-19")


def _programs(data: bytes) -> tuple[bytes, ...]:
    sections = parse_sections(data, "object")
    return tuple(sections.get(name, b"") for name in INSTRUCTIONS)


def digest(data: bytes) -> str:
    """A digest of an object's instructions, constants and maps; the same for equivalent mutants.

    Which map an instruction means is a relocation, by the map's name.
    """
    key = hashlib.sha256()
    for part in _programs(data):
        key.update(part + b"\0")
    for relocation in relocations(data):
        key.update(relocation)
    return key.hexdigest()[:32]


def relocations(data: bytes) -> Iterator[bytes]:
    """Offset and symbol name of each relocation of the programs."""
    sections = parse_sections(data, "object")
    table = sections.get(f".rel{PROGRAMS}", b"")
    symbols, names = sections.get(".symtab", b""), sections.get(".strtab", b"")
    for begin in range(0, len(table), 16):
        symbol = int.from_bytes(table[begin + 12 : begin + 16], "little")
        name = int.from_bytes(symbols[symbol * 24 : symbol * 24 + 4], "little")
        yield table[begin : begin + 8] + names[name : names.index(b"\0", name) + 1]
