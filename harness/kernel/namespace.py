"""A network namespace of this thread's own, with devices of chosen interface indexes.

A test run names its interface by index and the kernel looks it up, so the devices must exist. The
namespace has no name: it goes when the process does, however that ends.

To make a namespace takes CAP_SYS_ADMIN, which is nearly everything. Who does without it is started
in a namespace that is nobody's: none of its devices is up, but for the loopback device. Devices
that are made there stay in it, and serve the next one.
"""

from __future__ import annotations

import ctypes
import errno
import os
from types import TracebackType
from typing import Final, Self

from pyroute2 import IPRoute
from pyroute2.netlink.exceptions import NetlinkError

from harness.kernel.abi import libc
from harness.kernel.errors import (
    DeviceError,
    KernelError,
    PermissionDeniedError,
    describe_errno,
)

CLONE_NEWNET: Final = 0x40000000
OWN_NAMESPACE: Final = "/proc/thread-self/ns/net"

DEVICE_KINDS: Final = ("dummy", "ifb", "bridge", "veth")
"""Kinds of device that cost little, best first. Not every kernel has each of them."""

LOOPBACK: Final = 1
UP: Final = 1
"""IFF_UP of a device's flags."""


class Namespace:
    """The thread that makes it is in it until `close`. Raises PermissionDeniedError, DeviceError.

    Use as a context manager, or call `close`.
    """

    def __init__(self) -> None:
        self._outside: int | None = os.open(OWN_NAMESPACE, os.O_RDONLY | os.O_CLOEXEC)
        self._indexes = {LOOPBACK}
        self._kinds: tuple[str, ...] = DEVICE_KINDS
        try:
            if libc.unshare(CLONE_NEWNET) != 0:
                self._indexes |= usable_as_it_is(ctypes.get_errno())
        except KernelError:
            os.close(self._outside)
            raise
        self._netlink = IPRoute()

    @property
    def device_kind(self) -> str:
        """Kind of device that the next one is tried with first."""
        return self._kinds[0]

    def ensure_device(self, index: int) -> None:
        """Make a device of this interface index, unless there is one.

        Raises DeviceError, PermissionDeniedError.
        """
        if index in self._indexes:
            return
        if not 0 < index < 1 << 31:
            raise DeviceError(f"interface index {index}: not between 1 and {(1 << 31) - 1}")
        for position, kind in enumerate(self._kinds):
            if self._add(index, kind):
                self._kinds = self._kinds[position:]
                self._indexes.add(index)
                return
        raise DeviceError(
            f"this kernel has none of the devices {', '.join(DEVICE_KINDS)}", "modprobe dummy"
        )

    def remove_device(self, index: int) -> None:
        """Remove a device that `ensure_device` made, if there is one.

        Raises DeviceError, PermissionDeniedError.
        """
        if index == LOOPBACK or index not in self._indexes:
            return
        try:
            self._netlink.link("del", index=index)
        except NetlinkError as error:
            raise _device_error(index, error) from None
        self._indexes.remove(index)

    def close(self) -> None:
        """Bring the thread back to where it was. Safe to call twice."""
        if self._outside is None:
            return
        self._netlink.close()
        libc.setns(self._outside, CLONE_NEWNET)
        os.close(self._outside)
        self._outside = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def _add(self, index: int, kind: str) -> bool:
        """Add a device; False where the kernel does not know the kind."""
        try:
            self._netlink.link("add", index=index, ifname=f"tp{index}", kind=kind)
        except NetlinkError as error:
            if error.code == errno.EOPNOTSUPP:
                return False
            raise _device_error(index, error) from None
        return True


def usable_as_it_is(number: int) -> set[int]:
    """Indexes of the devices of the present namespace, if it is nobody's.

    `number` is why there is none of our own. Raises PermissionDeniedError, DeviceError.
    """
    if number != errno.EPERM:
        raise DeviceError(f"a network namespace cannot be made: {describe_errno(number)}")
    with IPRoute() as netlink:
        links = {one["index"]: one["flags"] for one in netlink.get_links()}
    if any(flags & UP for index, flags in links.items() if index != LOOPBACK):
        raise PermissionDeniedError(
            "a network namespace cannot be made: EPERM",
            "run as root, with CAP_SYS_ADMIN, or in one without devices (docs/privileges.md)",
        )
    return set(links)


def _device_error(index: int, error: NetlinkError) -> DeviceError | PermissionDeniedError:
    what = f"interface {index}: {describe_errno(int(error.code))}"
    if error.code == errno.EPERM:
        return PermissionDeniedError(what, "run as root, or with CAP_NET_ADMIN")
    return DeviceError(what)
