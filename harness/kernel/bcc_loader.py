"""The same C source through bcc, which compiles it with its own LLVM and headers.

Maps are made by libbpf from the clang object, without its programs: bcc gets their file descriptors
and so the same layouts, sizes and flags.
"""

from __future__ import annotations

import atexit
import ctypes
import errno
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any, Final

from harness.kernel import abi
from harness.kernel.bcc_map import BccMap, has_table
from harness.kernel.btf import Btf
from harness.kernel.build import first_error
from harness.kernel.errors import (
    CompileError,
    LayoutError,
    LoadError,
    MissingToolError,
    ObjectError,
    PermissionDeniedError,
)
from harness.kernel.interface import LoaderName
from harness.kernel.kernel_headers import announced_kernel_source
from harness.kernel.layout_assertions import first_difference, layout_assertions
from harness.kernel.libbpf_object import (
    FULL_LOG,
    STATISTICS_LOG,
    LibbpfObject,
    LogRequest,
    ObjectFile,
    load_object,
)
from harness.kernel.loaded import KernelObject, LoadedProgram
from harness.kernel.maps import KernelMap
from harness.kernel.permissions import explain_denial, missing_capabilities
from harness.kernel.probe import COARSE_CLOCK, supports_helper
from harness.kernel.standard_error import captured_standard_error
from harness.kernel.verifier import summarize

MAIN_FILE: Final = "/virtual/main.c"
"""What bcc calls the text that it is given."""

ANY_ATTACH_TYPE: Final = -1


class BccModule:
    """A C source compiled by bcc. `descriptors` are the maps' by name.

    Raises MissingToolError, CompileError, LayoutError.
    """

    def __init__(self, source: Path, btf: Btf, descriptors: Mapping[str, int]) -> None:
        self._bcc = import_bcc()
        self._source = source
        text = f"{source.read_text('utf-8')}\n{layout_assertions(btf)}"
        flags = ["-DTWINPATH_BCC", "-w", f"-I{source.parent.absolute()}"]
        if supports_helper(COARSE_CLOCK):
            flags.append("-DTWINPATH_COARSE_CLOCK")
        flags += [f"-DMAP_FD_{name}={fd}" for name, fd in descriptors.items()]
        with announced_kernel_source(), captured_standard_error() as captured:
            try:
                self.module: Any = self._bcc.BPF(text=text.encode(), cflags=flags)
            except Exception:  # bcc raises nothing more precise
                self.module = None
        if self.module is None:
            raise self._compile_error(captured.text)

    def load(self, name: str) -> LoadedProgram:
        """Load one program. Raises LoadError, PermissionDeniedError."""
        fd, number, log = self._try(name, STATISTICS_LOG)
        if fd >= 0:
            self.module.funcs[name.encode()] = self._bcc.BPF.Function(self.module, name, fd)
            return LoadedProgram(fd, log, self._instructions(name))
        if missing_capabilities() or (number == errno.EPERM and not log):
            raise PermissionDeniedError(*explain_denial())
        _fd, _number, log = self._try(name, FULL_LOG)
        # Line numbers in the log are those of the text that bcc made of the source.
        reason = summarize(log, with_place=False)
        raise LoadError(f"{self._source} (bcc): program {name} refused: {reason}", log=log)

    def close(self) -> None:
        """Give the programs back. Safe to call twice."""
        if self.module is not None:
            atexit.unregister(self.module.cleanup)
            self.module.cleanup()
            self.module = None

    def _try(self, name: str, request: LogRequest) -> tuple[int, int, str]:
        """File descriptor (or less than 0), errno and verifier log of one try.

        As `BPF.load_func` does it, which keeps the log to itself.
        """
        library = self._bcc.lib
        module = self.module.module
        function = name.encode()
        start = library.bpf_function_start(module, function)
        if not start:
            raise ObjectError(f"{self._source} (bcc): has no program {name}")
        log = ctypes.create_string_buffer(request.size)
        with captured_standard_error():
            fd = library.bcc_func_load(
                module,
                abi.BPF_PROG_TYPE_SCHED_CLS,
                function,
                start,
                library.bpf_function_size(module, function),
                library.bpf_module_license(module),
                library.bpf_module_kern_version(module),
                request.level,
                ctypes.cast(log, ctypes.c_char_p),
                request.size,
                None,
                ANY_ATTACH_TYPE,
            )
            number = ctypes.get_errno()
        return fd, number, log.value.decode("utf-8", "replace")

    def _instructions(self, name: str) -> bytes:
        library, module, function = self._bcc.lib, self.module.module, name.encode()
        size = library.bpf_function_size(module, function)
        return ctypes.string_at(library.bpf_function_start(module, function), size)

    def _compile_error(self, log: str) -> CompileError | LayoutError:
        log = log.replace(MAIN_FILE, str(self._source))
        difference = first_difference(log)
        if difference:
            return LayoutError(
                f"{self._source}: {difference} differs between clang and bcc",
                "use fixed-width types and explicit padding",
            )
        return CompileError(f"bcc: {first_error(log, self._source)}", log=log)


def import_bcc() -> Any:
    """The Python module of bcc. Raises MissingToolError."""
    try:
        import bcc  # noqa: PLC0415 (optional, and slow to import)
    except (ImportError, OSError, AttributeError):
        raise MissingToolError(
            "bcc's Python module not found",
            "apt-get install python3-bpfcc, and use /usr/bin/python3 or a virtual environment "
            "made by it with --system-site-packages",
        ) from None
    return bcc


def load_with_bcc(
    source: Path, file: ObjectFile, btf: Btf, programs: Collection[str] = ()
) -> KernelObject:
    """Load a C source with bcc; `file` and `btf` are its clang build.

    `programs` have to be there, and so has every program of the clang build.
    Raises MissingToolError, CompileError, CacheError, ObjectError, LayoutError, LoadError,
    PermissionDeniedError.
    """
    maps = load_object(file, with_programs=False)
    module: BccModule | None = None
    try:
        handles = maps.maps()
        module = BccModule(source, btf, {handle.name: handle.fd for handle in handles})
        names = dict.fromkeys([*maps.program_names(), *programs])
        return KernelObject(
            LoaderName.BCC.value,
            btf,
            _maps(maps, module),
            {name: module.load(name) for name in names},
            lambda: _close(module, maps),
        )
    except BaseException:
        _close(module, maps)
        raise


def _maps(maps: LibbpfObject, module: BccModule) -> dict[str, KernelMap]:
    return {
        handle.name: BccMap(handle, module.module) if has_table(handle) else KernelMap(handle)
        for handle in maps.maps()
    }


def _close(module: BccModule | None, maps: LibbpfObject) -> None:
    """The programs first: they refer to the maps."""
    if module is not None:
        module.close()
    maps.close()
