"""Properties find mutants that scenarios leave alone."""

from __future__ import annotations

import pytest

from harness.commands.options import REPOSITORY
from harness.mutate.gate import load_gate
from harness.mutate.judge import Judge
from harness.mutate.properties import is_about_datapath, properties_digest
from harness.mutate.result import Class, Means
from harness.mutate.trial import Effort
from tests.mutate.mutants import mutant

BLIND = [REPOSITORY / "corpora" / "scenarios" / "conntrack" / "ct-5-handshake-data-and-close.yaml"]
"""Nothing in it is translated."""


def test_a_property_kills_what_no_scenario_does() -> None:
    judge = Judge(load_gate(BLIND), BLIND, Effort(120, properties=True), lambda _code: None)
    result = judge.judge(mutant("rewrite.h", "BPF_F_PSEUDO_HDR", "0"))
    assert result.status is Class.KILLED
    assert result.kill is not None
    assert result.kill.means == Means.PROPERTY
    assert result.kill.by.startswith("tests/metamorphic/test_checksums.py::")
    assert result.kill.evidence == properties_digest() == result.properties
    assert "PKT-8" in result.kill.first


@pytest.mark.parametrize(
    ("fixtures", "expected"),
    [
        (["bench", "shipped"], True),
        (["bench", "shipped", "shipped_by_bcc"], False),
        (["planted"], False),
        (["tmp_path"], False),
    ],
)
def test_tests_that_say_nothing_about_a_mutant_are_left_out(
    fixtures: list[str], expected: bool
) -> None:
    assert is_about_datapath(fixtures) is expected
