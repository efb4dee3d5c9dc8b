"""Programs of which single calls into the kernel fail, as they do where memory runs out.

No test run brings that about: there the helpers that change a packet or put an entry always
succeed. So each such call of a loaded program is replaced, one instruction for one, by a call to a
function behind the program, which counts, fails or makes the call after all. The variant is loaded
beside the program and shares its maps. What else of it differs: it finds none of the functions that
a program asks for before it calls them, as on a kernel that lacks them, and so takes no way around
calls that can fail.
"""

from __future__ import annotations

import ctypes
import errno
import os
import struct
from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import Final

from harness.kernel import abi
from harness.kernel.errors import LoadError, describe_errno
from harness.kernel.interface import FailingRun, KernelContext
from harness.kernel.libbpf_object import MapHandle
from harness.kernel.maps import KernelMap
from harness.kernel.program import KernelProgram
from harness.kernel.shim import Shim

HELPERS: Final = MappingProxyType(
    {
        2: "bpf_map_update_elem",
        9: "bpf_skb_store_bytes",
        11: "bpf_l4_csum_replace",
        26: "bpf_skb_load_bytes",
        38: "bpf_skb_change_tail",
    }
)
"""Helpers that are made to fail, by number. (What no program can do without: a look-up, the clock,
is not among them, nor what says no with each packet: bpf_csum_update.)"""

INSTRUCTION: Final = struct.Struct("=BBhi")
"""Code, both registers, offset and immediate value of `struct bpf_insn`."""

CALL: Final = 0x85
LOAD_WIDE: Final = 0x18
CALL_OF_FUNCTION: Final = 1 << 4
"""In a call's registers: it calls a function of the program, so many instructions further on."""

KERNEL_SYMBOL: Final = 3
"""In a wide load's registers, upper half: it loads the address of what the kernel's BTF names."""

CALLS, FAILS, FAILED = range(3)
"""Words of the one element that programs and tester share: calls that were made, the number of the
one that fails, and the number of its instruction, counted from 1, when it has."""

WORD_BYTES: Final = 4
CONTROL_BYTES: Final = 16

LOG_BYTES: Final = 1 << 16


class FailingPrograms:
    """Variants of loaded programs, by name. Used by one thread, on one CPU.

    `programs` are their instructions as the kernel was given them, `shim` gives the lane for frames
    of unusual lengths. Raises LoadError.
    """

    def __init__(self, programs: Mapping[str, bytes], shim: Callable[[], Shim]) -> None:
        self._control = control_map()
        self._words = self._control.memory().cast("I")
        self._programs: dict[str, KernelProgram] = {}
        self._helpers = {name: dict(calls(one)) for name, one in programs.items()}
        self._failed: set[tuple[str, int]] = set()
        try:
            for name, instructions in programs.items():
                fd = load(name, with_failing_calls(instructions, self._control.fd))
                self._programs[name] = KernelProgram(name, fd, shim)
        except BaseException:
            self.close()
            raise

    def run(
        self, name: str, number: int, frame: bytes, context: KernelContext, complete: bool = False
    ) -> FailingRun:
        """Run once; the `number`-th of the calls that can fail does, counted from 1."""
        words = self._words
        words[CALLS], words[FAILS], words[FAILED] = 0, number, 0
        result = self._programs[name].run(frame, context, complete)
        if not words[FAILED]:
            return FailingRun(result, "")
        place = words[FAILED] - 1
        self._failed.add((name, place))
        return FailingRun(result, HELPERS[self._helpers[name][place]])

    def untried(self) -> list[str]:
        """Calls that have not failed so far: the program, the helper, its instruction's number."""
        return [
            f"{name}: {HELPERS[helper]} at instruction {place}"
            for name, helpers in self._helpers.items()
            for place, helper in helpers.items()
            if (name, place) not in self._failed
        ]

    def close(self) -> None:
        """Give the variants back. Safe to call once."""
        for program in self._programs.values():
            os.close(program.fd)
        self._words.release()
        self._control.release()
        os.close(self._control.fd)


def control_map() -> KernelMap:
    """An array of one element that is shared with the kernel. Raises LoadError."""
    attribute = abi.MapCreateAttribute(
        kind=abi.BPF_MAP_TYPE_ARRAY,
        key_size=4,
        value_size=CONTROL_BYTES,
        max_entries=1,
        flags=abi.BPF_F_MMAPABLE,
    )
    fd = abi.bpf(abi.BPF_MAP_CREATE, attribute)
    if fd < 0:
        raise LoadError(f"the map of failing calls cannot be made: {describe_errno(-fd)}")
    return KernelMap(
        MapHandle("failing_calls", fd, abi.BPF_MAP_TYPE_ARRAY, 4, CONTROL_BYTES, 1, attribute.flags)
    )


