"""BPF_PROG_TEST_RUN for one program, as cheap as Python can make it.

Everything that a run needs is laid out once: the attribute of the system call, both contexts and
both frames. A run writes the few words that differ, makes one call and reads the rest back.
"""

from __future__ import annotations

import ctypes
import errno
import struct
from typing import Final

from harness.kernel import abi
from harness.kernel.errors import describe_errno
from harness.kernel.interface import KernelContext, Refusal, RunResult, StaleChecksum

FRAME_BYTES: Final = 1 << 15
"""Room for a frame: more than the kernel ever gives back."""

CONTEXT_BYTES: Final = 192
"""`struct __sk_buff` up to `hwtstamp`; older kernels accept it if what they lack is zero."""

STALE_CHECKSUM: Final = StaleChecksum("skb->csum does not match the frame that the program left")

# Offsets in struct __sk_buff: mark 8, priority 32, ingress_ifindex 36, ifindex 40, cb 48 to 67,
# wire_len 160.
_CONTEXT_IN = struct.Struct("=8xI20xIII4x5I92xI28x")
_CONTEXT_OUT = struct.Struct("=8xI20xI12x5I")

# Indices of 32-bit words in TestRunAttribute.
_RETVAL, _SIZE_IN, _SIZE_OUT, _CONTEXT_SIZE_OUT, _FLAGS = 1, 2, 3, 11, 16

DEFAULT_CONTEXT: Final = KernelContext()


class TestRun:
    """Runs one program. Used by one thread; the program's file descriptor stays the caller's.

    `repeat`: the kernel runs it so many times, each time on what the last run left, and tells of
    the last one.
    """

    def __init__(self, fd: int, repeat: int = 1) -> None:
        self._frame_in = bytearray(FRAME_BYTES)
        self._frame_out = bytearray(FRAME_BYTES)
        self._context_in = bytearray(CONTEXT_BYTES)
        self._context_out = bytearray(CONTEXT_BYTES)
        self._attribute = abi.TestRunAttribute(
            prog_fd=fd,
            data_in=_address(self._frame_in),
            data_out=_address(self._frame_out),
            repeat=repeat,
            ctx_size_in=CONTEXT_BYTES,
            ctx_in=_address(self._context_in),
            ctx_out=_address(self._context_out),
        )
        self._words = memoryview(self._attribute).cast("B").cast("I")
        self._input = memoryview(self._frame_in)
        self._output = memoryview(self._frame_out)
        self._arguments = abi.prepare_bpf(abi.BPF_PROG_TEST_RUN, self._attribute)
        self._call = abi.libc.syscall
        self._last_context: KernelContext | None = None

    def __call__(
        self, frame: bytes, context: KernelContext, flags: int = 0
    ) -> RunResult | Refusal | StaleChecksum:
        """Run once. `flags`: BPF_F_TEST_SKB_CHECKSUM_COMPLETE or 0."""
        words = self._words
        size = len(frame)
        self._input[:size] = frame
        if context is not self._last_context:
            self._set_context(context)
        words[_SIZE_IN] = size
        words[_SIZE_OUT] = FRAME_BYTES
        words[_CONTEXT_SIZE_OUT] = CONTEXT_BYTES
        words[_FLAGS] = flags
        if self._call(*self._arguments) != 0:
            return _refusal(ctypes.get_errno(), context)
        context_out = _CONTEXT_OUT.unpack_from(self._context_out)
        return RunResult(
            words[_RETVAL],
            self._output[: words[_SIZE_OUT]].tobytes(),
            context_out[0],
            context_out[1],
            context_out[2:],
        )

    def _set_context(self, context: KernelContext) -> None:
        _CONTEXT_IN.pack_into(
            self._context_in,
            0,
            context.mark,
            context.priority,
            context.ingress_interface,
            context.interface,
            *context.control_block,
            context.wire_length,
        )
        self._last_context = context


def _refusal(number: int, context: KernelContext) -> Refusal | StaleChecksum:
    if number == errno.EBADMSG:
        return STALE_CHECKSUM
    if number == errno.ENODEV:
        return Refusal(number, f"interface {context.interface} does not exist in this namespace")
    return Refusal(number, f"BPF_PROG_TEST_RUN failed: {describe_errno(number)}")


def _address(buffer: bytearray) -> int:
    return ctypes.addressof(ctypes.c_char.from_buffer(buffer))
