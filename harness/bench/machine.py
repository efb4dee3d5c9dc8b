"""What a run's figures depend on."""

from __future__ import annotations

import os
import platform
import re
from pathlib import Path

from harness.kernel.errors import KernelError
from harness.kernel.toolchain import clang_version, find_clang


def describe_machine() -> dict[str, str]:
    """Processor, kernel, compiler, and what else shapes the figures; for people and for JSON."""
    return {
        "processor": _from_file("/proc/cpuinfo", r"^model name\s*:\s*(.+)$"),
        "processors": str(os.cpu_count()),
        "kernel": f"{platform.system()} {platform.release()} {platform.machine()}",
        "jit": _from_file("/proc/sys/net/core/bpf_jit_enable", r"^(\d+)$"),
        "clocksource": _from_file(
            "/sys/devices/system/clocksource/clocksource0/current_clocksource", r"^(\S+)$"
        ),
        "clang": _clang(),
        "load": f"{os.getloadavg()[0]:.1f}",
    }


def _from_file(path: str, pattern: str) -> str:
    try:
        found = re.search(pattern, Path(path).read_text("utf-8"), re.M)
    except OSError:
        found = None
    return found[1] if found else "unknown"


def _clang() -> str:
    try:
        return clang_version(find_clang())
    except KernelError:
        return "none"
