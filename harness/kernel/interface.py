"""What a datapath object in the kernel looks like, whichever loader put it there.

Callers hold a `LoadedObject` and speak of maps and programs by their names in C. Everything is
bytes here; `Btf` says what the bytes mean.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    from harness.kernel.btf import Btf


class LoaderName(Enum):
    """How an object gets into the kernel."""

    LIBBPF = "libbpf"
    BCC = "bcc"


class Map(Protocol):
    """One map. Keys and values are exactly `key_size` and `value_size` bytes.

    For per-CPU maps `value_size` is that of one CPU; `lookup`, `items` and `update` then take and
    give every possible CPU's value, each padded to a multiple of 8 bytes, in CPU order
    (`element_size` bytes in all). All methods raise MapError.
    """

    @property
    def name(self) -> str:
        """The map's name in C."""

    @property
    def kind(self) -> int:
        """BPF_MAP_TYPE_*."""

    @property
    def key_size(self) -> int:
        """Bytes of a key."""

    @property
    def value_size(self) -> int:
        """Bytes of one CPU's value."""

    @property
    def element_size(self) -> int:
        """Bytes that `lookup` gives: `value_size`, or that of all CPUs."""

    @property
    def max_entries(self) -> int:
        """Capacity; for a ring buffer its bytes."""

    @property
    def fd(self) -> int:
        """File descriptor, owned by the loaded object."""

    def lookup(self, key: bytes) -> bytes | None:
        """Value under the key, or None."""

    def update(self, key: bytes, value: bytes, flags: int = 0) -> None:
        """Write one element. `flags`: BPF_ANY 0, BPF_NOEXIST 1, BPF_EXIST 2."""

    def delete(self, key: bytes) -> bool:
        """Remove one element; False where there was none."""

    def items(self) -> list[tuple[bytes, bytes]]:
        """The whole map, arrays too, in the kernel's order."""

    def update_batch(self, keys: bytes, values: bytes, count: int) -> None:
        """Write `count` elements from concatenated keys and values.

        On MapError some of them may have been written.
        """

    def delete_batch(self, keys: bytes, count: int) -> None:
        """Remove `count` elements; a key that is absent is passed over."""

    def clear(self) -> None:
        """Remove all elements; an array's become zero."""

    def memory(self) -> memoryview:
        """The elements of a BPF_F_MMAPABLE array, shared with the kernel.

        `max_entries` elements of `value_size` rounded up to 8. Invalid after the object is closed.
        """


class KernelContext(NamedTuple):
    """What of `struct __sk_buff` a caller may set for a run.

    Numbers are unsigned, of 32 bits. `interface` is the index of an existing device of this network
    namespace; 0 is the loopback device. `wire_length` is at least the frame's length, or 0 for
    that length itself.
    """

    interface: int = 0
    mark: int = 0
    priority: int = 0
    control_block: tuple[int, int, int, int, int] = (0, 0, 0, 0, 0)
    ingress_interface: int = 0
    wire_length: int = 0


class RunResult(NamedTuple):
    """What one run returned: the program's return value, the frame and the context afterwards."""

    verdict: int
    frame: bytes
    mark: int
    priority: int
    control_block: tuple[int, int, int, int, int]


class Refusal(NamedTuple):
    """The kernel would not run the program on this frame; nothing has happened."""

    number: int
    """errno"""
    reason: str
    """One line for people."""


class StaleChecksum(NamedTuple):
    """The program ran, but left `skb->csum` wrong (PKT-8, CHECKSUM_COMPLETE).

    The kernel then returns neither verdict nor frame; what the program wrote to maps stands.
    """

    reason: str


class Program(Protocol):
    """One tc program."""

    @property
    def name(self) -> str:
        """The program's name in C."""

    @property
    def fd(self) -> int:
        """File descriptor, owned by the loaded object."""

    def run(
        self, frame: bytes, context: KernelContext, complete: bool = False
    ) -> RunResult | Refusal | StaleChecksum:
        """Run once on a frame (Ethernet header included).

        `complete` asks the kernel to give the packet a CHECKSUM_COMPLETE sum and to check it
        afterwards. It is left out where kernel or lane cannot do it (docs/kernel-lanes.md). Not for
        packets that the program resizes: the kernel forgets the sum and still compares it.
        """


class FailingRun(NamedTuple):
    """What a run gave, and the name of the helper whose call failed; empty where none did."""

    result: RunResult | Refusal | StaleChecksum
    failed: str


class FailingCalls(Protocol):
    """An object's programs, single calls of which into the kernel can fail."""

    def run(
        self, name: str, number: int, frame: bytes, context: KernelContext, complete: bool = False
    ) -> FailingRun:
        """Run a program once. The `number`-th, from 1, of its calls that can fail fails."""

    def untried(self) -> list[str]:
        """Calls that have not failed so far, a line each."""


class RingReader(Protocol):
    """Reader of one ring buffer."""

    def drain(self) -> list[bytes]:
        """All records since the last call, oldest first, without a system call."""


class ProgramStatistics(NamedTuple):
    """The verifier's figures for one program; 0 where this kernel does not tell."""

    processed_instructions: int
    total_states: int
    peak_states: int
    stack: int
    """Bytes, of main program and functions joined by `+` in the kernel's log, here added up."""
    verification_microseconds: int
    translated_bytes: int
    jited_bytes: int


class LoadedObject(Protocol):
    """An object in the kernel, with everything it consists of."""

    @property
    def loader(self) -> str:
        """`libbpf` or `bcc`."""

    @property
    def maps(self) -> Mapping[str, Map]:
        """Maps by name."""

    @property
    def programs(self) -> Mapping[str, Program]:
        """Programs by name."""

    @property
    def btf(self) -> Btf:
        """Type information of the clang build."""

    def ring(self, name: str) -> RingReader:
        """Reader of a ring buffer map; the same one each time."""

    def failing(self) -> FailingCalls:
        """The programs with calls that can fail; the same ones each time. Raises LoadError."""

    def statistics(self) -> Mapping[str, ProgramStatistics]:
        """Verifier figures by program name."""

    def close(self) -> None:
        """Give every map and program back. Safe to call twice."""
