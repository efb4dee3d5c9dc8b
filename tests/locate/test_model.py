"""Where the model took a note: by asking it once more."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from harness.locate.model import locate_in_model
from harness.lockstep.engine import Lockstep
from harness.lockstep.result import Divergence
from harness.reference import ModelReference
from model.domain.packet import Outcome, Packet, Verdict
from tests.lockstep.world import Datapath, enters, leaves, scenario

ROOT = Path(__file__).parents[2]


class DropsAnswers(Datapath):
    """Drops the answers that it should pass."""

    def process(self, packet: Packet) -> Outcome:
        outcome = super().process(packet)
        return replace(outcome, verdict=Verdict.DROP) if packet == enters().packet else outcome


@pytest.fixture
def divergence() -> Divergence:
    """An answer that is dropped."""
    steps = leaves(), enters(), leaves(flags="A")
    (found,) = Lockstep(ModelReference(), DropsAnswers()).run(scenario(*steps)).divergences
    return found


@pytest.mark.parametrize("clause", ["CT-2", "CT-3", "CT-11"])
def test_the_place_is_the_line_that_names_the_clause(divergence: Divergence, clause: str) -> None:
    place = locate_in_model(divergence, clause, ROOT)
    assert place is not None
    lines = (ROOT / place.file).read_text().splitlines()
    assert lines[place.line - 1].strip() == place.text
    around = " ".join(lines[place.line - 3 : place.line + 2])
    assert f'"{clause}"' in around


def test_without_a_note_of_the_clause_it_is_the_last_of_all(divergence: Divergence) -> None:
    place = locate_in_model(divergence, "LB-11", ROOT)
    assert place is not None
    assert ".note(" in place.text


def test_free_choices_are_answered_as_they_were(divergence: Divergence) -> None:
    assert divergence.prediction is not None
    assert divergence.prediction.draws == (), "an answer leaves none"
    assert locate_in_model(divergence, "CT-2", ROOT) == locate_in_model(divergence, "CT-2", ROOT)
