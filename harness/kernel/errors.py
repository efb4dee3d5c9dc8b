"""What can go wrong between user space and the kernel: one class per kind, one line per message."""

from __future__ import annotations

import errno
import os

from harness.errors import NothingToCompareError, UserError


class KernelError(UserError):
    """Base of everything in harness/kernel. The message is one line fit for a user.

    `what` is what is wrong and where, `remedy` how to mend it (may be empty); the message is both.
    `log` is what a compiler, libbpf or the verifier said at length, for those who ask for it.
    """

    def __init__(self, what: str, remedy: str = "", log: str = "") -> None:
        super().__init__(f"{what}; {remedy}" if remedy else what)
        self.what = what
        self.remedy = remedy
        self.log = log


class MissingToolError(KernelError):
    """A compiler, library or header tree is not installed; the message names the package."""


class PermissionDeniedError(KernelError, NothingToCompareError):
    """The process lacks a capability; the message names it."""


class CompileError(KernelError):
    """The C source does not compile; the message starts with `file:line`."""


class CacheError(KernelError):
    """The cache folder cannot be written."""


class ObjectError(KernelError):
    """An object file is no BPF object, is damaged, or lacks what the caller asked for."""


class BtfError(ObjectError):
    """BTF is damaged, or describes something that has no counterpart here (a bit field)."""


class LayoutError(KernelError):
    """Two compilers disagree about a size, an offset or an enumerator."""


class LoadError(KernelError):
    """The kernel refused a map or a program."""


class MapError(KernelError):
    """An operation on a map failed. `number` is the errno, `map_name` the map."""

    def __init__(self, map_name: str, action: str, number: int) -> None:
        super().__init__(f"map {map_name}: {action} failed: {describe_errno(number)}")
        self.map_name = map_name
        self.action = action
        self.number = number


class DeviceError(KernelError):
    """A network namespace or device cannot be made."""


def describe_errno(number: int) -> str:
    """`ENOENT (No such file or directory)` for an errno."""
    return f"{errno.errorcode.get(number, str(number))} ({os.strerror(number)})"
