"""Commands start quickly and leave the network alone: Scapy comes with the first packet only."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.scenario.files import PING, scenario_text

LOAD = """
import sys
from pathlib import Path
from harness.scenario.load import load_scenarios
from harness.capture.load import load_capture
assert "scapy" not in sys.modules, "Scapy is imported without a packet"
load_scenarios(Path(sys.argv[1]))
assert "scapy.layers.inet" in sys.modules
assert "scapy.all" not in sys.modules
from scapy.config import conf
assert not conf.route.routes, "Scapy has looked at the machine's routes"
"""


def test_scapy_is_imported_late_and_looks_at_no_routes(tmp_path: Path) -> None:
    file = tmp_path / "case.yaml"
    file.write_text(scenario_text(f"- {{from: client, packet: '{PING}'}}"), encoding="utf-8")
    result = subprocess.run(
        [sys.executable, "-c", LOAD, str(file)], capture_output=True, text=True, check=False
    )
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")
