"""Runs without a datapath: the specification against recorded vectors, loudly labelled."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Final

from rich.text import Text

from harness.commands.exit_codes import ExitCode
from harness.commands.options import REPOSITORY
from harness.report.console import out, print_json
from harness.step import Scenario
from harness.vectors.check import Checked, check

CORPORA: Final = REPOSITORY / "corpora"
VECTORS: Final = CORPORA / "vectors"
LABEL: Final = "MODEL ONLY: no datapath was run, nothing is said about it"


def run_model_only(scenarios: list[Scenario], asked: bool, as_json: bool) -> int:
    """Check scenarios against the vectors recorded of them.

    Exit code 5 where nobody asked for this by name, or where there was nothing to check.
    """
    checked = check(scenarios, VECTORS, CORPORA)
    if as_json:
        print_json(as_object(checked))
    else:
        show(checked)
    if checked.mismatches:
        return ExitCode.DIVERGENCE
    return ExitCode.AGREEMENT if asked and checked.packets else ExitCode.NOTHING_COMPARED


def show(checked: Checked) -> None:
    """What was checked, under its label."""
    out.print(Text(LABEL, style="bold yellow"))
    for one in checked.mismatches:
        words = f"{one.scenario}: {one.origin}: {one.field}: recorded {one.recorded}, now {one.now}"
        out.print(Text(words, style="red"), soft_wrap=True)
    if checked.without_vectors:
        out.print(Text(f"without recorded vectors: {counted(checked.without_vectors)}"))
    if checked.evicting:
        words = f"tables evict, which takes a kernel: {counted(checked.evicting)} not checked"
        out.print(Text(words))
    words = "nothing was checked"
    if checked.mismatches:
        words = f"not as it was recorded: {counted(checked.mismatches)}"
    elif checked.packets:
        words = f"{checked.packets:,} packets of the specification agree with recorded vectors"
    out.print(Text(words))


def counted(scenarios: Sequence[object]) -> str:
    """So many scenarios."""
    return "1 scenario" if len(scenarios) == 1 else f"{len(scenarios):,} scenarios"


def as_object(checked: Checked) -> dict[str, object]:
    """The check as one JSON object; no loader took part in it."""
    return {
        "model_only": LABEL,
        "packets": checked.packets,
        "divergences": len(checked.mismatches),
        "mismatches": [asdict(one) for one in checked.mismatches],
        "without_vectors": checked.without_vectors,
        "evicting": checked.evicting,
        "loaders": {},
    }
