"""What is done where a round ends in a divergence, or a packet is refused by the kernel."""

from __future__ import annotations

from typing import Final

from harness.datapath.bench import SOURCE
from harness.findings import Circumstances, investigate, note
from harness.fuzz.corpus.store import save_case
from harness.fuzz.round import Walked
from harness.fuzz.settings import Settings
from harness.lockstep.engine import Lockstep
from harness.lockstep.reproduce import Signature, signature, up_to
from harness.lockstep.result import Divergence
from harness.step import Scenario

MAXIMUM_REFUSED: Final = 8
"""Refused packets that one process saves: a frame that no kernel runs is soon seen."""


class Discoveries:
    """Divergences by what makes them the same: each is looked into once, and counted after that."""

    def __init__(self, lockstep: Lockstep, settings: Settings) -> None:
        self.lockstep = lockstep
        self.settings = settings
        path = None if settings.object_path == SOURCE else settings.object_path
        self.circumstances = Circumstances(settings.loader.value, path)
        self.known: set[str] = set()
        self.kinds_refused: set[str] = set()

    def diverged(
        self, divergence: Divergence, findings: list[dict[str, object]], duplicates: list[str]
    ) -> None:
        """Save a divergence and add it to the findings, or its name to those known already."""
        name = name_of(signature(divergence))
        if name in self.known:
            duplicates.append(name)
            return
        self.known.add(name)
        folder = self.settings.findings
        if folder is None:
            findings.append({"cause": name})
            return
        found = up_to(divergence)
        look_into = investigate if self.settings.shrink else note
        finding = look_into(self.lockstep, found, folder, self.circumstances)
        findings.append({"cause": name, **finding.as_object(), "problem": finding.problem})

    def refused(self, walked: Walked) -> None:
        """Save the first packet that the kernel would not run, for each of its reasons."""
        folder = self.settings.refused
        for error, place in walked.refused.items():
            if folder is not None and error not in self.kinds_refused:
                if len(self.kinds_refused) < MAXIMUM_REFUSED:
                    case = Scenario("refused", "refused", walked.topology, (walked.steps[place],))
                    save_case(folder, case)
                self.kinds_refused.add(error)


def name_of(one: Signature) -> str:
    """A signature in words."""
    return " ".join(word for word in (one.kind.value, one.field, one.clause) if word)
