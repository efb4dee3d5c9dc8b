"""What both loaders hand out: maps, programs, rings and figures of one loaded object."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

from harness.kernel.abi import BPF_MAP_TYPE_RINGBUF
from harness.kernel.btf import Btf
from harness.kernel.errors import ObjectError
from harness.kernel.failing import FailingPrograms
from harness.kernel.interface import LoadedObject, Map, Program, ProgramStatistics, RingReader
from harness.kernel.maps import KernelMap
from harness.kernel.program import KernelProgram
from harness.kernel.ring import KernelRing
from harness.kernel.shim import Shim
from harness.kernel.verifier import statistics


class LoadedProgram(NamedTuple):
    """A program as its loader leaves it: file descriptor and verifier log (BPF_LOG_STATS).

    `instructions` are those that the kernel was given.
    """

    fd: int
    log: str
    instructions: bytes


class KernelObject:
    """An object in the kernel. See interface.LoadedObject.

    `close_loader` gives back what the loader owns; maps and programs are its.
    """

    def __init__(
        self,
        loader: str,
        btf: Btf,
        maps: Mapping[str, KernelMap],
        programs: Mapping[str, LoadedProgram],
        close_loader: Callable[[], None],
    ) -> None:
        self.loader = loader
        self.btf = btf
        self._maps = maps
        self._loaded = programs
        self._close_loader: Callable[[], None] | None = close_loader
        self._shim: Shim | None = None
        self._failing: FailingPrograms | None = None
        self._rings: dict[str, KernelRing] = {}
        self.maps: Mapping[str, Map] = maps
        self.programs: Mapping[str, Program] = {
            name: KernelProgram(name, program.fd, self._load_shim)
            for name, program in programs.items()
        }

    def ring(self, name: str) -> RingReader:
        """Reader of a ring buffer map; the same one each time. Raises ObjectError, MapError."""
        if name not in self._rings:
            ring = self._maps.get(name)
            if ring is None or ring.kind != BPF_MAP_TYPE_RINGBUF:
                raise ObjectError(f"the object has no ring buffer {name!r}")
            self._rings[name] = KernelRing(name, ring.fd, ring.max_entries)
        return self._rings[name]

    def failing(self) -> FailingPrograms:
        """The programs with calls that can fail; loaded when first asked for. Raises LoadError."""
        if self._failing is None:
            programs = {name: program.instructions for name, program in self._loaded.items()}
            self._failing = FailingPrograms(programs, self._load_shim)
        return self._failing

    def statistics(self) -> Mapping[str, ProgramStatistics]:
        """Verifier figures by program name. Raises OSError after `close`."""
        return {name: statistics(program.log, program.fd) for name, program in self._loaded.items()}

    def close(self) -> None:
        """Give every map and program back. Safe to call twice."""
        if self._close_loader is None:
            return
        for ring in self._rings.values():
            ring.close()
        if self._failing is not None:
            self._failing.close()
        for loaded_map in self._maps.values():
            loaded_map.release()
        if self._shim is not None:
            self._shim.close()
        self._close_loader()
        self._close_loader = None

    def _load_shim(self) -> Shim:
        if self._shim is None:
            self._shim = Shim()
        return self._shim


def conforms(loaded: KernelObject) -> LoadedObject:
    """The object by its interface; a type checker holds one against the other here."""
    return loaded
