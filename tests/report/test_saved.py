"""A divergence is kept as a folder: readable by people, by Wireshark and by `twinpath replay`."""

from __future__ import annotations

import fcntl
import multiprocessing
import os
import re
import resource
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console
from scapy.utils import PcapNgReader

from harness.errors import UserError
from harness.report.saved import SeenPacket, folder_name, remove_leftovers, save
from tests.lockstep.world import enters, leaves, scenario

TEXT = "name: example\n"
PACKETS = [
    SeenPacket("1 in: the handshake begins", leaves().packet.data, 1_000_000_000_000),
    SeenPacket("1 model: pass", leaves().packet.data, 1_000_000_000_000),
    SeenPacket("1 datapath (libbpf): drop", enters().packet.data, 1_000_500_000_000),
]
FILES = {"scenario.yaml", "packets.pcapng", "divergence.txt"}


def write_screen(console: Console) -> None:
    console.print("[bold red]it differs[/]", markup=True)


def save_example(parent: Path, text: str = TEXT, packets: list[SeenPacket] | None = None) -> Path:
    return save(parent, "example-1234abcd", text, packets or PACKETS, write_screen)


@contextmanager
def files_limited_to(count: int) -> Iterator[None]:
    """Within this no file can grow beyond so many bytes: what a full disk looks like."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (count, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, ignored)


def test_the_folder_has_three_files(tmp_path: Path) -> None:
    folder = save_example(tmp_path / "not" / "there" / "yet")
    assert {path.name for path in folder.iterdir()} == FILES
    assert (folder / "scenario.yaml").read_text() == TEXT
    assert [path.name for path in folder.parent.iterdir()] == [folder.name]


def test_the_packets_have_comments_and_the_very_bytes(tmp_path: Path) -> None:
    odd = bytes(12) + b"\x08\x00" + bytes.fromhex("4f0000ff0001")
    packets = [*PACKETS, SeenPacket("2 in: cut", odd, 1_001_000_000_000)]
    folder = save_example(tmp_path, packets=packets)
    with PcapNgReader(str(folder / "packets.pcapng")) as reader:
        read = list(reader)
    assert [packet.comments for packet in read] == [[one.comment.encode()] for one in packets]
    assert [packet.original for packet in read] == [one.frame for one in packets]
    assert [float(packet.time) for packet in read] == [1000.0, 1000.0, 1000.5, 1001.0]
    assert type(read[0]).__name__ == "Ether"


def test_the_screen_is_plain_text_whatever_the_environment_wants(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    folder = save_example(tmp_path)
    assert (folder / "divergence.txt").read_text() == "it differs\n"


def test_a_folder_that_is_there_is_left_alone(tmp_path: Path) -> None:
    folder = save_example(tmp_path)
    (folder / "notes.txt").write_text("mine")
    assert save_example(tmp_path, text="other\n") == folder
    assert (folder / "scenario.yaml").read_text() == TEXT
    assert (folder / "notes.txt").read_text() == "mine"


def test_names_are_readable_and_follow_the_content() -> None:
    name = folder_name(scenario(), TEXT)
    assert name.startswith("example-")
    assert name == folder_name(scenario(), TEXT)
    assert name != folder_name(scenario(), TEXT + " ")


@pytest.mark.parametrize(
    "name", ["../../etc", "a/b", "ä" * 100, "half-close[ipv4]", "", "-rf"], ids=ascii
)
def test_whatever_the_scenarios_name_the_folder_is_one_below(name: str) -> None:
    assert re.fullmatch(
        r"[a-z0-9][a-z0-9-]{0,39}-[0-9a-f]{8}", folder_name(replace(scenario(), name=name), TEXT)
    )


@pytest.mark.parametrize("limit", [0, 4, 300])
def test_a_full_disk_leaves_nothing_half_written(tmp_path: Path, limit: int) -> None:
    """The scenario file does not fit, or the packets do not."""
    with files_limited_to(limit), pytest.raises(UserError) as raised:
        save_example(tmp_path)
    assert str(raised.value) == (
        f"{tmp_path}: the divergence cannot be saved there: File too large; "
        "name another folder by --save"
    )
    assert list(tmp_path.iterdir()) == []


def test_a_screen_that_cannot_be_written_leaves_nothing_either(tmp_path: Path) -> None:
    def full(_console: Console) -> None:
        raise OSError(28, "No space left on device")

    with pytest.raises(UserError, match="No space left"):
        save(tmp_path, "example", TEXT, PACKETS, full)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("place", ["/proc/divergences", "/dev/null/divergences"])
def test_a_place_that_cannot_be_written_is_named(place: str) -> None:
    with pytest.raises(UserError) as raised:
        save_example(Path(place))
    assert str(raised.value).startswith(f"{place}: the divergence cannot be saved there: ")


def test_an_interrupt_leaves_nothing_half_written(tmp_path: Path) -> None:
    def interrupted(_console: Console) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        save(tmp_path, "example", TEXT, PACKETS, interrupted)
    assert list(tmp_path.iterdir()) == []


def test_what_a_killed_run_left_is_cleared_away(tmp_path: Path) -> None:
    """A child is killed while it writes the screen."""

    def killed() -> None:
        save(tmp_path, "example", TEXT, PACKETS, lambda _: os.kill(os.getpid(), signal.SIGKILL))

    child = multiprocessing.get_context("fork").Process(target=killed)
    child.start()
    child.join()
    assert child.exitcode == -signal.SIGKILL
    (left,) = tmp_path.iterdir()
    assert left.name.startswith(".saving-")
    remove_leftovers(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_what_another_run_is_writing_is_not(tmp_path: Path) -> None:
    def clear_meanwhile(_console: Console) -> None:
        remove_leftovers(tmp_path)

    folder = save(tmp_path, "example", TEXT, PACKETS, clear_meanwhile)
    assert {path.name for path in folder.iterdir()} == FILES


def test_a_folder_cleared_away_before_it_was_locked_is_made_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cleared = 0

    def late(descriptor: int, operation: int) -> None:
        """The other run is quicker, once."""
        nonlocal cleared
        if cleared == 0:
            cleared = 1
            remove_leftovers(tmp_path)
        real(descriptor, operation)

    real = fcntl.flock
    monkeypatch.setattr(fcntl, "flock", late)
    folder = save_example(tmp_path)
    assert cleared == 1
    assert {path.name for path in folder.iterdir()} == FILES


def test_two_runs_that_save_the_same_get_one_whole_folder(tmp_path: Path) -> None:
    def other_is_quicker(_console: Console) -> None:
        if not (tmp_path / "example-1234abcd").exists():
            save_example(tmp_path, text="the other\n")

    folder = save(tmp_path, "example-1234abcd", TEXT, PACKETS, other_is_quicker)
    assert (folder / "scenario.yaml").read_text() == "the other\n"
    assert [path.name for path in tmp_path.iterdir()] == [folder.name]


def test_leftovers_of_a_folder_that_is_not_there_are_none(tmp_path: Path) -> None:
    remove_leftovers(tmp_path / "nothing")
    assert list(tmp_path.iterdir()) == []
