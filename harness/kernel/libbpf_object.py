"""One object file in the kernel through libbpf: its maps, and its programs unless told not to."""

from __future__ import annotations

import ctypes
import errno
import re
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Final, NamedTuple

from harness.kernel import abi
from harness.kernel.abi import BPF_LOG_LEVEL1, BPF_LOG_STATS
from harness.kernel.errors import (
    LoadError,
    ObjectError,
    PermissionDeniedError,
    describe_errno,
)
from harness.kernel.libbpf import library, record_messages, take_messages
from harness.kernel.permissions import explain_denial, missing_capabilities
from harness.kernel.verifier import summarize

_FAILED_PROGRAM = re.compile(r"prog '(?P<name>[^']+)': BPF program load failed")


class MapOptions(NamedTuple):
    """What maps shall be instead of what the object says, by map name.

    `sizes` are `max_entries`, `kinds` names of MAP_KINDS; `mappable` are arrays whose memory is to
    be shared (libbpf from 1.2 on asks for that where a section has no BTF). What is left out stays.
    """

    sizes: Mapping[str, int] = MappingProxyType({})
    kinds: Mapping[str, str] = MappingProxyType({})
    mappable: Collection[str] = ()


class ObjectFile(NamedTuple):
    """An object file, and what errors call it: the source that it was built from, if it was."""

    path: Path
    origin: str
    options: MapOptions = MapOptions()


class LogRequest(NamedTuple):
    """What the verifier shall tell of a program: BPF_LOG_* and the room for it in bytes."""

    level: int
    size: int


STATISTICS_LOG: Final = LogRequest(BPF_LOG_STATS, 1 << 16)
FULL_LOG: Final = LogRequest(BPF_LOG_LEVEL1 | BPF_LOG_STATS, 1 << 24)


MAP_KINDS: Final = MappingProxyType(
    {"hash": abi.BPF_MAP_TYPE_HASH, "lru_hash": abi.BPF_MAP_TYPE_LRU_HASH}
)
"""Kinds that a map can be loaded as instead of its own: a plain hash is full where LRU evicts."""


class MapHandle(NamedTuple):
    """A map as libbpf made it. `value_size` is that of one CPU."""

    name: str
    fd: int
    kind: int
    key_size: int
    value_size: int
    max_entries: int
    flags: int


