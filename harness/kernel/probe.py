"""What this kernel can do, found out by trying with the smallest program there is."""

from __future__ import annotations

import ctypes
import functools
import os
import struct
from typing import Final

from harness.kernel import abi

FRAME: Final = bytes(64)
"""A frame that every kernel accepts: no IP, 64 bytes."""

_INSTRUCTION = struct.Struct("<BBhi")
_MOVE_IMMEDIATE: Final = 0xB7
_CALL: Final = 0x85
_EXIT: Final = 0x95


COARSE_CLOCK: Final = 160
"""Number of the helper bpf_ktime_get_coarse_ns."""


def load_smallest_program(before: bytes = b"") -> int:
    """Load a tc program that returns 0. Its file descriptor, or a negated errno.

    `before` are instructions to be run first.
    """
    code = before + _INSTRUCTION.pack(_MOVE_IMMEDIATE, 0, 0, 0) + _INSTRUCTION.pack(_EXIT, 0, 0, 0)
    instructions = ctypes.create_string_buffer(code, len(code))
    license_name = ctypes.create_string_buffer(b"GPL")
    attribute = abi.ProgramLoadAttribute(
        program_type=abi.BPF_PROG_TYPE_SCHED_CLS,
        instruction_count=len(code) // _INSTRUCTION.size,
        instructions=ctypes.addressof(instructions),
        license=ctypes.addressof(license_name),
    )
    return abi.bpf(abi.BPF_PROG_LOAD, attribute)


def run_smallest_program(flags: int = 0) -> int:
    """Load it and run it once under BPF_PROG_TEST_RUN with flags. 0, or a negated errno."""
    program = load_smallest_program()
    if program < 0:
        return program
    try:
        frame = ctypes.create_string_buffer(FRAME, len(FRAME))
        attribute = abi.TestRunAttribute(
            prog_fd=program,
            data_size_in=len(FRAME),
            data_in=ctypes.addressof(frame),
            repeat=1,
            flags=flags,
        )
        return abi.bpf(abi.BPF_PROG_TEST_RUN, attribute)
    finally:
        os.close(program)


@functools.cache
def supports_checksum_complete() -> bool:
    """Whether a test run can give the packet a CHECKSUM_COMPLETE sum."""
    return run_smallest_program(abi.BPF_F_TEST_SKB_CHECKSUM_COMPLETE) == 0


@functools.cache
def supports_helper(number: int) -> bool:
    """Whether a tc program can call the helper of that number, one without arguments."""
    program = load_smallest_program(_INSTRUCTION.pack(_CALL, 0, 0, number))
    if program < 0:
        return False
    os.close(program)
    return True


def create_smallest_map() -> int:
    """Create an array of one element. Its file descriptor, or a negated errno."""
    attribute = abi.MapCreateAttribute(
        kind=abi.BPF_MAP_TYPE_ARRAY, key_size=4, value_size=8, max_entries=1
    )
    return abi.bpf(abi.BPF_MAP_CREATE, attribute)
