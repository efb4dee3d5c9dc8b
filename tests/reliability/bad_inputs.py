"""Bad inputs: files that are wrong in every way that a file can be wrong, by name.

Each must end in one line and exit code 4, or 5 where there is nothing to compare. Wrong types are
made from a good scenario by putting something else in each value's place, one at a time.
"""

from __future__ import annotations

import copy
import gzip
import struct
from collections.abc import Iterator
from typing import Any

import yaml

from tests.capture.files import enhanced, ethernet, interface, pcap_header, pcap_record, section

GOOD = """\
name: good
description: A pod reaches a service.
clauses: [LB-10]
families: [ipv4]
topology:
  identities: [pods]
  peers: {server: {ipv4: 10.0.3.1}}
  networks: {lan: {ipv4: 10.0.0.0/8}}
  endpoints:
    client: {identity: pods, ipv4: 10.0.1.5}
  services:
    web:
      frontends: [{ipv4: 10.96.0.10, port: 80}]
      backends: {one: {ipv4: 10.0.2.1, port: 8080}}
      maglev_size: 251
  rules:
    web_only: client allows egress to any priority 20
steps:
  - {from: client, packet: 'IP(dst="web")/TCP(sport=40000, dport=80, flags="S")', note: first}
  - {advance: 1s}
  - {collect: true}
"""

WRONG: dict[str, Any] = {
    "a mapping": {"zzz": {"zzz": 1}},
    "lists in lists": [[["zzz"]]],
    "nothing known": "\x7fzzz zzz",
}
"""What is put in the place of values; no value may be any of these."""

