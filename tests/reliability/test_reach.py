"""Nothing that a scenario or a capture says reaches a shell, another folder or a network."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.capture.files import enhanced, ethernet, interface, section
from tests.commands.command_line import PLAIN, ROOT, Finished

WATCHED = Path(__file__).with_name("watched.py")
PACKET = """'IP(dst="server")/UDP(sport=1000, dport=53)'"""
TOUCH = "touch taken"


def watched(folder: Path, *arguments: str) -> Finished:
    """Run a command line under watch in a folder."""
    done = subprocess.run(
        [sys.executable, WATCHED, folder, *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT), "HOME": str(folder)},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    return Finished(done.returncode, done.stdout, done.stderr)


def deeds(done: Finished) -> list[str]:
    return [line for line in done.out.splitlines() if line.startswith("DEED ")]


def packet(text: str) -> str:
    return PLAIN.replace(PACKET, text)


HOSTILE = {
    "call": packet(f"""'__import__("os").system("{TOUCH}")'"""),
    "call in a field": packet(f"""'IP(dst=__import__("os").system("{TOUCH}"))'"""),
    "attribute": packet("""'IP.__class__.__mro__[1].__subclasses__()'"""),
    "lambda": packet(f"""'(lambda: __import__("os").system("{TOUCH}"))()'"""),
    "comprehension": packet(f"""'[__import__("os").system("{TOUCH}") for _ in (1,)]'"""),
    "f-string": packet("""'Raw(load=f"{open(chr(47)+chr(101))}")'"""),
    "format": packet("""'Raw(load="{0.__class__}".format(1))'"""),
    "a name to look up": packet("""'IP(dst="example.org")/UDP()'"""),
    "Scapy's own net": packet("""'IP(dst=Net("example.org"))/UDP()'"""),
    "sending": packet("""'sr1(IP(dst="server"))'"""),
    "backquotes": packet(f"""'IP(dst="`{TOUCH}`")'"""),
    "tag of an object": PLAIN.replace(
        "name: plain", f"name: !!python/object/apply:os.system ['{TOUCH}']"
    ),
    "tag of a module": PLAIN.replace("name: plain", "name: !!python/module:antigravity"),
    "name with commands": PLAIN.replace("name: plain", f"name: 'x; {TOUCH}; $({TOUCH})'"),
    "absolute topology": "topology: /etc/passwd\nsteps: []\n",
    "topology above": "topology: ../secret.yaml\nsteps: []\n",
    "topology by a link": "topology: link.topology.yaml\nsteps: []\n",
    "topology on a device": "topology: /dev/stdin\nsteps: []\n",
    "absolute capture": packet("x").replace("packet: x", "capture: /etc/passwd, record: 1"),
    "capture above": packet("x").replace("packet: x", "capture: ../secret.pcap, record: 1"),
    "capture by a link": packet("x").replace("packet: x", "capture: link.pcap, record: 1"),
    "capture on the net": packet("x").replace(
        "packet: x", "capture: 'tcp://127.0.0.1/x', record: 1"
    ),
    "capture of a command": packet("x").replace("packet: x", f"capture: '|{TOUCH}', record: 1"),
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_a_scenario_reaches_nothing(tmp_path: Path, text: str) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    for name in ("secret.yaml", "secret.pcap"):
        (tmp_path / name).write_text("a secret\n")
    (folder / "link.topology.yaml").symlink_to(tmp_path / "secret.yaml")
    (folder / "link.pcap").symlink_to(tmp_path / "secret.pcap")
    (folder / "case.yaml").write_text(text)
    done = watched(folder, "explain", "case.yaml")
    assert deeds(done) == []
    assert done.code in (0, 4), done.err
    assert "a secret" not in done.out + done.err
    assert not (folder / "taken").exists()


def test_the_watch_sees_what_it_is_there_for(tmp_path: Path) -> None:
    """Opening a file elsewhere is a deed, if a user names it: so the other tests can fail."""
    folder = tmp_path / "folder"
    folder.mkdir()
    (tmp_path / "other.yaml").write_text(PLAIN)
    (deed,) = set(deeds(watched(folder, "explain", "../other.yaml")))
    assert deed == f"DEED open {tmp_path}/other.yaml"


def test_a_capture_reaches_nothing(tmp_path: Path) -> None:
    """Names and comments in a capture are bytes: an interface called like a command, say."""
    frame = enhanced(ethernet(b"$(touch taken); `touch taken`" * 3))
    (tmp_path / "x.pcapng").write_bytes(section() + interface() + frame)
    (tmp_path / "x.map.yaml").write_text("topology: ../../secret.yaml\n")
    for arguments in (("explain", "x.pcapng"), ("run", "--list", "x.pcapng")):
        done = watched(tmp_path, *arguments)
        assert deeds(done) == []
        assert done.code in (0, 4, 5), done.err
    assert not (tmp_path / "taken").exists()
