"""What is done where a round ends in a divergence, or a packet is refused by the kernel."""

from __future__ import annotations

import shutil
from hashlib import blake2b
from pathlib import Path
from typing import Final, NamedTuple

from harness.compare.describe import value_words
from harness.datapath.bench import SOURCE
from harness.findings import Cause, Circumstances, cause, investigate, note
from harness.fuzz.corpus.store import save_case
from harness.fuzz.round import Walked
from harness.fuzz.settings import Settings
from harness.lockstep.engine import Lockstep
from harness.lockstep.reproduce import Signature, fields_of, signature, up_to
from harness.lockstep.result import Divergence
from harness.step import Scenario
from model.domain.reason import Reason

MAXIMUM_REFUSED: Final = 8
"""Refused packets that one process saves: a frame that no kernel runs is soon seen."""

MAXIMUM_SIGHTS: Final = 6
"""So many divergences of one signature are looked into; a fault can show in every packet."""


class Sight(NamedTuple):
    """What of a divergence can be told before it is looked into; a cause has a few of these."""

    signature: Signature
    fields: str
    reason: Reason | None
    counted: Reason | None


def sight(divergence: Divergence) -> Sight:
    """A divergence as it is seen first."""
    prediction = divergence.prediction
    reason = None if prediction is None else prediction.reason
    counted = divergence.counted_reason
    return Sight(signature(divergence), fields_of(divergence), reason, counted)


class Discoveries:
    """Divergences by their causes: one of each is saved, the others are counted.

    Those that look alike are looked into once, and of those with one signature a few at most. What
    comes out is one finding if it has the cause of a known one.
    """

    def __init__(self, lockstep: Lockstep, settings: Settings) -> None:
        self.lockstep = lockstep
        self.settings = settings
        path = None if settings.object_path == SOURCE else settings.object_path
        self.circumstances = Circumstances(settings.loader.value, path)
        self.names: dict[Sight, str] = {}
        self.folders: dict[str, Path | None] = {}
        self.kinds_refused: set[str] = set()

    def diverged(
        self, divergence: Divergence, findings: list[dict[str, object]], duplicates: list[str]
    ) -> None:
        """Save a divergence and add it to the findings, or its name to those known already."""
        seen = sight(divergence)
        name = self.names.get(seen) or self.name_of_many(seen.signature)
        if name is not None:
            duplicates.append(name)
            return
        finding, folder = self.look_into(up_to(divergence))
        name = str(finding["cause"])
        if name not in self.folders:
            self.folders[name] = folder
            findings.append(finding)
        else:
            duplicates.append(name)
            if folder is not None and folder != self.folders[name]:
                shutil.rmtree(folder)
        self.names[seen] = name

    def name_of_many(self, one: Signature) -> str | None:
        """The first name under a signature, once enough that have it have been looked into."""
        known = [name for other, name in self.names.items() if other.signature == one]
        return known[0] if len(known) >= MAXIMUM_SIGHTS else None

    def look_into(self, found: Divergence) -> tuple[dict[str, object], Path | None]:
        """A divergence as a finding, and the folder in which it has been saved, if there is one."""
        folder = self.settings.findings
        if folder is None:
            return {"cause": name_of(signature(found))}, None
        look_into = investigate if self.settings.shrink else note
        finding = look_into(self.lockstep, found, folder, self.circumstances)
        name = name_of(signature(found))
        if self.settings.shrink:
            name = f"{name} #{digest(cause(finding.divergence))}"
        saved = None if finding.scenario_file is None else finding.scenario_file.parent
        return {"cause": name, **finding.as_object(), "problem": finding.problem}, saved

    def refused(self, walked: Walked) -> None:
        """Save the first packet that the kernel would not run, for each of its reasons."""
        folder = self.settings.refused
        for error, place in walked.refused.items():
            if folder is not None and error not in self.kinds_refused:
                if len(self.kinds_refused) < MAXIMUM_REFUSED:
                    case = Scenario("refused", "refused", walked.topology, (walked.steps[place],))
                    save_case(folder, case)
                self.kinds_refused.add(error)


def digest(one: Cause) -> str:
    """A cause in four characters, for those that share a signature."""
    (kind, *words), *rest = one
    text = "\0".join((kind.value, *words, *map(value_words, rest)))
    return blake2b(text.encode(), digest_size=2).hexdigest()


def name_of(one: Signature) -> str:
    """A signature in words."""
    return " ".join(word for word in (one.kind.value, one.field, one.clause) if word)
