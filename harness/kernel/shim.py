"""The lane for frames that BPF_PROG_TEST_RUN refuses: cut headers and jumbo frames.

The kernel gets a frame of acceptable length; a small program of ours (shim.bpf.c) cuts or extends
it and tail-calls the program under test.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import numpy as np

from harness.kernel.btf import Btf
from harness.kernel.build import build
from harness.kernel.interface import KernelContext, Refusal, RunResult, StaleChecksum
from harness.kernel.lanes import LONGEST_DIRECT, shortest_accepted
from harness.kernel.libbpf_object import ObjectFile, load_object
from harness.kernel.maps import KernelMap
from harness.kernel.test_run import TestRun

SOURCE: Final = Path(__file__).with_name("shim.bpf.c")
TARGET_KEY: Final = bytes(4)
DESCRIPTOR_BYTES: Final = 4


class Shim:
    """The shim, loaded. It serves any number of programs, one after the other.

    Raises MissingToolError, CompileError, CacheError, LoadError, PermissionDeniedError.
    """

    def __init__(self) -> None:
        path = build(SOURCE)
        btf = Btf.read(path)
        self._steps = btf.enumerations["shim_step"]
        self._object = load_object(ObjectFile(path, str(SOURCE)))
        maps = {handle.name: KernelMap(handle) for handle in self._object.maps()}
        self._target = maps["shim_target"]
        self._requests = maps["shim_requests"]
        layout = btf.structures["shim_request"]
        self._request = np.frombuffer(self._requests.memory(), layout, count=1)[0]
        self._run = TestRun(self._object.program_fds()["shim"])
        self._program: int | None = None

    def run(
        self, program: int, frame: bytes, context: KernelContext
    ) -> RunResult | Refusal | StaleChecksum:
        """Run the program with that file descriptor on a frame of 14 to 16,000 bytes.

        Without a CHECKSUM_COMPLETE sum: the kernel forgets it when a packet is resized.
        """
        if program != self._program:
            self._target.update(TARGET_KEY, program.to_bytes(DESCRIPTOR_BYTES, "little"))
            self._program = program
        head = frame[:LONGEST_DIRECT].ljust(shortest_accepted(frame), b"\0")
        tail = frame[LONGEST_DIRECT:]
        self._ask(len(frame), tail)
        if context.wire_length == 0 and tail:
            context = context._replace(wire_length=len(frame))
        result = self._run(head, context)
        if not isinstance(result, RunResult) or self._request["step"] == self._steps["SHIM_CALL"]:
            return result
        return self._failure()

    def close(self) -> None:
        """Give the shim back."""
        del self._request
        self._requests.release()
        self._object.close()

    def _ask(self, length: int, tail: bytes) -> None:
        request = self._request
        request["length"] = length
        request["tail_offset"] = LONGEST_DIRECT
        request["tail_length"] = len(tail)
        request["tail"][: len(tail)] = np.frombuffer(tail, np.uint8)

    def _failure(self) -> Refusal:
        number = -int(self._request["error"])
        step = int(self._request["step"])
        names = {value: name for name, value in self._steps.items()}
        return Refusal(number, f"shim: {names.get(step, step)} failed with error {number}")
