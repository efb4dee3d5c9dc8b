"""Recorded vectors: what the datapath once did, held against the specification later."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from harness.errors import UserError
from harness.lockstep.engine import Lockstep
from harness.reference import ModelReference
from harness.scenario.load import load_scenarios
from harness.sources import find_sources
from harness.subject import Refused
from harness.vectors.check import Checked, check
from harness.vectors.recorder import Recorded, record
from harness.vectors.vector import read_vectors, vector_path
from model.domain.packet import Outcome, Packet, Verdict
from tests.lockstep.world import Datapath, Lottery

SCENARIO = """\
name: shop
families: [ipv4, ipv6]
topology:
  identities: [pods]
  peers: {server: {ipv4: 10.0.3.1, ipv6: "fd00:3::1"}}
  endpoints:
    client: {identity: pods, ipv4: 10.0.1.5, ipv6: "fd00:1::5"}
steps:
  - {from: client, packet: 'IP(dst="server")/TCP(sport=40000, dport=80, flags="S")'}
  - {advance: 1s}
  - {to: client, packet: 'IP(src="server")/TCP(sport=80, dport=40000, flags="SA")'}
"""
LOTTERY = """\
name: lottery
topology:
  identities: [pods]
  endpoints:
    client: {identity: pods, ipv4: 10.0.1.5}
  services:
    web:
      algorithm: random
      frontends: [{ipv4: 10.96.0.10, port: 80}]
      backends: {a: {ipv4: 10.0.3.1, port: 80}, b: {ipv4: 10.0.3.2, port: 80}}
