"""Suite `emulated`: instructions executed per packet, which repeat from run to run."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Final

from harness.bench.case import no_case
from harness.bench.cases import all_cases
from harness.bench.measurement import Measurement
from harness.bench.virtual_machine.guest import RESULT
from harness.bench.virtual_machine.kernel_package import guest_kernel
from harness.bench.virtual_machine.machine import GuestError, run_in_guest
from harness.bench.wrapper import SOURCE as WRAPPER
from harness.datapath.bench import SOURCE
from harness.errors import UserError
from harness.kernel.build import build

REPOSITORY: Final = Path(__file__).resolve().parents[3]


def emulated(
    chooses: Callable[[str], bool], patterns: Sequence[str], advance: Callable[[str], None]
) -> Iterator[Measurement]:
    """Instructions net of the wrapper's, with the distribution's kernel.

    Raises MissingToolError, GuestError, UserError, and what building raises.
    """
    names = sorted({case.name for case in all_cases() if chooses(case.name)})
    if not names:
        raise UserError(no_case("emulated", patterns, {case.name for case in all_cases()}))
    advance("a kernel is fetched")
    kernel = guest_kernel()
    advance(f"Linux {kernel.release} is running")
    plan = {"datapath": str(build(SOURCE)), "wrapper": str(build(WRAPPER)), "cases": names}
    command = [sys.executable, "-m", "harness.bench.virtual_machine.guest", "/run/plan"]
    files = {"plan": json.dumps(plan).encode()}
    lines = run_in_guest(kernel, REPOSITORY, command, files)
    yield from figures(lines, ".".join(kernel.release.split(".")[:2]))


def figures(lines: list[str], kernel: str) -> Iterator[Measurement]:
    """Measurements out of what the guest printed. Raises GuestError."""
    results = [json.loads(one.removeprefix(RESULT)) for one in lines if one.startswith(RESULT)]
    if not results:
        raise GuestError("the emulated machine counted nothing")
    for name, family, count in results:
        yield Measurement(f"emulated/linux-{kernel}/ipv{family}/{name}", "instructions", count)