FREE = {"name", "description", "note"}
"""Values of these may be any text."""


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Paths to every value below a value, its own included."""
    if path:
        yield path
    inner: list[tuple[Any, Any]] = []
    if isinstance(value, dict):
        inner = list(value.items())
    elif isinstance(value, list):
        inner = list(enumerate(value))
    for key, below in inner:
        yield from places(below, (*path, key))


def wrong_types() -> dict[str, str]:
    """The good scenario with a wrong value in each place."""
    good = yaml.safe_load(GOOD)
    found = {}
    for path in places(good):
        for what, wrong in WRONG.items():
            if path[-1] in FREE and isinstance(wrong, str):
                continue
            changed = copy.deepcopy(good)
            around = changed
            for key in path[:-1]:
                around = around[key]
            around[path[-1]] = wrong
            name = ".".join(map(str, path))
            found[f"{name} is {what}"] = yaml.safe_dump(changed, sort_keys=False)
    return found


def chained_aliases(levels: int) -> str:
    """Aliases of aliases: nine to the power of so many levels."""
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    for level in range(1, levels):
        before = ", ".join([f"*a{level - 1}"] * 9)
        lines.append(f"a{level}: &a{level} [{before}]")
    return "\n".join(lines)


TEXTS: dict[str, str | bytes] = {
    "nothing": "",
    "a comment": "# nothing\n",
    "a word": "word\n",
    "a list": "- 1\n- 2\n",
    "a number": "12\n",
    "two documents": f"{GOOD}---\n{GOOD}",
    "a directive": "%YAML 9.9\n---\na: 1\n",
    "an alias of itself": "a: &a [*a]\n",
    "a mapping within itself": "a: &a {b: *a}\n",
    "a key that is an alias": "? &a {b: 1}\n: *a\n",
    "aliases of aliases": chained_aliases(12),
    "a merge": "<<: {a: 1}\n",
    "a tag": "name: !!int 12\n",
    "a tag of Python": "name: !!python/name:os.system\n",
    "deep lists": "name: " + "[" * 60_000,
    "deep mappings": "{a: " * 60_000,
    "deep blocks": "".join(f"{' ' * level}a:\n" for level in range(2000)),
    "deep parentheses": GOOD.replace('IP(dst="web")', "(" * 20_000 + 'IP(dst="web")'),
    "a long chain of layers": GOOD.replace('IP(dst="web")', "IP()/" * 5_000 + "IP()"),
    "a huge number": GOOD.replace("sport=40000", "sport=" + "9" * 10_000),
    "a huge power": GOOD.replace("sport=40000", "sport=9**9**9"),
    "a huge text": GOOD.replace('dport=80, flags="S"', 'load="' + "x" * 1_000_000 + '"'),
    "a huge file": "#" * (5 << 20),
    "too many values": "steps: [" + "1, " * 500_000 + "]",
    "too many repetitions": GOOD.replace("{advance: 1s}", "{advance: 1s, repeat: 99999999999}"),
    "a key twice": GOOD + "name: again\n",
    "no UTF-8": b"name: \xff\n",
    "UTF-16": GOOD.encode("utf-16"),
    "NUL": GOOD.replace("good", "go\0od"),
    "escape codes": "name: \x1b[2Jx\n",
    "a tab": "name:\n\t- x\n",
    "an unknown key": GOOD + "zzz: 1\n",
    "an unknown clause": GOOD.replace("LB-10", "LB-99"),
    "an unknown family": GOOD.replace("[ipv4]", "[ipv5]"),
    "a negative time": GOOD.replace("1s}", "-1s}"),
    "an endless time": GOOD.replace("1s}", "inf}"),
    "an address of no family": GOOD.replace("10.0.3.1", "10.0.3"),
    "an IPv6 address for IPv4": GOOD.replace("10.0.3.1", '"fd00::1"'),
    "port 0": GOOD.replace("port: 80}", "port: 65536}"),
    "a table of -1": GOOD.replace("maglev_size: 251", "maglev_size: -1"),
    "a table that is no prime": GOOD.replace("maglev_size: 251", "maglev_size: 250"),
    "a topology elsewhere": "topology: /etc/passwd\nsteps: []\n",
    "a topology above": "topology: ../../x.yaml\nsteps: []\n",
    "a topology of itself": "topology: case.yaml\nsteps: []\n",
    "a topology that is a folder": "topology: .\nsteps: []\n",
    "a topology with NUL": 'topology: "a\\0b"\nsteps: []\n',
    "a topology with too long a name": f"topology: {'a' * 5000}\nsteps: []\n",
    "a capture elsewhere": GOOD.replace("{advance: 1s}", "{from: client, capture: /x, record: 1}"),
    "a capture that is no file": GOOD.replace(
        "{advance: 1s}", "{from: client, capture: ., record: 1}"
    ),
}

FRAME = pcap_record(ethernet(bytes(30)))
NEXT = section() + interface() + enhanced(ethernet(bytes(30)))
CAPTURES: dict[str, bytes] = {
    "nothing": b"",
    "text": b"hello, this is no capture at all",
    "zeros": bytes(4096),
    "ones": b"\xff" * 4096,
    "a magic alone": pcap_header()[:4],
    "half a header": pcap_header()[:17],
    "an unknown version": struct.pack("<IHHiIII", 0xA1B2C3D4, 9, 9, 0, 0, 65535, 1),
    "an unknown link": pcap_header(999) + FRAME,
    "a record of 4 GiB": pcap_header() + struct.pack("<IIII", 0, 0, 0xFFFFFFFF, 60),
    "a record of 1 GiB": pcap_header() + struct.pack("<IIII", 0, 0, 1 << 30, 1 << 30),
    "half a record header": pcap_header() + FRAME[:9],
    "half a record": pcap_header() + FRAME[:30],
    "a block of no length": struct.pack("<II", 0x0A0D0D0A, 0),
    "a block of 4 GiB": struct.pack("<II", 0x0A0D0D0A, 0xFFFFFFFC) + bytes(64),
    "no byte order": b"\x0a\x0d\x0d\x0a" + bytes(24),
    "half a block": NEXT[:40],
    "a packet without an interface": section() + enhanced(ethernet(bytes(30))),
    "half a gzip": gzip.compress(pcap_header() + FRAME)[:20],
    "a gzip of zeros": gzip.compress(bytes(1 << 20)),
    "gzip in gzip": gzip.compress(gzip.compress(pcap_header() + FRAME)),
}

OBJECTS: dict[str, bytes] = {
    "nothing": b"",
    "text": b"this is no object",
    "zeros": bytes(4096),
    "a magic alone": b"\x7fELF",
    "half a header": b"\x7fELF\x02\x01\x01" + bytes(20),
    "a header alone": b"\x7fELF\x02\x01\x01" + bytes(57),
    "32 bits": b"\x7fELF\x01\x01\x01" + bytes(64),
    "the other byte order": b"\x7fELF\x02\x02\x01" + bytes(64),
    "sections out of the file": b"\x7fELF\x02\x01\x01" + bytes(9) + b"\xff" * 48,
    "an archive": b"!<arch>\n" + bytes(64),
}

TABLES: dict[str, str] = {
    "no TOML": "[[known",
    "a list": "known = [1, 2]",
    "a number": "known = 1",
    "an unknown key": "[[zzz]]\na = 1\n",
    "nothing said": "[[known]]\n",
    "no date": '[[known]]\nclause = "CT-3"\nfield = "x"\nreason = "long enough"\nexpires = 1\n',
    "no reason": '[[known]]\nclause = "CT-3"\nfield = "x"\nexpires = 2027-01-01\n',
    "deep": "known = " + "[" * 5_000,
    "control characters": "known = \x00\n",
    "no UTF-8": "known = \udcff\n",
}
