"""`twinpath replay`: run a saved divergence again."""

from __future__ import annotations

from pathlib import Path

import click
from rich.text import Text

from harness.commands.exit_codes import ExitCode
from harness.commands.options import loader_option, loaders_of, object_option
from harness.datapath.bench import Bench
from harness.errors import UserError
from harness.kernel.interface import LoaderName
from harness.lockstep.engine import Lockstep
from harness.lockstep.result import Divergence
from harness.reference import ModelReference
from harness.report.console import out, print_json
from harness.report.divergence import Reproduction, screen
from harness.report.saved import SCENARIO_FILE
from harness.signals import terminate_as_interrupt
from harness.step import Scenario


@click.command(name="replay")
@click.argument("path", type=click.Path(path_type=Path))
@object_option
@loader_option
@click.option("--times", default=20, show_default=True, type=click.IntRange(1), help="Runs.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def command(path: Path, object_path: Path, loader: str, times: int, as_json: bool) -> int:
    """Run a saved divergence (its folder, or a scenario file) several times.

    Exit code 1 if it diverges, 0 if it agrees every time, 5 if no packet was compared.
    """
    scenarios = saved_scenarios(path)
    with terminate_as_interrupt(), Bench() as bench:
        replays = [
            replay(bench, object_path, name, scenario, times)
            for name in loaders_of(loader)
            for scenario in scenarios
        ]
    if as_json:
        print_json({"replays": [one.as_object() for one in replays]})
    else:
        for one in replays:
            one.show(f"twinpath replay {path}")
    if any(one.divergences for one in replays):
        return ExitCode.DIVERGENCE
    compared = all(one.packets for one in replays)
    return ExitCode.AGREEMENT if compared else ExitCode.NOTHING_COMPARED


def saved_scenarios(path: Path) -> list[Scenario]:
    """The scenarios of a saved divergence. Raises UserError."""
    from harness.scenario.load import load_scenarios  # noqa: PLC0415 - imports Scapy

    file = path / SCENARIO_FILE if path.is_dir() else path
    if not file.is_file():
        raise UserError(f"{path}: no saved divergence; give the folder that holds {SCENARIO_FILE}")
    return load_scenarios(file)


class Replay:
    """What so many runs of one scenario on one subject gave."""

    def __init__(self, scenario: Scenario, subject: str, times: int) -> None:
        self.scenario = scenario
        self.subject = subject
        self.times = times
        self.packets = 0
        self.divergences: list[Divergence] = []

    def show(self, line: str) -> None:
        """The first divergence in full, or that there was none."""
        if self.divergences:
            reproduction = Reproduction(len(self.divergences), self.times)
            out.print(screen(self.divergences[0], reproduction, line))
            return
        words = (
            f"{self.scenario.name} on {self.subject}: agrees, {self.times} of {self.times} times"
        )
        out.print(Text(words, style="green"), soft_wrap=True)

    def as_object(self) -> dict[str, object]:
        """The replay for machines."""
        return {
            "scenario": self.scenario.name,
            "subject": self.subject,
            "packets": self.packets,
            "divergences": len(self.divergences),
            "times": self.times,
        }


def replay(
    bench: Bench, object_path: Path, loader: LoaderName, scenario: Scenario, times: int
) -> Replay:
    """Run a scenario so many times on a freshly loaded object."""
    subject = bench.open(object_path, loader)
    lockstep = Lockstep(ModelReference(), subject)
    result = Replay(scenario, subject.name, times)
    for _ in range(times):
        run = lockstep.run(scenario)
        result.packets += run.packets
        result.divergences += run.divergences
    subject.close()
    return result
