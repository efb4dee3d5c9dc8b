"""The line of the model that a divergence is put down to: where a note was taken.

Notes say clause and words, not where they are from. So the model is asked once more with an eye on
who calls `Trace.note`.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import NamedTuple

from harness.errors import UserError
from harness.lockstep.alone import walk_alone
from harness.lockstep.free_choice import always
from harness.lockstep.result import Divergence
from harness.reference import ModelReference
from harness.step import PacketStep
from harness.store.records import Place
from harness.subject import Draw, Prediction
from model.domain.packet import Packet
from model.trace import Trace


class NotePlace(NamedTuple):
    """A note's clause, and the line that took it."""

    clause: str
    file: Path
    line: int


class WatchedReference(ModelReference):
    """The model; `places` are those of the last packet's notes, in order."""

    def __init__(self) -> None:
        super().__init__()
        self.places: list[NotePlace] = []

    def predict(self, packet: Packet, draw: Draw) -> Prediction:
        """What the packet would bring about."""
        self.places = []
        with watched(self.places):
            return super().predict(packet, draw)


@contextmanager
def watched(places: list[NotePlace]) -> Iterator[None]:
    """Within this every call of `Trace.note` in this thread is put down."""
    note = Trace.note.__code__

    def called(frame: FrameType, event: str, _argument: object) -> None:
        if event == "call" and frame.f_code is note and frame.f_back is not None:
            caller = frame.f_back
            file = Path(caller.f_code.co_filename)
            places.append(NotePlace(frame.f_locals["clause"], file, caller.f_lineno))

    before = sys.getprofile()
    sys.setprofile(called)
    try:
        yield
    finally:
        sys.setprofile(before)


def locate_in_model(divergence: Divergence, clause: str, root: Path) -> Place | None:
    """Where the model took its last note under a clause, or its last of all; None without notes.

    Free choices are answered as the divergence's prediction answered them.
    """
    reference = WatchedReference()
    draws = divergence.prediction.draws if divergence.prediction is not None else ()
    choice = draws[0].number if draws else 0
    try:
        last_packet(reference, divergence, choice)
    except UserError:
        return None
    places = [one for one in reference.places if one.clause == clause] or reference.places
    if not places:
        return None
    found = places[-1]
    text = found.file.read_text(encoding="utf-8").splitlines()[found.line - 1].strip()
    file = found.file.relative_to(root) if found.file.is_relative_to(root) else found.file
    return Place(str(file), found.line, text)


def last_packet(reference: WatchedReference, divergence: Divergence, choice: int) -> None:
    """Walk to the last packet of a divergence."""
    walk = walk_alone(reference, divergence.scenario, lambda _number: always(choice))
    for index, (step, _) in enumerate(walk):
        if index >= divergence.index and isinstance(step, PacketStep):
            return
