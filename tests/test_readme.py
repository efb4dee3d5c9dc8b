"""What the README shows is so: its scenario, its links, its commands and exit codes."""

from __future__ import annotations

import re
from pathlib import Path

from harness.commands.exit_codes import ExitCode
from harness.commands.main import COMMANDS
from harness.datapath.bench import Bench
from harness.lockstep.engine import Lockstep
from harness.reference import ModelReference
from harness.sources import find_sources

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_its_scenario_runs_in_both_families_and_agrees(tmp_path: Path) -> None:
    file = tmp_path / "shown.yaml"
    shown = re.search(r"```yaml\n(.*?)```", README, re.DOTALL)
    assert shown is not None
    file.write_text(shown[1], encoding="utf-8")
    scenarios = [one for source in find_sources([file]) for one in source.scenarios()]
    assert len(scenarios) == 2
    with Bench() as bench:
        lockstep = Lockstep(ModelReference(), bench.open())
        for scenario in scenarios:
            result = lockstep.run(scenario)
            assert (result.packets, result.divergences) == (2, [])


def test_its_links_lead_somewhere() -> None:
    links = re.findall(r"\]\((?!http)([^)#]+)\)", README)
    assert links
    assert [link for link in links if not (ROOT / link).exists()] == []


def test_it_names_every_command_once() -> None:
    named = re.findall(r"^\| `twinpath (\w+)", README, re.MULTILINE)
    assert sorted(named) == sorted(COMMANDS)


def test_its_exit_codes_are_those_of_the_commands() -> None:
    table = re.findall(r"^\| (\d) \| ", README, re.MULTILINE)
    assert [int(code) for code in table] == sorted(ExitCode)
