"""Network namespaces without names: each goes with its descriptor, and that with the process."""

from __future__ import annotations

import ctypes
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from harness.kernel.abi import libc
from harness.kernel.errors import describe_errno
from harness.kernel.namespace import CLONE_NEWNET, OWN_NAMESPACE


class NetworkNamespace:
    """A namespace that the calling thread makes, and is in only within `entered`."""

    def __init__(self) -> None:
        outside = os.open(OWN_NAMESPACE, os.O_RDONLY | os.O_CLOEXEC)
        try:
            _check(libc.unshare(CLONE_NEWNET))
            self.fd = os.open(OWN_NAMESPACE, os.O_RDONLY | os.O_CLOEXEC)
            _check(libc.setns(outside, CLONE_NEWNET))
        finally:
            os.close(outside)

    @contextmanager
    def entered(self) -> Iterator[None]:
        """Have the calling thread, and what it starts, in the namespace."""
        outside = os.open(OWN_NAMESPACE, os.O_RDONLY | os.O_CLOEXEC)
        try:
            _check(libc.setns(self.fd, CLONE_NEWNET))
            yield
        finally:
            _check(libc.setns(outside, CLONE_NEWNET))
            os.close(outside)

    def run(self, commands: str) -> None:
        """Carry out lines of iproute2: `ip ...` and `tc ...`."""
        with self.entered():
            for line in filter(None, map(str.strip, commands.replace("\\\n", " ").splitlines())):
                done = subprocess.run(line.split(), capture_output=True, text=True, check=False)
                assert done.returncode == 0, f"{line}: {done.stderr}"

    def set(self, **settings: int) -> None:
        """Set what is below /proc/sys/net, its names with `__` for `/`."""
        with self.entered():
            for name, value in settings.items():
                Path("/proc/sys/net", name.replace("__", "/")).write_text(str(value))

    def close(self) -> None:
        """Give the descriptor back; the namespace goes when no socket is left in it."""
        os.close(self.fd)


def _check(result: int) -> None:
    assert result == 0, describe_errno(ctypes.get_errno())
