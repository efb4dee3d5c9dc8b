"""`twinpath replay`: run a saved divergence again."""

from __future__ import annotations

from pathlib import Path

import click
from rich.text import Text

from harness.commands.exit_codes import ExitCode
from harness.commands.options import (
    file_path,
    loader_option,
    loaders_of,
    named_object,
    object_option,
)
from harness.datapath.bench import Bench
from harness.errors import UserError
from harness.findings import Circumstances
from harness.lockstep.engine import Lockstep
from harness.lockstep.result import RunResult, all_compared
from harness.reference import ModelReference
from harness.report.console import out, print_json
from harness.report.divergence import Reproduction, print_divergence
from harness.report.saved import SCENARIO_FILE
from harness.step import Scenario
from harness.subject import Subject


@click.command(name="replay")
@click.argument("path", type=file_path, metavar="PATH")
@object_option
@loader_option
@click.option(
    "--times", default=20, show_default=True, type=click.IntRange(1, 10_000), help="Runs."
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def command(path: Path, object_path: Path, loader: str, times: int, as_json: bool) -> int:
    """Run a saved divergence (its folder, or a scenario file) several times.

    Exit code 1 if it diverges, 0 if it agrees every time, 5 if no packet was compared.
    """
    scenarios = saved_scenarios(path)
    replays: list[Replay] = []
    with Bench() as bench:
        for name in loaders_of(loader):
            subject = bench.open(object_path, name)
            line = Circumstances(name.value, named_object(object_path)).command("replay", str(path))
            replays += [replay(subject, scenario, times, line) for scenario in scenarios]
    if as_json:
        print_json({"replays": [one.as_object() for one in replays]})
    else:
        for one in replays:
            one.show()
    return judge(replays)


def judge(replays: list[Replay]) -> ExitCode:
    """The exit code: agreement is only said of packets that were compared, in each replay."""
    if any(one.result.divergences for one in replays):
        return ExitCode.DIVERGENCE
    compared = all_compared([one.result for one in replays])
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

    def __init__(self, scenario: Scenario, subject: str, times: int, line: str) -> None:
        self.scenario = scenario
        self.subject = subject
        self.times = times
        self.line = line
        self.result = RunResult()

    def show(self) -> None:
        """The first divergence in full, or that there was none."""
        result, times = self.result, self.times
        if result.divergences:
            reproduction = Reproduction(len(result.divergences), times)
            print_divergence(out, result.divergences[0], reproduction, self.line)
            return
        who = f"{self.scenario.name} on {self.subject}"
        words = Text(f"{who}: agrees, {times} of {times} times", style="green")
        if not result.packets:
            why = ", ".join(result.refused) or "it has no packets"
            words = Text(f"{who}: nothing was compared: {why}", style="yellow")
        out.print(words, soft_wrap=True)

    def as_object(self) -> dict[str, object]:
        """The replay for machines."""
        return {
            "scenario": self.scenario.name,
            "subject": self.subject,
            "packets": self.result.packets,
            "refused": self.result.refused.total(),
            "divergences": len(self.result.divergences),
            "times": self.times,
            "replay": self.line,
        }


def replay(subject: Subject, scenario: Scenario, times: int, line: str) -> Replay:
    """Run a scenario so many times."""
    lockstep = Lockstep(ModelReference(), subject)
    replayed = Replay(scenario, subject.name, times, line)
    for _ in range(times):
        replayed.result.add(lockstep.run(scenario))
    return replayed
