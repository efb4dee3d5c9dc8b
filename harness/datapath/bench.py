"""Where subjects live: one thread's CPU and network namespace, and the objects loaded there."""

from __future__ import annotations

import functools
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from harness.datapath.control_plane.tables import ARRAYS, HASHES
from harness.datapath.packet_tables import ENTRY_TABLES
from harness.datapath.sizes import TEST_MAPS, limited
from harness.datapath.subject import PROGRAMS, KernelSubject
from harness.kernel.loader import LoaderName, MapOptions, load
from harness.kernel.namespace import Namespace
from harness.kernel.processor import pinned_to_one_cpu
from model.domain.limits import UNLIMITED, Limits

SOURCE: Final = Path(__file__).parents[2] / "bpf" / "twinpath.bpf.c"
"""The datapath that ships."""

MAPS: Final = (*HASHES, *ARRAYS, *ENTRY_TABLES, "server_ports", "counters", "windows", "events")
"""What an object has to have, by name in C."""


class Bench:
    """The calling thread keeps to one CPU and a namespace of its own until `close`.

    All subjects of one thread are opened at one bench: their packets' interfaces are devices of
    its namespace. Use as a context manager. Raises PermissionDeniedError, DeviceError.
    """

    def __init__(self) -> None:
        with ExitStack() as stack:
            self._cpu = stack.enter_context(pinned_to_one_cpu())
            self._namespace = stack.enter_context(Namespace())
            self._stack = stack.pop_all()

    def open(
        self,
        source: Path = SOURCE,
        loader: LoaderName = LoaderName.LIBBPF,
        options: MapOptions = TEST_MAPS,
        opened: Callable[[KernelSubject], None] = lambda _subject: None,
    ) -> KernelSubject:
        """Load an object and make a subject of it; the bench closes it in the end, if it is open.

        So it does with siblings that the subject is asked for: the same with other tables. `opened`
        is told of each, the first one too.
        Raises what harness.kernel.loader.load raises, and what KernelSubject does.
        """

        @functools.cache
        def sibling(limits: Limits) -> KernelSubject:
            subject = self._open(source, loader, limited(options, limits), sibling)
            opened(subject)
            return subject

        return sibling(UNLIMITED)

    def _open(
        self,
        source: Path,
        loader: LoaderName,
        options: MapOptions,
        sibling: Callable[[Limits], KernelSubject],
    ) -> KernelSubject:
        loaded = load(source, loader, options, tuple(PROGRAMS.values()), MAPS)
        try:
            subject = KernelSubject(loaded, self._namespace.ensure_device, self._cpu, sibling)
        except BaseException:
            loaded.close()
            raise
        self._stack.callback(loaded.close)  # not the subject's: its tables may go before the bench
        return subject

    def close(self) -> None:
        """Close what is open and bring the thread back to where it was. Safe to call twice."""
        self._stack.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()
