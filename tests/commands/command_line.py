"""`twinpath` as users call it, and files for it to read."""

from __future__ import annotations

import json
import os
import struct
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from scapy.layers.inet import IP, UDP
from scapy.layers.l2 import Ether
from scapy.packet import Raw

from harness.commands.main import run

ROOT = Path(__file__).parents[2]
PROGRAM = Path(sys.executable).with_name("twinpath")
SHOP = """\
name: shop
clauses: [LB-1]
topology:
  identities: [pods]
  peers:
    server: {ipv4: 10.0.3.1}
    other: {ipv4: 203.0.113.9}
  endpoints:
    client: {identity: pods, ipv4: 10.0.1.5}
  services:
    web:
      frontends: [{ipv4: 10.96.0.10, port: 80}]
      backends: {one: {ipv4: 10.0.3.1, port: 8080}}
      maglev_size: 251
steps:
  - {from: client, packet: 'IP(dst="other")/UDP(sport=1000, dport=53)'}
  - {from: client, packet: 'IP(dst="web")/TCP(sport=40000, dport=80, flags="S")', note: first}
  - {advance: 1s}
  - {to: client, packet: 'IP(src="server")/TCP(sport=8080, dport=40000, flags="SA")'}
  - {from: client, packet: 'IP(dst="web")/TCP(sport=40000, dport=80, flags="A")'}
"""
PLAIN = """\
name: plain
clauses: [CT-1, CT-11]
families: [ipv4, ipv6]
topology:
  identities: [pods]
  peers: {server: {ipv4: 10.0.3.1, ipv6: "fd00:3::1"}}
  endpoints:
    client: {identity: pods, ipv4: 10.0.1.5, ipv6: "fd00:1::5"}
steps:
  - {from: client, packet: 'IP(dst="server")/UDP(sport=1000, dport=53)'}
"""
ETHERNET = Ether(src="02:00:00:00:00:0a", dst="02:ff:00:00:00:01")
QUESTION = bytes(ETHERNET / IP(src="10.0.1.5", dst="203.0.113.9") / UDP(sport=1, dport=53))
JUMBO = bytes(ETHERNET / IP(src="10.0.1.5", dst="203.0.113.9") / UDP() / Raw(bytes(16_100)))
ETHERNET_LINKS, COOKED_LINKS, USB_LINKS = 1, 113, 189


@dataclass(frozen=True)
class Finished:
    """A command that has ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> dict[str, Any]:
        """The one JSON object on standard output."""
        found = json.loads(self.out)
        assert isinstance(found, dict)
        return found


@dataclass(frozen=True)
class Shell:
    """Calls the command line, in this process or as one of its own."""

    capture: pytest.CaptureFixture[str]

    def run(self, *arguments: object) -> Finished:
        """In this process."""
        self.capture.readouterr()
        code = run([str(one) for one in arguments])
        return Finished(code, *self.capture.readouterr())


def twinpath(
    *arguments: object, folder: Path | None = None, environment: Mapping[str, str] | None = None
) -> Finished:
    """In a process of its own."""
    done = subprocess.run(
        [str(PROGRAM), *(str(one) for one in arguments)],
        cwd=folder,
        env={**os.environ, **(environment or {})},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return Finished(done.returncode, done.stdout, done.stderr)


def bash(line: str, folder: Path | None = None) -> Finished:
    """A line in a shell that finds the program; the exit code is the first command's of a pipe."""
    done = subprocess.run(
        ["bash", "-c", f"{line}\nexit ${{PIPESTATUS[0]}}"],
        cwd=folder,
        env={**os.environ, "PATH": f"{PROGRAM.parent}:{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return Finished(done.returncode, done.stdout, done.stderr)


def capture_file(path: Path, *frames: bytes, link_type: int = ETHERNET_LINKS) -> Path:
    """A pcap file, a millisecond between two packets."""
    header = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262144, link_type)
    records = [
        struct.pack("<IIII", *divmod(number * 1000, 1_000_000), len(frame), len(frame)) + frame
        for number, frame in enumerate(frames)
    ]
    path.write_bytes(header + b"".join(records))
    return path


def only_line(finished: Finished) -> str:
    """The one line on standard error; nothing else may have been printed there."""
    assert finished.err.count("\n") == 1, finished.err
    assert "Traceback" not in finished.err + finished.out
    assert finished.err.startswith("twinpath: "), finished.err
    return finished.err.removeprefix("twinpath: ").rstrip("\n")
