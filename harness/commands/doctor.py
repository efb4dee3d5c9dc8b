"""`twinpath doctor`: what this machine can and cannot do."""

from __future__ import annotations

import click
from rich.table import Table
from rich.text import Text

from harness.commands.exit_codes import ExitCode
from harness.kernel.capabilities import EVERYTHING, Capability, capabilities
from harness.report.console import out, print_json
from harness.report.tables import plain_table


@click.command(name="doctor")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def command(as_json: bool) -> int:
    """Say what this machine can do, and which command mends what it cannot.

    Exit code 0: everything works; 4: something is missing, but comparisons are possible; 5: no
    comparison can take place here.
    """
    found = capabilities()
    if as_json:
        print_json({"checks": [one._asdict() for one in found], "usable": is_usable(found)})
    else:
        out.print(table(found))
        for one in found:
            if one.remedy:
                out.print(Text(f"to mend '{one.name}': {one.remedy}"), soft_wrap=True)
    if not is_usable(found):
        return ExitCode.NOTHING_COMPARED
    return ExitCode.AGREEMENT if all(one.ok for one in found) else ExitCode.USAGE


def is_usable(found: list[Capability]) -> bool:
    """Whether the main job can be done at all."""
    return all(one.ok for one in found if one.needed_for == EVERYTHING)


def table(found: list[Capability]) -> Table:
    """The checks, a row each."""
    result = plain_table(["", "check", "found", "needed for"])
    for one in found:
        mark = Text("ok", style="green") if one.ok else Text("lacks", style="bold red")
        result.add_row(mark, Text(one.name), Text(one.detail), Text(one.needed_for))
    return result
