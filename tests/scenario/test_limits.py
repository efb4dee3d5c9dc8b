"""`limits:` of a scenario: sizes of its tables, and what full ones do (CT-12)."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.scenario.error import FormatError
from harness.scenario.write import write_scenario
from model.domain.limits import UNLIMITED, Limits
from tests.scenario.files import PING, load_text, scenario_text

PACKET = f"- {{from: client, packet: '{PING}'}}\n"

GIVEN = {
    "limits: {conntrack: 8}": Limits(conntrack=8),
    "limits: {conntrack: 8, when_full: evict}": Limits(conntrack=8),
    "limits: {affinities: 4, datagrams: 0x10, when_full: refuse}": Limits(
        affinities=4, datagrams=16, refuse=True
    ),
}
BAD = {
    "limits: 8": "expected a mapping",
    "limits: {}": "limits without a size; give one of conntrack, affinities, datagrams",
    "limits: {when_full: refuse}": "limits without a size",
    "limits: {conntrac: 8}": "unknown key in limits: 'conntrac'; did you mean 'conntrack'?",
    "limits: {conntrack: 0}": "0 is not from 1 to 1048576",
    "limits: {conntrack: 1048577}": "1048577 is not from 1 to 1048576",
    "limits: {conntrack: many}": "'many' is no number; use a number from 1 to 1048576",
    "limits: {conntrack: 8, when_full: drop}": "unknown value 'drop'; use one of: evict, refuse",
}


def test_without_limits_tables_are_as_large_as_the_datapath_likes(tmp_path: Path) -> None:
    (scenario,) = load_text(tmp_path, scenario_text(PACKET))
    assert scenario.limits == UNLIMITED
    assert not scenario.limits.evict
    assert "limits" not in write_scenario(scenario)


@pytest.mark.parametrize("head", GIVEN)
def test_limits_are_read_and_written(tmp_path: Path, head: str) -> None:
    (scenario,) = load_text(tmp_path, scenario_text(PACKET, head + "\n"))
    assert scenario.limits == GIVEN[head]
    assert scenario.limits.evict is not GIVEN[head].refuse
    (again,) = load_text(tmp_path, write_scenario(scenario))
    assert again.limits == scenario.limits


@pytest.mark.parametrize("head", BAD)
def test_bad_limits_are_one_line_with_their_place(tmp_path: Path, head: str) -> None:
    with pytest.raises(FormatError) as raised:
        load_text(tmp_path, scenario_text(PACKET, head + "\n"))
    line = str(raised.value)
    assert BAD[head] in line
    assert ":1:" in line
    assert "\n" not in line
