"""The first file system of the emulated machine: a shell, the modules of the second, a script."""

from __future__ import annotations

import lzma
import re
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from harness.bench.virtual_machine.kernel_package import GuestKernel, call
from harness.kernel.errors import MissingToolError

INIT: Final = Path(__file__).with_name("init.sh")
MODULES: Final = ("virtio_pci", "9pnet_virtio", "9p", "overlay")
"""What it takes to use the host's files."""

FOLDERS: Final = ("bin", "dev", "proc", "sys", "modules", "guest", "host", "changes", "root")
EXECUTABLE: Final = 0o100755
FOLDER: Final = 0o040755
_INSMOD = re.compile(r"^insmod (\S+)", re.M)


def make_initramfs(kernel: GuestKernel, guest: Mapping[str, bytes]) -> bytes:
    """A cpio archive (format newc); `guest` are files that will be in /run.

    Raises MissingToolError.
    """
    busybox = shutil.which("busybox")
    if busybox is None:
        raise MissingToolError("busybox not found", "apt-get install busybox-static")
    parts = [entry(name, FOLDER) for name in FOLDERS]
    parts.append(entry("bin/busybox", EXECUTABLE, Path(busybox).read_bytes()))
    parts.append(entry("init", EXECUTABLE, INIT.read_bytes()))
    parts += [entry(f"guest/{name}", EXECUTABLE, data) for name, data in guest.items()]
    for number, module in enumerate(needed_modules(kernel)):
        name = f"modules/{number:03}-{module.name.partition('.')[0]}.ko"
        parts.append(entry(name, EXECUTABLE, module_bytes(module)))
    parts.append(entry("TRAILER!!!", 0))
    return b"".join(parts)


def needed_modules(kernel: GuestKernel) -> Iterator[Path]:
    """Modules in the order in which they are loaded, each once."""
    root, seen = str(kernel.modules.parents[2]), set()
    for name in MODULES:
        shown = call(["modprobe", "-d", root, "-S", kernel.release, "--show-depends", name], "kmod")
        for found in _INSMOD.findall(shown.decode()):
            if found not in seen:
                seen.add(found)
                yield Path(found)


def module_bytes(module: Path) -> bytes:
    """A module's object file, unpacked."""
    data = module.read_bytes()
    return lzma.decompress(data) if module.suffix == ".xz" else data


def entry(name: str, mode: int, data: bytes = b"") -> bytes:
    """One member of the archive."""
    encoded = name.encode() + b"\0"
    fields = (0, mode, 0, 0, 1, 0, len(data), 0, 0, 0, 0, len(encoded), 0)
    header = b"070701" + b"".join(b"%08X" % field for field in fields) + encoded
    return padded(header) + padded(data)


def padded(data: bytes) -> bytes:
    """Filled up to whole words."""
    return data + bytes(-len(data) % 4)
