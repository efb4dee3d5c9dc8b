"""Changes of the datapath for gates to judge."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Final, NamedTuple

from tests.commands.command_line import ROOT

CONNTRACK: Final = ROOT / "corpora" / "scenarios" / "conntrack"
RESET: Final = CONNTRACK / "ct-5-reset-by-the-opener.yaml"
PING: Final = CONNTRACK / "ct-8-ping.yaml"


class Change(NamedTuple):
    """A text in a file of bpf/, and what takes its place."""

    file: str
    text: str
    becomes: str

    def line(self) -> int:
        """Where the text begins."""
        before, found, _ = (ROOT / "bpf" / self.file).read_text().partition(self.text)
        assert found, f"{self.file} has no {self.text!r} any more"
        return before.count("\n") + 1


BUG: Final = Change(
    "flow.h",
    "return configuration->tcp_closing_timeout;",
    "return configuration->tcp_established_timeout;",
)
"""Closed flows live on: RESET shows it."""

OTHER_BUG: Final = Change(
    "flow.h",
    "return configuration->other_timeout;",
    "return configuration->tcp_established_timeout;",
)
"""Flows that are no TCP live too long: PING shows it."""

HIDDEN_BUG: Final = Change("flow.h", "if (tcp & TCP_RST)", "if ((tcp & TCP_RST) && !reply)")
"""An RST from the other end closes nothing: RESET comes by the line, and does not show it."""

REFACTORING: Final = Change(
    "flow.h",
    "if (flow_is_closed(flags))\n\t\treturn configuration->tcp_closing_timeout;\n",
    "const __u64 closing = configuration->tcp_closing_timeout;\n\n"
    "\tif (flow_is_closed(flags))\n\t\treturn closing;\n",
)
"""The same by another way."""

HEAVIER: Final = Change(
    "datapath.h",
    "\t/* None of them is missing: the verifier does not know. */\n",
    "\tfor (volatile int turn = 0; turn < 3000; turn++)\n\t\t;\n",
)
"""Does the same after going round in a loop, each round of which the verifier walks."""


def datapath(folder: Path, *changes: Change) -> Path:
    """A copy of bpf/ below a new folder, with changes."""
    copy = folder / "bpf"
    shutil.copytree(ROOT / "bpf", copy)
    for change in changes:
        make(copy, change)
    return copy


def make(copy: Path, change: Change) -> None:
    """Change one text in a copy of bpf/."""
    file = copy / change.file
    text = file.read_text()
    assert text.count(change.text) == 1, f"{change.file} has no single {change.text!r} any more"
    file.write_text(text.replace(change.text, change.becomes))


def repository(folder: Path) -> Path:
    """A copy of all that a gate needs of this repository."""
    for name in ("bpf", "model", "harness"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("ci/verifier-limits.toml", "corpora/survivors.toml"):
        (folder / name).parent.mkdir()
        shutil.copy(ROOT / name, folder / name)
    regressions = folder / "corpora" / "scenarios" / "regressions"
    regressions.mkdir(parents=True)
    shutil.copy(RESET, regressions)
    return folder
