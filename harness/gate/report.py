"""A gate's outcome for people, for pipelines and for machines."""

from __future__ import annotations

from collections.abc import Iterator

from rich.text import Text

from harness.gate.outcome import Outcome
from harness.gate.tree import Tree
from harness.mutate.report.annotations import annotation_lines as mutant_lines
from harness.report.annotations import annotation_lines, command
from harness.report.console import out, print_json
from harness.report.summary import counted
from harness.report.tables import plain_table
from harness.report.terminal import stored_run


def show(outcome: Outcome, base: Tree, annotated: bool) -> None:
    """The screen: divergences, stages, what else is wrong, the verdict last."""
    if outcome.run is not None:
        out.print(stored_run(outcome.run))
    table = plain_table(("stage", "state", "what"), ("seconds",))
    for one in outcome.stages:
        table.add_row(one.name, one.state.value, Text(one.words), f"{one.seconds:.1f}")
    out.print(table)
    for line in lines(outcome):
        out.print(Text(line), soft_wrap=True)
    if annotated:
        for line in workflow_commands(outcome):
            out.print(Text(line), soft_wrap=True)
    good = not outcome.exit_code()
    out.print(Text(verdict(outcome, base), "bold green" if good else "bold red"), soft_wrap=True)


def lines(outcome: Outcome) -> Iterator[str]:
    """Figures, notes, survivors and complaints, a line each."""
    yield from (str(one) for one in outcome.costs)
    yield from outcome.notes
    for one in outcome.survivors:
        yield f"mutant survives: {one.mutant.where}: {one.mutant.operator}"
    yield from (f"fails: {line}" for line in outcome.complaints())


def workflow_commands(outcome: Outcome) -> Iterator[str]:
    """Workflow commands: divergences at their lines, everything else without one."""
    if outcome.run is not None:
        yield from annotation_lines(outcome.run)
    yield from mutant_lines(outcome.survivors)
    for line in outcome.complaints():
        yield command("error", line, title="twinpath gate")


def verdict(outcome: Outcome, base: Tree) -> str:
    """The last line."""
    if not outcome.exit_code():
        return f"gate: passes, nothing is new against {base.name}"
    parts = []
    if outcome.new_divergences:
        parts.append(counted(outcome.new_divergences, "new divergence"))
    others = sum(1 for _ in outcome.complaints())
    if others:
        parts.append(counted(others, "complaint"))
    if outcome.interrupted:
        parts.append("interrupted")
    parts += [f"{one.name} {one.state.value}" for one in outcome.missing]
    if not outcome.is_compared:
        parts.append("nothing was compared")
    return f"gate: no pass against {base.name}: {', '.join(parts)}"


def show_json(outcome: Outcome) -> None:
    """The outcome as one JSON object."""
    run = outcome.run
    new = () if run is None else run.new
    print_json(
        {
            "exit_code": int(outcome.exit_code()),
            "packets": 0 if run is None else run.packets,
            "steps": 0 if run is None else run.steps,
            "new": [
                {
                    "loader": one.loader,
                    "scenario": one.scenario,
                    "clause": one.clause,
                    "title": one.title,
                    "line": str(one.location.datapath[0]) if one.location.datapath else "",
                    "model_line": str(one.location.model or ""),
                    "replay": one.replay,
                }
                for one in new
            ],
            "not_new": 0 if run is None else len(run.divergences) - len(new),
            "stages": [
                {
                    "name": one.name,
                    "state": one.state.value,
                    "seconds": round(one.seconds, 1),
                    "words": one.words,
                }
                for one in outcome.stages
            ],
            "costs": [
                {
                    "program": one.program,
                    "figure": one.figure,
                    "base": one.base,
                    "head": one.head,
                    "complaint": one.complaint,
                }
                for one in outcome.costs
            ],
            "survivors": [one.mutant.where for one in outcome.survivors],
            "complaints": list(outcome.complaints()),
            "notes": outcome.notes,
            "interrupted": outcome.interrupted,
        }
    )
