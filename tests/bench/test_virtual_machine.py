"""The emulated machine's parts that need no machine: archive, answers, missing tools."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from harness.bench.virtual_machine import machine
from harness.bench.virtual_machine.initramfs import EXECUTABLE, FOLDER, entry
from harness.bench.virtual_machine.kernel_package import GuestKernel, call
from harness.bench.virtual_machine.machine import GuestError, answer, run_in_guest
from harness.bench.virtual_machine.suite import figures
from harness.kernel.errors import MissingToolError

NOWHERE = GuestKernel("9.9", Path("vmlinuz"), Path("modules"))


def test_the_archive_is_one(tmp_path: Path) -> None:
    archive = tmp_path / "archive"
    parts = (
        entry("folder", FOLDER),
        entry("folder/file", EXECUTABLE, b"hello"),
        entry("empty", EXECUTABLE),
    )
    archive.write_bytes(b"".join((*parts, entry("TRAILER!!!", 0))))
    done = subprocess.run(
        ["busybox", "cpio", "-i", "-F", str(archive)], cwd=tmp_path, capture_output=True, check=True
    )
    assert (tmp_path / "folder" / "file").read_bytes() == b"hello", done.stderr
    assert (tmp_path / "folder" / "file").stat().st_mode & 0o777 == 0o755


def test_an_answer_ends_with_the_commands_exit() -> None:
    assert answer(["one", "two", "twinpath-guest-exit 0", "more"], b"") == ["one", "two"]


def test_a_command_that_failed_is_told_with_its_last_words() -> None:
    with pytest.raises(GuestError, match="failed in the guest: a / no such module"):
        answer(["a", "no such module", "twinpath-guest-exit 1"], b"")


def test_a_machine_that_ended_early_is_told_with_its_last_words() -> None:
    with pytest.raises(GuestError, match="ended early: qemu: no such accelerator"):
        answer([], b"qemu: no such accelerator\n")


def test_counts_are_read_and_an_empty_answer_is_none() -> None:
    (one,) = figures(["boot", 'twinpath-count ["service-new", 6, 4242.5]'], "6.1")
    assert (one.name, one.value) == ("emulated/linux-6.1/ipv6/service-new", 4242.5)
    assert one.is_exact
    with pytest.raises(GuestError, match="counted nothing"):
        list(figures(["boot"], "6.1"))


def test_without_qemu_it_is_said_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "QEMU", "qemu-system-nowhere")
    with pytest.raises(MissingToolError, match="apt-get install qemu-system-x86"):
        run_in_guest(NOWHERE, Path(), ["true"], {})


def test_a_tool_that_is_not_there_or_fails_is_told() -> None:
    with pytest.raises(MissingToolError):
        call(["no-such-tool-anywhere"], "some-package")
    with pytest.raises(MissingToolError, match="failed"):
        call(["dpkg-deb", "-x", "no-such-file", "/nowhere"], "dpkg")
