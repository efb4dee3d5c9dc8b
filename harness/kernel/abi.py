"""The kernel's binary interface as far as it is used here: bpf(2), its structures and numbers.

Numbers are those of include/uapi/linux/bpf.h; they never change.
"""

from __future__ import annotations

import ctypes
import platform
from typing import Final

BPF_MAP_CREATE: Final = 0
BPF_PROG_LOAD: Final = 5
BPF_PROG_TEST_RUN: Final = 10
BPF_OBJ_GET_INFO_BY_FD: Final = 15

BPF_MAP_TYPE_HASH: Final = 1
BPF_MAP_TYPE_ARRAY: Final = 2
BPF_MAP_TYPE_PERCPU_HASH: Final = 5
BPF_MAP_TYPE_PERCPU_ARRAY: Final = 6
BPF_MAP_TYPE_LRU_HASH: Final = 9
BPF_MAP_TYPE_LRU_PERCPU_HASH: Final = 10
BPF_MAP_TYPE_LPM_TRIE: Final = 11
BPF_MAP_TYPE_RINGBUF: Final = 27

PER_CPU_KINDS: Final = frozenset(
    {BPF_MAP_TYPE_PERCPU_HASH, BPF_MAP_TYPE_PERCPU_ARRAY, BPF_MAP_TYPE_LRU_PERCPU_HASH}
)
ARRAY_KINDS: Final = frozenset({BPF_MAP_TYPE_ARRAY, BPF_MAP_TYPE_PERCPU_ARRAY})

BPF_F_MMAPABLE: Final = 1 << 10
BPF_F_TEST_SKB_CHECKSUM_COMPLETE: Final = 1 << 2

BPF_PROG_TYPE_SCHED_CLS: Final = 3

INSTRUCTION_BYTES: Final = 8

BPF_LOG_LEVEL1: Final = 1
BPF_LOG_STATS: Final = 4

SYSTEM_CALL_NUMBERS: Final = {"x86_64": 321, "aarch64": 280, "riscv64": 280, "s390x": 351}
"""bpf(2) by machine name."""

libc = ctypes.CDLL(None, use_errno=True)
libc.syscall.restype = ctypes.c_long

_NUMBER: Final = ctypes.c_long(SYSTEM_CALL_NUMBERS.get(platform.machine(), -1))


class TestRunAttribute(ctypes.Structure):
    """`union bpf_attr`, member `test`, for BPF_PROG_TEST_RUN."""

    _fields_ = (
        ("prog_fd", ctypes.c_uint32),
        ("retval", ctypes.c_uint32),
        ("data_size_in", ctypes.c_uint32),
        ("data_size_out", ctypes.c_uint32),
        ("data_in", ctypes.c_uint64),
        ("data_out", ctypes.c_uint64),
        ("repeat", ctypes.c_uint32),
        ("duration", ctypes.c_uint32),
        ("ctx_size_in", ctypes.c_uint32),
        ("ctx_size_out", ctypes.c_uint32),
        ("ctx_in", ctypes.c_uint64),
        ("ctx_out", ctypes.c_uint64),
        ("flags", ctypes.c_uint32),
        ("cpu", ctypes.c_uint32),
        ("batch_size", ctypes.c_uint32),
        ("padding", ctypes.c_uint32),
    )


class InformationAttribute(ctypes.Structure):
    """`union bpf_attr`, member `info`, for BPF_OBJ_GET_INFO_BY_FD."""

    _fields_ = (
        ("fd", ctypes.c_uint32),
        ("size", ctypes.c_uint32),
        ("information", ctypes.c_uint64),
    )


class ProgramInformation(ctypes.Structure):
    """The beginning of `struct bpf_prog_info`."""

    _fields_ = (
        ("type", ctypes.c_uint32),
        ("id", ctypes.c_uint32),
        ("tag", ctypes.c_uint8 * 8),
        ("jited_bytes", ctypes.c_uint32),
        ("translated_bytes", ctypes.c_uint32),
    )


class ProgramLoadAttribute(ctypes.Structure):
    """The beginning of `union bpf_attr` for BPF_PROG_LOAD: enough for a program without maps."""

    _fields_ = (
        ("program_type", ctypes.c_uint32),
        ("instruction_count", ctypes.c_uint32),
        ("instructions", ctypes.c_uint64),
        ("license", ctypes.c_uint64),
        ("log_level", ctypes.c_uint32),
        ("log_size", ctypes.c_uint32),
        ("log", ctypes.c_uint64),
        ("kernel_version", ctypes.c_uint32),
        ("program_flags", ctypes.c_uint32),
    )


class MapCreateAttribute(ctypes.Structure):
    """The beginning of `union bpf_attr` for BPF_MAP_CREATE."""

    _fields_ = (
        ("kind", ctypes.c_uint32),
        ("key_size", ctypes.c_uint32),
        ("value_size", ctypes.c_uint32),
        ("max_entries", ctypes.c_uint32),
        ("flags", ctypes.c_uint32),
    )


def bpf(command: int, attribute: ctypes.Structure) -> int:
    """Make the system call. Returns its result, or the negated errno."""
    size = ctypes.c_long(ctypes.sizeof(attribute))
    result = int(libc.syscall(_NUMBER, ctypes.c_long(command), ctypes.byref(attribute), size))
    return result if result >= 0 else -ctypes.get_errno()


def prepare_bpf(command: int, attribute: ctypes.Structure) -> tuple[object, ...]:
    """Arguments of libc.syscall for a bpf(2) call that is made many times.

    They refer to the attribute where it is: it can be changed between calls, and has to be kept
    alive by the caller.
    """
    return (
        _NUMBER,
        ctypes.c_long(command),
        ctypes.c_void_p(ctypes.addressof(attribute)),
        ctypes.c_long(ctypes.sizeof(attribute)),
    )


def program_information(fd: int) -> ProgramInformation:
    """What the kernel says of a program. Raises OSError."""
    information = ProgramInformation()
    attribute = InformationAttribute(fd, ctypes.sizeof(information), ctypes.addressof(information))
    result = bpf(BPF_OBJ_GET_INFO_BY_FD, attribute)
    if result < 0:
        raise OSError(-result, "BPF_OBJ_GET_INFO_BY_FD")
    return information
