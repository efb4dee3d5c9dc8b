"""A divergence kept as a folder: the scenario, its packets as both sides saw them, the screen."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from rich.console import Console

from harness.errors import UserError
from harness.lockstep.reproduce import is_long
from harness.lockstep.result import Divergence
from harness.scratch import remove_scratch, scratch_folder
from harness.step import Scenario

SCENARIO_FILE: Final = "scenario.yaml"
PACKETS_FILE: Final = "packets.pcapng"
SCREEN_FILE: Final = "divergence.txt"
SCREEN_WIDTH: Final = 160
UNFINISHED: Final = ".saving-"
UNEXAMINED: Final = "unexamined"
"""Below the folder for divergences: those that nobody has had the time to look into."""

ETHERNET: Final = 1
"""Link type in pcapng files."""


@dataclass(frozen=True, slots=True)
class SeenPacket:
    """A frame with its comment and time, as it goes into the pcapng file."""

    comment: str
    frame: bytes
    nanoseconds: int


def folder_name(scenario: Scenario, content: str) -> str:
    """Name of a divergence's folder: readable, and the same for the same content."""
    readable = re.sub(r"[^a-z0-9]+", "-", scenario.name.lower())[:40].strip("-")
    return f"{readable or 'divergence'}-{hashlib.sha256(content.encode()).hexdigest()[:8]}"


def scenario_text(divergence: Divergence) -> str:
    """The divergence's steps as a scenario file. Raises UserError where no file can hold them.

    What the whole scenario claims to cover is not claimed of a part of it.
    """
    from harness.scenario.document import MAXIMUM_BYTES  # noqa: PLC0415 - imports YAML
    from harness.scenario.write import write_scenario  # noqa: PLC0415 - imports Scapy

    if not is_long(divergence):
        text = write_scenario(replace(divergence.scenario, clauses=(), misses=()))
        if len(text.encode()) <= MAXIMUM_BYTES:
            return text
    raise UserError(
        f"{divergence.scenario.path}: the {divergence.index + 1:,} steps to the divergence are too "
        "many to be saved; replay it from there"
    )


def save(
    parent: Path,
    name: str,
    text: str,
    packets: Iterable[SeenPacket],
    write_screen: Callable[[Console], None],
) -> Path:
    """Write a divergence's folder, whole or not at all; one that is there already is left alone.

    Raises UserError where it cannot be written.
    """
    folder = parent / name
    if folder.exists():
        return folder
    try:
        parent.mkdir(parents=True, exist_ok=True)
        with scratch_folder(parent, UNFINISHED) as scratch:
            unfinished = scratch / "divergence"
            unfinished.mkdir()
            (unfinished / SCENARIO_FILE).write_text(text, encoding="utf-8")
            write_packets(unfinished / PACKETS_FILE, packets)
            with (unfinished / SCREEN_FILE).open("w", encoding="utf-8") as file:
                write_screen(plain_console(file))
            move(unfinished, folder)
    except OSError as error:
        problem = f"the divergence cannot be saved there: {error.strerror or type(error).__name__}"
        raise UserError(f"{parent}: {problem}; name another folder by --save") from error
    return folder


def move(unfinished: Path, folder: Path) -> None:
    """Give a complete folder its name, unless another run has just saved the same."""
    try:
        unfinished.replace(folder)
    except OSError:
        if not folder.exists():
            raise


def remove_leftovers(parent: Path) -> None:
    """Clear away what a killed run left half-written."""
    remove_scratch(parent, UNFINISHED)


def plain_console(file: Any) -> Console:
    """A console that writes plain text, whatever the environment says of colours."""
    return Console(
        file=file, width=SCREEN_WIDTH, highlight=False, force_terminal=False, color_system=None
    )


def write_packets(path: Path, packets: Iterable[SeenPacket]) -> None:
    """A pcapng file with a comment on every packet."""
    from scapy.packet import Raw  # noqa: PLC0415 - slow to import
    from scapy.utils import PcapNgWriter  # noqa: PLC0415

    writer = PcapNgWriter(str(path))
    writer.linktype = ETHERNET
    try:
        for seen in packets:
            packet: Any = Raw(seen.frame)  # not dissected: the very bytes have to be kept
            packet.comments = [seen.comment.encode()]
            packet.time = seen.nanoseconds / 10**9
            writer.write(packet)
    finally:
        writer.close()
