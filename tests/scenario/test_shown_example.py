"""The page about scenario files shows one that can be run, and that meets what it claims."""

from __future__ import annotations

import re
from pathlib import Path

from harness.lockstep.engine import Lockstep
from harness.lockstep.session import Listener, Session
from harness.reference import ModelReference
from harness.sources import find_sources

PAGE = Path(__file__).parents[2] / "docs/formats/scenario.md"


def test_the_example_is_carried_out_in_both_families(tmp_path: Path) -> None:
    """Expectations and claims are held by the model; that it agrees with itself says nothing."""
    shown = re.search(r"```yaml\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    assert shown is not None
    file = tmp_path / "shown.yaml"
    file.write_text(shown[1], encoding="utf-8")
    scenarios = [one for source in find_sources([file]) for one in source.scenarios()]
    told: list[str] = []
    listener = Listener(failed=lambda _, error: told.append(str(error)))
    total = Session(Lockstep(ModelReference(), ModelReference()), listener).run(scenarios)
    assert (len(scenarios), total.packets, total.divergences, told) == (2, 8, [], [])
