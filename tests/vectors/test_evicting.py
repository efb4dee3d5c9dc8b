"""What a full table evicts only a kernel tells: such scenarios have no vectors, and are named."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.commands.model_only import run_model_only
from harness.lockstep.engine import Lockstep
from harness.reference import ModelReference
from harness.scenario.load import load_scenarios
from harness.sources import find_sources
from harness.vectors.check import check
from harness.vectors.recorder import record
from tests.lockstep.world import Datapath

SCENARIO = """\
name: {name}
limits: {{conntrack: 1, when_full: {when_full}}}
topology:
  identities: [pods]
  endpoints:
    client: {{identity: pods, ipv4: 10.0.1.5}}
steps:
  - {{from: client, packet: 'IP(dst="10.0.3.1")/UDP(sport=1, dport=53)'}}
  - {{from: client, packet: 'IP(dst="10.0.3.1")/UDP(sport=2, dport=53)'}}
"""


@pytest.fixture
def corpora(tmp_path: Path) -> Path:
    """A scenario whose table refuses and one whose table evicts, recorded."""
    folder = tmp_path / "corpora"
    folder.mkdir()
    for when_full in ("refuse", "evict"):
        text = SCENARIO.format(name=f"{when_full}-it", when_full=when_full)
        (folder / f"{when_full}.yaml").write_text(text)
    lockstep = Lockstep(ModelReference(), Datapath())
    recorded = record(lockstep, find_sources([folder]), tmp_path / "vectors", folder)
    assert (recorded.packets, recorded.left_out) == (2, [])
    return folder


def test_only_what_refuses_has_vectors(corpora: Path) -> None:
    kept = [path.name for path in (corpora.parent / "vectors").rglob("*.json")]
    assert kept == ["refuse.json"]


def test_what_evicts_is_not_checked_and_is_named(corpora: Path) -> None:
    scenarios = [
        one for name in ("refuse", "evict") for one in load_scenarios(corpora / f"{name}.yaml")
    ]
    checked = check(scenarios, corpora.parent / "vectors", corpora)
    assert (checked.packets, checked.mismatches, checked.without_vectors) == (2, [], [])
    assert checked.evicting == ["evict-it"]


def test_a_run_of_nothing_else_has_compared_nothing(
    corpora: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code = run_model_only(load_scenarios(corpora / "evict.yaml"), asked=True, as_json=False)
    assert code == 5
    assert "tables evict, which takes a kernel: 1 scenario not checked" in capsys.readouterr().out