class LibbpfObject:
    """An open, then loaded, object file.

    Raises ObjectError if libbpf cannot make sense of the file, or of what its maps shall be.
    """

    def __init__(
        self,
        file: ObjectFile,
        with_programs: bool = True,
        log: LogRequest = STATISTICS_LOG,
    ) -> None:
        self._library = library()
        self._origin = file.origin
        record_messages()
        self._object: int | None = self._library.bpf_object__open_file(
            str(file.path).encode(), None
        )
        if not self._object:
            reason = _first_failure(take_messages())
            raise ObjectError(f"{file.origin}: libbpf cannot open it: {reason}")
        self._logs: dict[str, ctypes.Array[ctypes.c_char]] = {}
        try:
            self._set_sizes(file.options.sizes)
            self._set_kinds(file.options.kinds)
            self._make_mappable(file.options.mappable)
            for name, program in self._program_handles():
                self._library.bpf_program__set_autoload(program, with_programs)
                self._logs[name] = ctypes.create_string_buffer(log.size)
                self._library.bpf_program__set_log_buf(program, self._logs[name], log.size)
                self._library.bpf_program__set_log_level(program, log.level)
        except ObjectError:
            self.close()
            raise

    def load(self) -> int:
        """Put maps and programs into the kernel. Returns 0 or an errno; then close the object."""
        record_messages()
        return -int(self._library.bpf_object__load(self._object))

    def program_names(self) -> list[str]:
        """Names in the order of the object."""
        return [name for name, _program in self._program_handles()]

    def program_fds(self) -> dict[str, int]:
        """File descriptors of the loaded programs by name."""
        return {
            name: self._library.bpf_program__fd(program)
            for name, program in self._program_handles()
        }

    def instructions(self) -> dict[str, bytes]:
        """The loaded programs' instructions by name, maps in them by file descriptor."""
        read = self._library
        return {
            name: ctypes.string_at(
                read.bpf_program__insns(program),
                read.bpf_program__insn_cnt(program) * abi.INSTRUCTION_BYTES,
            )
            for name, program in self._program_handles()
        }

    def maps(self) -> list[MapHandle]:
        """The object's maps, those that libbpf makes of .rodata and .bss included."""
        read = self._library
        return [
            MapHandle(
                name=name,
                fd=read.bpf_map__fd(handle),
                kind=read.bpf_map__type(handle),
                key_size=read.bpf_map__key_size(handle),
                value_size=read.bpf_map__value_size(handle),
                max_entries=read.bpf_map__max_entries(handle),
                flags=read.bpf_map__map_flags(handle),
            )
            for name, handle in self._map_handles()
        ]

    def log(self, program: str) -> str:
        """What the verifier said of a program."""
        return self._logs[program].value.decode("utf-8", "replace")

    def close(self) -> None:
        """Give maps and programs back. Safe to call twice."""
        if self._object:
            self._library.bpf_object__close(self._object)
            self._object = None

    def _set_sizes(self, sizes: Mapping[str, int]) -> None:
        for name, size in sizes.items():
            handle = self._map_handle(name, "resize")
            if self._library.bpf_map__set_max_entries(handle, size) != 0:
                raise ObjectError(f"{self._origin}: map {name} cannot have {size} entries")

    def _set_kinds(self, kinds: Mapping[str, str]) -> None:
        for name, kind in kinds.items():
            handle = self._map_handle(name, "load as another kind")
            if kind not in MAP_KINDS:
                raise ObjectError(
                    f"{self._origin}: map {name} cannot be a {kind!r}",
                    f"it can be {' or '.join(MAP_KINDS)}",
                )
            self._library.bpf_map__set_type(handle, MAP_KINDS[kind])

    def _make_mappable(self, names: Collection[str]) -> None:
        for name in names:
            handle = self._map_handle(name, "share the memory of")
            flags = self._library.bpf_map__map_flags(handle) | abi.BPF_F_MMAPABLE
            self._library.bpf_map__set_map_flags(handle, flags)

    def _map_handle(self, name: str, purpose: str) -> int:
        handles = dict(self._map_handles())
        if name not in handles:
            raise ObjectError(
                f"{self._origin}: has no map {name!r} to {purpose}", f"it has {', '.join(handles)}"
            )
        return handles[name]

    def _map_handles(self) -> Iterator[tuple[str, int]]:
        handle = self._library.bpf_object__next_map(self._object, None)
        while handle:
            yield self._library.bpf_map__name(handle).decode(), handle
            handle = self._library.bpf_object__next_map(self._object, handle)

    def _program_handles(self) -> Iterator[tuple[str, int]]:
        handle = self._library.bpf_object__next_program(self._object, None)
        while handle:
            yield self._library.bpf_program__name(handle).decode(), handle
            handle = self._library.bpf_object__next_program(self._object, handle)


def load_object(file: ObjectFile, with_programs: bool = True) -> LibbpfObject:
    """Open and load an object file.

    Raises MissingToolError, ObjectError, LoadError, PermissionDeniedError.
    """
    loaded = LibbpfObject(file, with_programs)
    number = loaded.load()
    if number == 0:
        take_messages()
        return loaded
    loaded.close()
    raise _load_error(file, number, take_messages())


def _load_error(
    file: ObjectFile, number: int, messages: list[str]
) -> LoadError | PermissionDeniedError:
    failed = _FAILED_PROGRAM.search("\n".join(messages))
    # Without CAP_PERFMON the verifier refuses for reasons of its own that name no capability.
    if missing_capabilities() or (failed is None and number == errno.EPERM):
        return PermissionDeniedError(*explain_denial())
    if failed is None:
        reason = _first_failure(messages) or describe_errno(number)
        return LoadError(f"{file.origin}: cannot be loaded: {reason}", log="\n".join(messages))
    name = failed["name"]
    log = _full_log(file, name)
    return LoadError(f"{file.origin}: program {name} refused: {summarize(log)}", log=log)


def _full_log(file: ObjectFile, program: str) -> str:
    """Load once more for the whole log: it costs time, so the first try does without."""
    again = LibbpfObject(file, log=FULL_LOG)
    try:
        again.load()
        return again.log(program)
    finally:
        again.close()
        take_messages()


def _first_failure(messages: list[str]) -> str:
    """The first message that says what failed; before it come warnings and second tries."""
    failures = [message for message in messages if "failed" in message.lower()]
    return ([*failures, *messages, ""])[0].removeprefix("libbpf: ")
