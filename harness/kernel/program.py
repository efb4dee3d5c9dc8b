"""A loaded tc program, and the choice of lane for each frame."""

from __future__ import annotations

import errno
from collections.abc import Callable

from harness.kernel.abi import BPF_F_TEST_SKB_CHECKSUM_COMPLETE
from harness.kernel.errors import KernelError
from harness.kernel.interface import KernelContext, Refusal, RunResult, StaleChecksum
from harness.kernel.lanes import (
    ALWAYS_LONG_ENOUGH,
    ETHERNET_BYTES,
    LONGEST,
    LONGEST_DIRECT,
    Lane,
    lane_of,
)
from harness.kernel.probe import supports_checksum_complete
from harness.kernel.shim import Shim
from harness.kernel.test_run import TestRun


class KernelProgram:
    """One program. See interface.Program. `shim` gives the shim lane when it is first needed."""

    def __init__(self, name: str, fd: int, shim: Callable[[], Shim]) -> None:
        self.name = name
        self.fd = fd
        self._direct = TestRun(fd)
        self._shim = shim
        self._complete = BPF_F_TEST_SKB_CHECKSUM_COMPLETE if supports_checksum_complete() else 0

    def run(
        self, frame: bytes, context: KernelContext, complete: bool = False
    ) -> RunResult | Refusal | StaleChecksum:
        """Run once on a frame, Ethernet header included."""
        flags = self._complete if complete else 0
        if ALWAYS_LONG_ENOUGH <= len(frame) <= LONGEST_DIRECT:
            return self._direct(frame, context, flags)
        return self._run_unusual(frame, context, flags)

    def _run_unusual(
        self, frame: bytes, context: KernelContext, flags: int
    ) -> RunResult | Refusal | StaleChecksum:
        match lane_of(frame):
            case Lane.DIRECT:
                return self._direct(frame, context, flags)
            case Lane.SHIM:
                return self._run_through_shim(frame, context)
            case Lane.NONE:
                return Refusal(
                    errno.EINVAL,
                    f"no test run takes frames of less than {ETHERNET_BYTES} or more than "
                    f"{LONGEST:,} bytes",
                )

    def _run_through_shim(
        self, frame: bytes, context: KernelContext
    ) -> RunResult | Refusal | StaleChecksum:
        try:
            shim = self._shim()
        except KernelError as error:
            return Refusal(errno.EOPNOTSUPP, f"this frame needs the shim, but: {error}")
        return shim.run(self.fd, frame, context)
