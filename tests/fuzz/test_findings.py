"""A fault on either side is found, shortened, saved, and replayed by the line that is printed."""

from __future__ import annotations

import shlex
import shutil
from pathlib import Path

from harness.commands.options import REPOSITORY
from tests.faults.test_planted_faults import DATAPATH_FAULTS, MODEL_FAULTS, named, planted
from tests.fuzz.command import Finished, campaign, twinpath

LIMITS = ("--max-steps", "60000", "--fail-fast", "--seed", "1")


def check_saved(done: Finished, folder: Path) -> dict[str, object]:
    """The first finding; rounds that were under way may have others. Each is short and sure."""
    assert done.code == 1, done.err
    findings = done.object["findings"]
    assert done.object["divergences"] == len(findings) >= 1
    assert all((one["reproduced"], one["tries"]) == (20, 20) for one in findings)
    scenarios = [path.read_text(encoding="utf-8") for path in folder.glob("*/scenario.yaml")]
    assert len(scenarios) == len(findings)
    assert all(text.count("packet:") <= 5 for text in scenarios)
    finding = findings[0]
    assert isinstance(finding, dict)
    return finding


def test_a_fault_in_the_datapath_is_found(tmp_path: Path) -> None:
    shutil.copytree(REPOSITORY / "bpf", tmp_path / "bpf")
    planted(tmp_path / "bpf", named("SYN-ACK taken for an initial SYN", DATAPATH_FAULTS))
    source = str(tmp_path / "bpf" / "twinpath.bpf.c")
    done = campaign(tmp_path, *LIMITS, "--object", source, "--corpus", "corpus")
    finding = check_saved(done, tmp_path / "corpus" / "divergences")
    replay = twinpath(tmp_path, *shlex.split(str(finding["replay"]))[1:], "--times", "100")
    assert replay.code == 1
    assert "100 of 100" in replay.out


def test_a_fault_in_the_model_is_found(tmp_path: Path) -> None:
    for name in ("model", "harness"):
        shutil.copytree(
            REPOSITORY / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__")
        )
    (tmp_path / "bpf").symlink_to(REPOSITORY / "bpf")
    planted(tmp_path / "model", named("allow beats deny", MODEL_FAULTS))
    done = campaign(tmp_path, *LIMITS, changes={"PYTHONPATH": str(tmp_path)})
    check_saved(done, tmp_path / "divergences")


def test_without_a_fault_nothing_is_found(tmp_path: Path) -> None:
    done = campaign(tmp_path, "--max-steps", "12000", "--seed", "11")
    assert (done.code, done.object["divergences"]) == (0, 0), done.err
    assert not (tmp_path / "divergences").exists()
