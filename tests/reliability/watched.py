"""Runs one command line and prints every deed that a file must never bring about.

Called as `watched.py FOLDER ARGUMENT...`. Deeds are: a program started, a connection made, a file
opened outside of FOLDER and of the installation; all of it once the program has been imported.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

FORBIDDEN = (
    "subprocess.Popen",
    "os.system",
    "os.exec",
    "os.posix_spawn",
    "os.fork",
    "os.remove",
    "os.rename",
    "pty.spawn",
    "socket.connect",
    "socket.sendto",
    "socket.getaddrinfo",
    "urllib.Request",
    "pickle.find_class",
)


def main() -> int:
    """Run it under watch."""
    # Scapy reads tables of the system when it is imported.
    import harness.capture.load  # noqa: PLC0415
    import harness.commands.explain  # noqa: PLC0415
    import harness.commands.run  # noqa: PLC0415
    import harness.scenario.load  # noqa: PLC0415, F401
    from harness.commands.main import run  # noqa: PLC0415

    folder = Path(sys.argv[1]).resolve()
    installed = [Path(one).resolve() for one in (*sys.path, sys.prefix, "/usr", "/proc") if one]
    deeds: list[str] = []

    def watch(event: str, arguments: tuple[object, ...]) -> None:
        if event in FORBIDDEN:
            deeds.append(f"{event} {arguments!r}")
        if event == "open" and isinstance(arguments[0], str | bytes):
            path = Path(os.path.realpath(os.fsdecode(arguments[0])))
            if not any(path.is_relative_to(one) for one in (folder, *installed)):
                deeds.append(f"open {path}")

    sys.addaudithook(watch)
    code = run(sys.argv[2:])
    for deed in deeds:
        print(f"DEED {deed}")
    return code


if __name__ == "__main__":
    sys.exit(main())
