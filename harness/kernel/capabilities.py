"""What this machine can do and lacks, for `twinpath doctor`. Works for anyone, raises nothing."""

from __future__ import annotations

import errno
import os
import platform
import re
import resource
import shutil
from collections.abc import Callable
from typing import Final, NamedTuple

from harness.kernel.bcc_loader import import_bcc
from harness.kernel.cache import cache_folder
from harness.kernel.errors import KernelError, describe_errno
from harness.kernel.kernel_headers import kernel_source
from harness.kernel.libbpf import library
from harness.kernel.namespace import Namespace
from harness.kernel.permissions import REMEDY, effective_capabilities, explain_denial
from harness.kernel.probe import (
    create_smallest_map,
    run_smallest_program,
    supports_checksum_complete,
)
from harness.kernel.shim import Shim
from harness.kernel.toolchain import clang_version, find_clang, include_flags

OLDEST_KERNEL: Final = (5, 10)
KERNEL_WITHOUT_MEMORY_LOCK: Final = (5, 11)
"""From here on BPF memory is charged to the control group, not to RLIMIT_MEMLOCK."""

CAP_SYS_RESOURCE: Final = 24
EVERYTHING: Final = "everything"


class Capability(NamedTuple):
    """One thing that a machine has or lacks.

    `detail` says what was found, or in one line what is wrong. `remedy` is what mends it, empty
    where nothing has to be done. `needed_for` says what cannot be had without it.
    """

    name: str
    ok: bool
    detail: str
    remedy: str
    needed_for: str


class _Finding(NamedTuple):
    ok: bool
    detail: str
    remedy: str = ""


def capabilities() -> list[Capability]:
    """Everything that is checked, in the order in which it is worth mending."""
    return [_checked(name, needed_for, check) for name, needed_for, check in _CHECKS]


def _checked(name: str, needed_for: str, check: Callable[[], _Finding]) -> Capability:
    try:
        finding = check()
    except KernelError as error:
        finding = _Finding(False, error.what, error.remedy)
    except OSError as error:
        finding = _Finding(False, f"{error.strerror or error}")
    remedy = "" if finding.ok else finding.remedy
    return Capability(name, finding.ok, finding.detail, remedy, needed_for)


def _kernel() -> _Finding:
    version = kernel_version()
    wanted = ".".join(map(str, OLDEST_KERNEL))
    detail = f"Linux {platform.release()} ({platform.machine()})"
    return _Finding(version >= OLDEST_KERNEL, detail, f"use Linux {wanted} or newer")


def kernel_version() -> tuple[int, int]:
    """The running kernel's version; (0, 0) if its name does not begin with one."""
    found = re.match(r"(\d+)\.(\d+)", platform.release())
    return (int(found[1]), int(found[2])) if found else (0, 0)


def _permission() -> _Finding:
    descriptor = create_smallest_map()
    if descriptor >= 0:
        os.close(descriptor)
    result = descriptor if descriptor < 0 else run_smallest_program()
    if result in (-errno.EPERM, -errno.EACCES):
        return _Finding(False, *explain_denial())
    if result < 0 and descriptor < 0:
        return _Finding(False, f"bpf(2): {describe_errno(-result)}", "use a kernel with BPF")
    return _Finding(True, "maps and tc programs can be loaded")


def _test_run() -> _Finding:
    result = run_smallest_program()
    if result < 0:
        remedy = REMEDY if result == -errno.EPERM else "use a kernel with BPF_PROG_TEST_RUN"
        return _Finding(False, f"BPF_PROG_TEST_RUN: {describe_errno(-result)}", remedy)
    return _Finding(True, "BPF_PROG_TEST_RUN works")


def _checksum_complete() -> _Finding:
    if supports_checksum_complete():
        return _Finding(True, "test runs can check skb->csum")
    if run_smallest_program() != 0:
        return _Finding(False, "cannot be tried without test runs", REMEDY)
    return _Finding(False, "this kernel's test runs do not check skb->csum", "use a newer kernel")


def _shim() -> _Finding:
    Shim().close()
    return _Finding(True, "frames with cut headers and of 3,601 to 16,000 bytes can be run")


def _namespace() -> _Finding:
    with Namespace() as namespace:
        namespace.ensure_device(2)
        return _Finding(True, f"own namespaces with devices of kind {namespace.device_kind}")


def _memory_lock() -> _Finding:
    soft, _hard = resource.getrlimit(resource.RLIMIT_MEMLOCK)
    if kernel_version() >= KERNEL_WITHOUT_MEMORY_LOCK:
        return _Finding(True, "not limited by RLIMIT_MEMLOCK on this kernel")
    can_raise = bool(effective_capabilities() >> CAP_SYS_RESOURCE & 1)
    ok = soft == resource.RLIM_INFINITY or can_raise
    return _Finding(ok, f"RLIMIT_MEMLOCK is {soft} bytes", "ulimit -l unlimited")


def _libbpf() -> _Finding:
    return _Finding(True, f"libbpf {library().libbpf_version_string().decode()}")


def _clang() -> _Finding:
    clang = find_clang()
    return _Finding(True, f"{clang}: {clang_version(clang)}")


def _libbpf_headers() -> _Finding:
    include_flags()
    return _Finding(True, "bpf/bpf_helpers.h found")


def _cache() -> _Finding:
    folder = cache_folder()
    remedy = "set XDG_CACHE_HOME to a folder that can be written"
    return _Finding(os.access(folder, os.W_OK), str(folder), remedy)


def _bcc() -> _Finding:
    return _Finding(True, f"bcc {getattr(import_bcc(), '__version__', 'of unknown version')}")


def _kernel_headers() -> _Finding:
    return _Finding(True, str(kernel_source()))


def _bpftool() -> _Finding:
    found = shutil.which("bpftool", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")
    if found is None:
        return _Finding(False, "bpftool not found", "apt-get install bpftool")
    return _Finding(True, found)


_CHECKS: Final = (
    ("kernel", EVERYTHING, _kernel),
    ("bpf permission", EVERYTHING, _permission),
    ("test runs", EVERYTHING, _test_run),
    ("network namespace", EVERYTHING, _namespace),
    ("memory lock", EVERYTHING, _memory_lock),
    ("libbpf", EVERYTHING, _libbpf),
    ("clang", "building from C", _clang),
    ("libbpf headers", "building from C", _libbpf_headers),
    ("cache folder", "building from C", _cache),
    ("shim", "cut and jumbo frames", _shim),
    ("checksum complete", "finding stale skb->csum (PKT-8)", _checksum_complete),
    ("bcc", "--loader bcc", _bcc),
    ("kernel headers", "--loader bcc", _kernel_headers),
    ("bpftool", "looking at loaded programs by hand", _bpftool),
)
