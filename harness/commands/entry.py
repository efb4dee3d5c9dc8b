"""Where `twinpath` begins: Ctrl-C ends it in a line while modules are still being imported, too."""

from __future__ import annotations

import sys
from importlib import import_module
from typing import Final

from harness.commands.exit_codes import ExitCode

PROGRAM_MODULE: Final = "harness.commands.main"


def main() -> None:
    """Run the command line and exit."""
    try:
        import_module(PROGRAM_MODULE).main()
    except KeyboardInterrupt:
        sys.stderr.write("twinpath: interrupted\n")
        sys.exit(ExitCode.INTERRUPTED)