def with_failing_calls(instructions: bytes, control: int) -> bytes:
    """The instructions with each call of HELPERS turned into one of a function behind them.

    Nothing in between moves, so that no jump has to be mended. A function for each call: the
    verifier follows it with what it knows at that place. `control` is the file descriptor of the
    map that says which call fails.
    """
    code = without_kernel_functions(instructions)
    end = len(instructions) // INSTRUCTION.size
    for place, helper in calls(instructions):
        distance = end - place - 1
        INSTRUCTION.pack_into(code, place * INSTRUCTION.size, CALL, CALL_OF_FUNCTION, 0, distance)
        function = failing_call(place, helper, control)
        code += function
        end += len(function) // INSTRUCTION.size
    return bytes(code)


def without_kernel_functions(instructions: bytes) -> bytearray:
    """The instructions with 0 for each address of a function of the kernel: it is not there."""
    code = bytearray(instructions)
    wide = False
    for place, (operation, registers, _, _) in enumerate(INSTRUCTION.iter_unpack(instructions)):
        if not wide and operation == LOAD_WIDE and registers >> 4 == KERNEL_SYMBOL:
            zero = INSTRUCTION.pack(LOAD_WIDE, registers & 0xF, 0, 0) + bytes(INSTRUCTION.size)
            start = place * INSTRUCTION.size
            code[start : start + len(zero)] = zero
        wide = operation == LOAD_WIDE  # its second half is no instruction
    return code


def calls(instructions: bytes) -> Iterator[tuple[int, int]]:
    """Where HELPERS are called: instructions before, counted, and the helper's number."""
    wide = False
    for place, (code, registers, _, value) in enumerate(INSTRUCTION.iter_unpack(instructions)):
        if not wide and code == CALL and not registers and value in HELPERS:
            yield place, value
        wide = code == LOAD_WIDE  # its second half is no instruction


def failing_call(place: int, helper: int, control: int) -> bytes:
    """A function with a helper's arguments that makes the call of a place, or fails instead."""
    lines = (
        (LOAD_WIDE, 6 | 2 << 4, 0, control),  # r6 = the map's element
        (0, 0, 0, 0),
        (0x61, 7 | 6 << 4, CALLS * WORD_BYTES, 0),  # r7 = calls + 1
        (0x07, 7, 0, 1),
        (0x63, 6 | 7 << 4, CALLS * WORD_BYTES, 0),  # calls = r7
        (0x61, 0 | 6 << 4, FAILS * WORD_BYTES, 0),  # if (r7 != fails) make the call
        (0x5D, 0 | 7 << 4, 3, 0),
        (0x62, 6, FAILED * WORD_BYTES, place + 1),  # failed = the place
        (0xB7, 0, 0, -errno.ENOMEM),  # return -ENOMEM
        (0x95, 0, 0, 0),
        (CALL, 0, 0, helper),
        (0x95, 0, 0, 0),
    )
    return b"".join(INSTRUCTION.pack(*line) for line in lines)


def load(name: str, instructions: bytes) -> int:
    """Load a tc program; its file descriptor. Raises LoadError."""
    code = ctypes.create_string_buffer(instructions, len(instructions))
    license_name = ctypes.create_string_buffer(b"GPL")
    log = ctypes.create_string_buffer(LOG_BYTES)
    attribute = abi.ProgramLoadAttribute(
        program_type=abi.BPF_PROG_TYPE_SCHED_CLS,
        instruction_count=len(instructions) // INSTRUCTION.size,
        instructions=ctypes.addressof(code),
        license=ctypes.addressof(license_name),
    )
    fd = abi.bpf(abi.BPF_PROG_LOAD, attribute)
    if fd >= 0:
        return fd
    attribute.log_level = abi.BPF_LOG_LEVEL1
    attribute.log_size, attribute.log = LOG_BYTES, ctypes.addressof(log)
    abi.bpf(abi.BPF_PROG_LOAD, attribute)
    words = log.value.decode("utf-8", "replace")
    why = f"program {name} with failing calls refused: {describe_errno(-fd)}"
    raise LoadError(why, log=words)