steps:
  - {from: client, packet: 'IP(dst="web")/TCP(sport=40000, dport=80, flags="S")'}
  - {from: client, packet: 'IP(dst="web")/TCP(sport=40001, dport=80, flags="S")'}
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A folder of corpora with a file in a folder."""
    (tmp_path / "corpora" / "scenarios").mkdir(parents=True)
    (tmp_path / "corpora" / "scenarios" / "shop.yaml").write_text(SCENARIO)
    return tmp_path / "corpora"


def recorded(root: Path, datapath: Datapath | None = None) -> Recorded:
    lockstep = Lockstep(ModelReference(), datapath or Datapath())
    return record(lockstep, find_sources([root / "scenarios"]), root / "vectors", root)


def checked(root: Path) -> Checked:
    scenarios = [one for source in find_sources([root / "scenarios"]) for one in source.scenarios()]
    return check(scenarios, root / "vectors", root)


def change_vectors(root: Path, change: Callable[[list[dict[str, object]]], object]) -> None:
    """Change the recorded packets of the IPv4 scenario."""
    path = root / "vectors" / "scenarios" / "shop.json"
    content = json.loads(path.read_text())
    change(content["scenarios"]["shop[ipv4]"])
    path.write_text(json.dumps(content))


def test_what_was_recorded_agrees(root: Path) -> None:
    assert recorded(root) == Recorded(4, [])
    assert checked(root) == Checked(4, [], [])


def test_the_files_mirror_the_corpora_by_path(root: Path) -> None:
    recorded(root)
    found = [path for path in (root / "vectors").rglob("*") if path.is_file()]
    assert found == [root / "vectors" / "scenarios" / "shop.json"]
    vectors = read_vectors(found[0])
    assert list(vectors) == ["shop[ipv4]", "shop[ipv6]"]
    assert [(one.verdict, one.reason) for one in vectors["shop[ipv4]"]] == [
        ("pass", "new"),
        ("pass", "reply"),
    ]


def test_recording_twice_changes_nothing(root: Path) -> None:
    recorded(root)
    path = root / "vectors" / "scenarios" / "shop.json"
    before = path.read_bytes()
    recorded(root)
    assert path.read_bytes() == before


@pytest.mark.parametrize("field", ["verdict", "reason", "frame", "events", "entries"])
def test_a_specification_that_changed_is_noticed(root: Path, field: str) -> None:
    recorded(root)
    change_vectors(root, lambda packets: packets[1].update({field: "other"}))
    (found,) = checked(root).mismatches
    assert (found.scenario, found.field, found.recorded) == ("shop[ipv4]", field, "other")
    assert found.origin.endswith("shop.yaml:11")


def test_a_packet_more_than_was_recorded_is_noticed(root: Path) -> None:
    recorded(root)
    change_vectors(root, lambda packets: packets.pop())
    (found,) = checked(root).mismatches
    assert (found.field, found.recorded, found.now) == ("packet", "not recorded", "pass")


def test_a_packet_less_than_was_recorded_is_noticed(root: Path) -> None:
    recorded(root)
    change_vectors(root, lambda packets: packets.append(packets[0]))
    (found,) = checked(root).mismatches
    assert (found.scenario, found.field, found.recorded) == ("shop[ipv4]", "packet", "pass")
    assert found.now == "not in the scenario"


def test_a_scenario_without_vectors_is_named(root: Path) -> None:
    recorded(root)
    (root / "scenarios" / "new.yaml").write_text(SCENARIO.replace("shop", "new"))
    assert checked(root).without_vectors == ["new[ipv4]", "new[ipv6]"]


def test_a_scenario_outside_the_corpora_has_no_vectors(root: Path, tmp_path: Path) -> None:
    outside = tmp_path / "shop.yaml"
    outside.write_text(SCENARIO)
    found = check(load_scenarios(outside), root / "vectors", root)
    assert found.without_vectors == ["shop[ipv4]", "shop[ipv6]"]
    assert vector_path(root / "vectors", outside, root) is None


def test_free_choices_are_taken_over(root: Path) -> None:
    (root / "scenarios" / "shop.yaml").write_text(LOTTERY)
    assert recorded(root, Lottery([1, 0])).packets == 2
    vectors = read_vectors(root / "vectors" / "scenarios" / "shop.json")["lottery"]
    assert [one.draw for one in vectors] == [1, 0]
    assert checked(root) == Checked(2, [], [])


def test_refused_packets_are_left_out_and_not_counted(root: Path) -> None:
    class Refuses(Datapath):
        def process(self, packet: Packet) -> Outcome | Refused:  # type: ignore[override]  # may refuse
            if len(packet.data) == 54 and packet.hook == 1:
                return Refused("EINVAL")
            return super().process(packet)

    assert recorded(root, Refuses()).packets == 3
    assert checked(root) == Checked(3, [], [])


def test_a_file_with_a_divergence_is_left_out_and_named(root: Path) -> None:
    class Wrong(Datapath):
        def process(self, packet: Packet) -> Outcome:
            outcome = super().process(packet)
            return replace(outcome, verdict=Verdict.DROP) if len(packet.data) == 74 else outcome

    recorded(root)
    before = (root / "vectors" / "scenarios" / "shop.json").read_text()
    (root / "scenarios" / "lottery.yaml").write_text(LOTTERY)
    wrong = recorded(root, Wrong())
    assert wrong.left_out == [root / "scenarios" / "shop.yaml"]
    assert wrong.packets == 2
    assert (root / "vectors" / "scenarios" / "shop.json").read_text() == before


def test_captures_are_not_recorded(root: Path) -> None:
    (root / "scenarios" / "some.pcap").write_bytes(b"never read")
    assert recorded(root).packets == 4


def test_the_engine_is_given_back_without_observer(root: Path) -> None:
    lockstep = Lockstep(ModelReference(), Datapath())
    record(lockstep, find_sources([root]), root / "vectors", root)
    assert lockstep.observer is None


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b"\xff\xfe",
        b'{"format": "twinpath vectors 2", "scenarios": {}}',
        b'{"format": "twinpath vectors 1"}',
        b'{"format": "twinpath vectors 1", "scenarios": [1]}',
        b'{"format": "twinpath vectors 1", "scenarios": {"shop[ipv4]": [{"verdict": "pass"}]}}',
        b'{"format": "twinpath vectors 1", "scenarios": {"shop[ipv4]": [{"verdict": "pass",'
        b' "reason": "new", "frame": "", "events": "", "entries": "", "draw": "x"}]}}',
        b'{"format": "twinpath vectors 1", "scenarios": {"shop[ipv4]": [{"verdict": "pass",'
        b' "reason": "new", "frame": "", "events": "", "entries": "", "draw": -1}]}}',
        b'{"format": "twinpath vectors 1", "scenarios": {"shop[ipv4]": [{"verdict": 1,'
        b' "reason": "new", "frame": "", "events": "", "entries": ""}]}}',
    ],
)
def test_a_file_that_holds_no_vectors_is_one_line(root: Path, content: bytes) -> None:
    recorded(root)
    path = root / "vectors" / "scenarios" / "shop.json"
    path.write_bytes(content)
    with pytest.raises(UserError) as raised:
        checked(root)
    assert str(raised.value).startswith(f"{path}: ")
    assert "record it anew" in str(raised.value)


def test_a_choice_that_is_not_there_any_more_is_a_mismatch(root: Path) -> None:
    (root / "scenarios" / "shop.yaml").write_text(LOTTERY)
    recorded(root, Lottery([1, 1]))
    fewer = LOTTERY.replace(", b: {ipv4: 10.0.3.2, port: 80}", "")
    (root / "scenarios" / "shop.yaml").write_text(fewer)
    (found,) = checked(root).mismatches
    assert found.scenario == "lottery"


def test_a_place_that_cannot_be_written_is_named(root: Path) -> None:
    (root / "vectors").write_text("in the way")
    with pytest.raises(UserError, match="vectors"):
        recorded(root)
