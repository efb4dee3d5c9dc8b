"""A divergence kept as a folder: the scenario, its packets as both sides saw them, the screen."""

from __future__ import annotations

import hashlib
import re
import shutil
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from rich.console import Console, RenderableType

from harness.errors import UserError
from harness.lockstep.reproduce import with_steps
from harness.lockstep.result import Divergence
from harness.step import Scenario

SCENARIO_FILE: Final = "scenario.yaml"
PACKETS_FILE: Final = "packets.pcapng"
SCREEN_FILE: Final = "divergence.txt"
SCREEN_WIDTH: Final = 160


@dataclass(frozen=True, slots=True)
class SeenPacket:
    """A frame with its comment and time, as it goes into the pcapng file."""

    comment: str
    frame: bytes
    nanoseconds: int


def folder_name(scenario: Scenario, text: str) -> str:
    """Name of a divergence's folder: readable, and the same for the same scenario text."""
    readable = re.sub(r"[^a-z0-9]+", "-", scenario.name.lower()).strip("-")[:40]
    return f"{readable}-{hashlib.sha256(text.encode()).hexdigest()[:8]}"


def scenario_text(divergence: Divergence) -> str:
    """The divergence's steps as a scenario file."""
    from harness.scenario.write import write_scenario  # noqa: PLC0415 - imports Scapy

    steps = list(divergence.scenario.steps)[: divergence.index + 1]
    return write_scenario(with_steps(divergence.scenario, steps))


def save(
    parent: Path, name: str, text: str, packets: Iterable[SeenPacket], screen: RenderableType
) -> Path:
    """Write a divergence's folder, whole or not at all; one that is there already is left alone."""
    folder = parent / name
    if folder.exists():
        return folder
    try:
        parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=parent, prefix=".saving-") as scratch:
            unfinished = Path(scratch) / name
            unfinished.mkdir()
            (unfinished / SCENARIO_FILE).write_text(text, encoding="utf-8")
            write_packets(unfinished / PACKETS_FILE, packets)
            write_screen(unfinished / SCREEN_FILE, screen)
            unfinished.replace(folder)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise UserError(f"{parent}: the divergence cannot be saved there: {reason}") from error
    return folder


def write_screen(path: Path, screen: RenderableType) -> None:
    """The first screen as plain text."""
    with path.open("w", encoding="utf-8") as file:
        Console(file=file, width=SCREEN_WIDTH, highlight=False).print(screen)


def write_packets(path: Path, packets: Iterable[SeenPacket]) -> None:
    """A pcapng file with a comment on every packet."""
    from scapy.layers.l2 import Ether  # noqa: PLC0415 - slow to import
    from scapy.utils import PcapNgWriter  # noqa: PLC0415

    writer = PcapNgWriter(str(path))
    try:
        for seen in packets:
            packet: Any = Ether(seen.frame)
            packet.comments = [seen.comment.encode()]
            packet.time = seen.nanoseconds / 10**9
            writer.write(packet)
    finally:
        writer.close()


def remove_leftovers(parent: Path) -> None:
    """Clear away what a killed run left half-written."""
    for leftover in parent.glob(".saving-*"):
        shutil.rmtree(leftover, ignore_errors=True)
