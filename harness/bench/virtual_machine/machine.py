"""Runs a command in the emulated machine, whose clock counts instructions."""

from __future__ import annotations

import shlex
import shutil
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from harness.bench.virtual_machine.initramfs import make_initramfs
from harness.bench.virtual_machine.kernel_package import GuestKernel
from harness.errors import UserError
from harness.kernel.errors import MissingToolError

QEMU: Final = "qemu-system-x86_64"
MEMORY: Final = "3072"
SECONDS: Final = 900
END: Final = "twinpath-guest-exit "

LAST_WORDS: Final = 3
"""Lines that are shown of a command that failed."""

SCRIPT: Final = """\
export PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/tmp
cd {folder}
{command}
echo {end}$?
/bin/busybox poweroff -f
"""


class GuestError(UserError):
    """The emulated machine did not do what it was told."""


def run_in_guest(
    kernel: GuestKernel, folder: Path, command: Sequence[str], files: Mapping[str, bytes]
) -> list[str]:
    """Lines that a command prints, run in a folder of the host's, which it can only read.

    `files` are in its /run. One nanosecond of its clock is one instruction (`-icount
    shift=0`); idle time is skipped. It ends when this process does, and leaves no file behind.
    Raises MissingToolError, GuestError.
    """
    qemu, setpriv = shutil.which(QEMU), shutil.which("setpriv")
    if qemu is None:
        raise MissingToolError(f"{QEMU} not found", "apt-get install qemu-system-x86")
    if setpriv is None:
        raise MissingToolError("setpriv not found", "apt-get install util-linux")
    script = SCRIPT.format(folder=folder, command=shlex.join(command), end=END)
    with tempfile.TemporaryFile() as initramfs:
        initramfs.write(make_initramfs(kernel, {"script": script.encode(), **files}))
        initramfs.flush()
        number = initramfs.fileno()
        arguments = [setpriv, "--pdeathsig", "KILL", qemu, *machine(), *host_files()]
        try:
            done = subprocess.run(  # noqa: S603 - tools from the search path, no shell
                [*arguments, *start(kernel, f"/proc/self/fd/{number}")],
                capture_output=True,
                check=False,
                timeout=SECONDS,
                stdin=subprocess.DEVNULL,
                pass_fds=(number,),
            )
        except subprocess.TimeoutExpired:
            raise GuestError(f"the emulated machine took more than {SECONDS} s") from None
    return answer(done.stdout.decode("utf-8", "replace").splitlines(), done.stderr)


def machine() -> list[str]:
    """One processor, emulated, counting."""
    return [
        *("-accel", "tcg,thread=single", "-icount", "shift=0,sleep=off", "-cpu", "max"),
        *("-smp", "1", "-m", MEMORY, "-nic", "none", "-no-reboot"),
        *("-nographic", "-monitor", "none", "-serial", "stdio"),
    ]


def host_files() -> list[str]:
    """The host's files, not to be changed."""
    return [
        *("-fsdev", "local,id=host,path=/,security_model=none,readonly=on,multidevs=remap"),
        *("-device", "virtio-9p-pci,fsdev=host,mount_tag=host"),
    ]


def start(kernel: GuestKernel, initramfs: str) -> list[str]:
    """Kernel, first file system, and what they are told."""
    line = f"console=ttyS0 quiet panic=-1 twinpath.modules={kernel.modules}"
    return ["-kernel", str(kernel.image), "-initrd", initramfs, "-append", line]


def answer(lines: Sequence[str], complaint: bytes) -> list[str]:
    """What the command printed. Raises GuestError where it failed, or did not come to its end."""
    for number, line in enumerate(lines):
        if line.startswith(END):
            if line.removeprefix(END).strip() == "0":
                return list(lines[:number])
            words = " / ".join(lines[max(number - LAST_WORDS, 0) : number])
            raise GuestError(f"the command failed in the guest: {words}")
    said = complaint.decode("utf-8", "replace").strip().splitlines() or list(lines)
    raise GuestError(f"the emulated machine ended early: {said[-1] if said else 'without a word'}")
