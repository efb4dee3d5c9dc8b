"""The process's capabilities, and which of them loading BPF wants (capabilities(7))."""

from __future__ import annotations

from pathlib import Path
from typing import Final

STATUS: Final = Path("/proc/self/status")
CAP_NET_ADMIN: Final = 12
CAP_SYS_ADMIN: Final = 21
CAP_PERFMON: Final = 38
CAP_BPF: Final = 39

NEEDED: Final = {
    "CAP_BPF": (CAP_BPF, CAP_SYS_ADMIN),
    "CAP_NET_ADMIN": (CAP_NET_ADMIN,),
    "CAP_PERFMON": (CAP_PERFMON, CAP_SYS_ADMIN),
}
"""What loading a tc program wants, each with the capabilities that include it."""

UID_MAP: Final = Path("/proc/self/uid_map")
WHOLE_RANGE: Final = ["0", "0", "4294967295"]
"""The map of user ids in the first user namespace (user_namespaces(7))."""

REMEDY: Final = "run as root, or with CAP_BPF, CAP_NET_ADMIN and CAP_PERFMON"


def effective_capabilities() -> int:
    """The effective set as a bit mask; 0 where /proc does not tell."""
    try:
        lines = STATUS.read_text("ascii").splitlines()
    except OSError:
        return 0
    values = [line.split()[1] for line in lines if line.startswith("CapEff:")]
    return int(values[0], 16) if values else 0


def missing_capabilities() -> list[str]:
    """Names of the capabilities for BPF that the process lacks."""
    held = effective_capabilities()
    return [
        name
        for name, sufficient in NEEDED.items()
        if not any(held >> number & 1 for number in sufficient)
    ]


def in_user_namespace() -> bool:
    """Whether the process's capabilities hold in a user namespace only."""
    try:
        return UID_MAP.read_text("ascii").split() != WHOLE_RANGE
    except OSError:
        return False


def explain_denial() -> tuple[str, str]:
    """Why the kernel answered EPERM to bpf(2), and the remedy."""
    missing = missing_capabilities()
    if missing:
        return f"this process may not load BPF: it lacks {', '.join(missing)}", REMEDY
    if in_user_namespace():
        return "this process has its capabilities in a user namespace only", "run outside of it"
    return (
        "the bpf system call is refused although the capabilities are there",
        "allow it in the container's seccomp profile, or leave kernel lockdown",
    )
