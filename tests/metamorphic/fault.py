"""Planted faults: a copy of the datapath's source in which one text is another."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from harness.datapath.bench import SOURCE


@dataclass(frozen=True)
class Fault:
    """In one of the datapath's headers, `wrong` stands where `right` should, which is there once.

    `meaning` says what a packet notices.
    """

    header: str
    right: str
    wrong: str
    meaning: str

    def plant(self, folder: Path) -> Path:
        """Copy the source, fault and all, into a folder that is not there yet; its main file."""
        shutil.copytree(SOURCE.parent, folder)
        header = folder / self.header
        text = header.read_text("utf-8")
        found = text.count(self.right)
        assert found == 1, f"{self.header} has {self.right!r} {found} times: renew this fault"
        header.write_text(text.replace(self.right, self.wrong), "utf-8")
        return folder / SOURCE.name
