"""Put a datapath object into the kernel, by either loader."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import Final

from harness.kernel.abi import BPF_PROG_TYPE_SCHED_CLS, program_information
from harness.kernel.bcc_loader import load_with_bcc
from harness.kernel.btf import Btf
from harness.kernel.build import build
from harness.kernel.errors import ObjectError
from harness.kernel.interface import (
    KernelContext,
    LoadedObject,
    LoaderName,
    Map,
    Program,
    ProgramStatistics,
    Refusal,
    RingReader,
    RunResult,
    StaleChecksum,
)
from harness.kernel.libbpf_object import LibbpfObject, MapOptions, ObjectFile, load_object
from harness.kernel.loaded import KernelObject, LoadedProgram
from harness.kernel.maps import KernelMap

__all__ = [
    "KernelContext",
    "LoadedObject",
    "LoaderName",
    "Map",
    "MapOptions",
    "Program",
    "ProgramStatistics",
    "Refusal",
    "RingReader",
    "RunResult",
    "StaleChecksum",
    "load",
]

SOURCE_SUFFIX: Final = ".c"
OWN: Final = MapOptions()


def load(
    path: Path,
    loader: LoaderName = LoaderName.LIBBPF,
    options: MapOptions = OWN,
    programs: Collection[str] = (),
    maps: Collection[str] = (),
) -> LoadedObject:
    """Load a BPF object.

    `path` is a C source (compiled into the cache first) or, for libbpf, an object file. `options`
    give maps other sizes or kinds than the object's (`hash` for `lru_hash`, so that a full map
    refuses). `programs` and `maps` are names that have to be there.

    Raises MissingToolError, CompileError, CacheError, ObjectError, LayoutError, LoadError,
    PermissionDeniedError.
    """
    is_source = path.suffix == SOURCE_SUFFIX
    if loader is LoaderName.BCC and not is_source:
        raise ObjectError(f"{path}: bcc compiles from C", "give the source, or use --loader libbpf")
    object_path = build(path) if is_source else path
    btf = Btf.read(object_path)
    _require(str(path), "map", maps, btf.maps)
    file = ObjectFile(object_path, str(path), options)
    if loader is LoaderName.BCC:
        return load_with_bcc(path, file, btf, programs)
    return _load_with_libbpf(file, btf, programs)


def _load_with_libbpf(file: ObjectFile, btf: Btf, programs: Collection[str]) -> KernelObject:
    loaded = load_object(file)
    try:
        _require(file.origin, "program", programs, loaded.program_names())
        return KernelObject(
            LoaderName.LIBBPF.value,
            btf,
            {handle.name: KernelMap(handle) for handle in loaded.maps()},
            _loaded_programs(file.origin, loaded),
            loaded.close,
        )
    except BaseException:
        loaded.close()
        raise


def _loaded_programs(origin: str, loaded: LibbpfObject) -> dict[str, LoadedProgram]:
    found = {}
    instructions = loaded.instructions()
    for name, fd in loaded.program_fds().items():
        kind = program_information(fd).type
        if kind != BPF_PROG_TYPE_SCHED_CLS:
            raise ObjectError(
                f"{origin}: program {name} is of type {kind}, not a tc program", 'use SEC("tc")'
            )
        found[name] = LoadedProgram(fd, loaded.log(name), instructions[name])
    return found


def _require(origin: str, what: str, wanted: Collection[str], present: Collection[str]) -> None:
    missing = [name for name in wanted if name not in present]
    if missing:
        raise ObjectError(
            f"{origin}: has no {what} {', '.join(missing)}",
            f"it has {', '.join(present) or 'none'}",
        )
