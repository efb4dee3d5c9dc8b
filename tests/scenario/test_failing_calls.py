"""`failing_calls:` of a scenario (PKT-10, CT-12c)."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.scenario.error import FormatError
from harness.scenario.write import write_scenario
from tests.scenario.files import PING, load_text, scenario_text

PACKET = f"- {{from: client, packet: '{PING}'}}\n"


@pytest.mark.parametrize(
    ("head", "given"),
    [("", False), ("failing_calls: false\n", False), ("failing_calls: true\n", True)],
)
def test_it_is_read_and_written(tmp_path: Path, head: str, given: bool) -> None:
    (scenario,) = load_text(tmp_path, scenario_text(PACKET, head))
    assert scenario.failing_calls is given
    (again,) = load_text(tmp_path, write_scenario(scenario))
    assert again.failing_calls is given
    assert ("failing_calls" in write_scenario(scenario)) is given


def test_anything_else_is_one_line_with_its_place(tmp_path: Path) -> None:
    with pytest.raises(FormatError, match=r"^[^\n]*:1:[^\n]*$"):
        load_text(tmp_path, scenario_text(PACKET, "failing_calls: bpf_redirect\n"))
