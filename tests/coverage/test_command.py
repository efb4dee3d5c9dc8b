"""`twinpath coverage`, as users call it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from harness.coverage.build import build_instrumented
from harness.coverage.llvm import find_tool
from harness.datapath.bench import SOURCE
from harness.kernel.errors import MissingToolError
from harness.reference import ModelReference
from harness.subject import Draw, Prediction
from model.domain.packet import Packet, Verdict
from tests.commands.command_line import PLAIN, Shell, only_line

EMPTY_REVIEW = "unreachable = []\n"
REACHED = """\
[[unreachable]]
reason = "not so at all"
branches = [{ file = "bpf/datapath.h", function = "handle", text = "!ethernet", outcome = "false" }]
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder with a scenario and an empty list."""
    (tmp_path / "plain.yaml").write_text(PLAIN.replace("clauses: [CT-1, CT-11]\n", ""))
    (tmp_path / "empty.toml").write_text(EMPTY_REVIEW)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_one_scenario_reaches_some_branches_of_both_sides(folder: Path, shell: Shell) -> None:
    done = shell.run("coverage", "plain.yaml", "--review", "empty.toml", "--json")
    found = done.json
    assert done.code == 0
    assert (found["packets"], found["divergences"], found["stale"]) == (2, 0, [])
    for side in ("datapath", "model"):
        one = found[side]
        assert 0 < one["branches_reached"] < one["branches"]
        assert one["branches"] - one["branches_reached"] == len(one["missing"])
        assert 0 < one["lines_reached"] < one["lines"]
        assert one["branches"] == sum(file["branches"] for file in one["files"].values())
    assert {"bpf/conntrack.h", "bpf/twinpath.bpf.c"} <= set(found["datapath"]["files"])
    assert "model/conntrack.py" in found["model"]["files"]
    missing = {(one["file"], one["text"]) for one in found["datapath"]["missing"]}
    assert ("bpf/l4.h", "tcp_flags_valid(tcp->flags)") in missing


def test_people_get_missing_branches_and_totals(folder: Path, shell: Shell) -> None:
    done = shell.run("coverage", "plain.yaml", "--review", "empty.toml")
    lines = done.out.splitlines()
    assert done.code == 0
    assert [line.split()[0] for line in lines[-3:]] == ["side", "datapath", "model"]
    assert any(
        re.match(r"bpf/\w+\.h:\d+:\d+: \w+: \[.+\] is never (true|false)$", line) for line in lines
    )
    assert any(
        re.match(r"model/\w+\.py:\d+: \w+: \[.+\] never goes on to \[", line) for line in lines
    )


def test_the_pages_lead_to_each_other(folder: Path, shell: Shell) -> None:
    done = shell.run("coverage", "plain.yaml", "--review", "empty.toml", "--html", "view", "--text")
    assert done.code == 0
    assert done.out.splitlines()[-1] == "source view: view/index.html"
    assert "        ^ [tcp_flags_valid(tcp->flags)] is never false" in done.out
    index = (folder / "view/index.html").read_text()
    links = set(re.findall(r'href="([^"#]+)', index))
    assert {"datapath/index.html", "model/index.html"} < links
    assert [link for link in sorted(links) if not (folder / "view" / link).is_file()] == []


def test_a_list_that_does_not_hold_ends_the_command_with_4(folder: Path, shell: Shell) -> None:
    (folder / "list.toml").write_text(REACHED)
    done = shell.run("coverage", "plain.yaml", "--review", "list.toml", "--json")
    assert done.code == 4
    assert only_line(done) == (
        "list.toml: bpf/datapath.h, handle: [!ethernet] false: is reached; remove the entry"
    )
    assert len(done.json["stale"]) == 1


class WrongReference(ModelReference):
    """Says drop where the model says pass."""

    def predict(self, packet: Packet, draw: Draw) -> Prediction:
        prediction = super().predict(packet, draw)
        prediction.outcome.verdict = Verdict.DROP
        return prediction


def test_a_divergence_ends_the_command_with_1(
    folder: Path, shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("harness.coverage.replay.ModelReference", WrongReference)
    done = shell.run("coverage", "plain.yaml", "--review", "empty.toml", "--json")
    assert done.code == 1
    assert done.json["divergences"] == 2
    assert "plain[ipv4] diverges; twinpath run plain.yaml shows where" in done.err


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["none.yaml"], "none.yaml: there is no such file or folder; check the spelling"),
        (["plain.yaml", "--review", "none.toml"], "none.toml: cannot be read: No such file"),
        (["plain.yaml", "--object", "none.c"], "none.c: no such file"),
        (["plain.yaml", "--html", "plain.yaml"], "--html plain.yaml: cannot be made: File exists"),
    ],
)
def test_bad_input_is_told_in_one_line(
    folder: Path, shell: Shell, arguments: list[str], complaint: str
) -> None:
    done = shell.run("coverage", *arguments)
    assert done.code == 4
    assert only_line(done).startswith(complaint)


def test_a_scenario_without_packets_is_no_agreement(folder: Path, shell: Shell) -> None:
    text = (folder / "plain.yaml").read_text()
    (folder / "plain.yaml").write_text(text.split("steps:")[0] + "steps: [{advance: 1s}]\n")
    done = shell.run("coverage", "plain.yaml", "--review", "empty.toml", "--json")
    assert done.code == 5


@pytest.mark.usefixtures("no_tools")
def test_a_missing_tool_names_its_package() -> None:
    with pytest.raises(MissingToolError) as caught:
        find_tool("llvm-cov")
    assert str(caught.value) == "llvm-cov-19 not found; apt-get install llvm-19"


def test_another_compiler_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("harness.coverage.build.CLANG_VERSION", 99)
    with pytest.raises(MissingToolError, match=r"^coverage needs clang 99, found '.*'; apt-get"):
        build_instrumented(SOURCE)
