"""`doctor` tells anyone what is missing, and never breaks off."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from harness.kernel.capabilities import Capability, capabilities
from tests.ordinary_user import NOBODY, within_reach

REPORT = """
import json
from harness.kernel.capabilities import capabilities
print(json.dumps([list(found) for found in capabilities()]))
"""

WITHOUT_BPF = "--drop=cap_bpf,cap_sys_admin,cap_perfmon"


def report(prefix: list[str], environment: dict[str, str]) -> dict[str, Capability]:
    """What a process sees that is started with other rights or surroundings."""
    finished = subprocess.run(
        [*prefix, sys.executable, "-c", REPORT],
        capture_output=True,
        check=False,
        text=True,
        env={**os.environ, **environment},
    )
    assert (finished.returncode, finished.stderr) == (0, "")
    return {found[0]: Capability(*found) for found in json.loads(finished.stdout)}


def by_name() -> dict[str, Capability]:
    return {found.name: found for found in capabilities()}


@pytest.mark.usefixtures("kernel")
def test_this_machine_can_do_everything() -> None:
    assert [found for found in capabilities() if not found.ok] == []


def test_what_is_there_needs_no_remedy_and_what_is_not_has_one() -> None:
    for found in capabilities():
        assert bool(found.remedy) is not found.ok
        assert "\n" not in found.detail + found.remedy
        assert found.needed_for


def test_a_dropped_capability_is_named(tmp_path: Path) -> None:
    script = tmp_path / "report.py"
    script.write_text(REPORT, "utf-8")
    finished = subprocess.run(
        ["capsh", WITHOUT_BPF, "--", "-c", f"PYTHONPATH={Path.cwd()} {sys.executable} {script}"],
        capture_output=True,
        check=False,
        text=True,
    )
    assert (finished.returncode, finished.stderr) == (0, "")
    found = {entry[0]: Capability(*entry) for entry in json.loads(finished.stdout)}
    assert not found["bpf permission"].ok
    assert "lacks CAP_BPF, CAP_PERFMON" in found["bpf permission"].detail
    assert "CAP_BPF" in found["bpf permission"].remedy
    assert not found["network namespace"].ok
    assert not found["shim"].ok
    assert found["clang"].ok


def test_an_ordinary_user_gets_a_report(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    found = report(
        [*within_reach(), "setpriv", f"--reuid={NOBODY}", "--clear-groups"],
        {"XDG_CACHE_HOME": "/proc/nowhere"},
    )
    assert "CAP_NET_ADMIN" in found["bpf permission"].detail
    assert not found["test runs"].ok
    assert not found["cache folder"].ok
    assert "XDG_CACHE_HOME" in found["cache folder"].remedy
    assert not found["checksum complete"].ok
    assert "cannot be tried" in found["checksum complete"].detail


def test_missing_programs_come_with_their_packages() -> None:
    found = report([], {"PATH": "/nonexistent"})
    assert not found["clang"].ok
    assert found["clang"].remedy == "apt-get install clang-19"
    assert not found["shim"].ok


def test_missing_headers_come_with_their_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("harness.kernel.toolchain.INCLUDE_FOLDER", Path("/nonexistent"))
    monkeypatch.setattr("harness.kernel.kernel_headers.SOURCES_FOLDER", Path("/nonexistent"))
    monkeypatch.setattr("harness.kernel.kernel_headers.MODULES_FOLDER", Path("/nonexistent"))
    monkeypatch.delenv("BCC_KERNEL_SOURCE", raising=False)
    found = by_name()
    assert found["libbpf headers"].remedy == "apt-get install libbpf-dev"
    assert "apt-get install linux-headers-" in found["kernel headers"].remedy


def test_a_missing_bcc_comes_with_its_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "bcc", None)
    found = by_name()["bcc"]
    assert not found.ok
    assert "apt-get install python3-bpfcc" in found.remedy


def test_an_old_kernel_is_said_to_be_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("platform.release", lambda: "5.4.0-91-generic")
    found = by_name()["kernel"]
    assert not found.ok
    assert found.remedy == "use Linux 5.10 or newer"
