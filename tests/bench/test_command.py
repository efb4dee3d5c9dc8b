"""`twinpath bench`: what it prints, what it exits with, and what it says of bad input."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from harness.bench.measurement import Measurement, Results, read_results
from harness.commands.bench import BASELINE
from harness.commands.exit_codes import ExitCode
from harness.commands.main import run


@pytest.fixture(scope="module")
def document(tmp_path_factory: pytest.TempPathFactory) -> str:
    """What `twinpath bench programs --json` prints."""
    from harness.commands.bench import measure  # noqa: PLC0415
    from harness.kernel.interface import LoaderName  # noqa: PLC0415

    return json.dumps(measure({"programs": ()}, (LoaderName.LIBBPF,), 1).as_json())


def changed(document: str, factor: float, exact_alone: bool = True) -> str:
    """The same with all counts multiplied, as if they had been measured before."""
    old = json.loads(document)
    for one in old["measurements"]:
        if one["noise"] == 0 or not exact_alone:
            one["value"] *= factor
    return json.dumps(old)


def test_results_say_where_they_come_from(document: str) -> None:
    results = json.loads(document)
    assert results["format"] == 1
    assert {"processor", "kernel", "clang", "jit"} <= set(results["machine"])
    names = {one["name"] for one in results["measurements"]}
    assert "programs/libbpf/from_container/translated" in names
    assert all(one["met"] is None for one in results["measurements"])


def test_results_are_read_back(document: str, tmp_path: Path) -> None:
    path = tmp_path / "old.json"
    path.write_text(document)
    results = read_results(path)
    assert json.loads(json.dumps(results.as_json())) == json.loads(document)


def test_figures_are_added_to_the_run_of_the_same_datapath(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    store, scenarios = tmp_path / "results.sqlite", "corpora/scenarios/conntrack"
    run(["run", "--store", str(store), f"{scenarios}/ct-1-one-entry-for-both-directions.yaml"])
    assert run(["bench", "programs", "--store", str(store)]) == ExitCode.AGREEMENT
    capfd.readouterr()
    assert run(["report", str(store), "--format", "jsonl"]) == ExitCode.AGREEMENT
    lines = map(json.loads, capfd.readouterr().out.splitlines())
    figures = {one["name"]: one for one in lines if one["type"] == "measure"}
    assert figures["programs/from_container/verified"]["loader"] == "libbpf"


def test_figures_have_no_place_in_a_store_without_a_run_of_it(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert run(["bench", "programs", "--store", str(tmp_path / "none")]) == ExitCode.USAGE
    assert "there is no such store" in capfd.readouterr().err


def test_growth_of_a_count_is_a_regression(
    document: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    old = tmp_path / "old.json"
    old.write_text(changed(document, 0.9))
    assert run(["bench", "programs", "--compare", str(old), "--check"]) == ExitCode.DIVERGENCE
    said = capfd.readouterr()
    assert "programs/libbpf/from_container/translated" in said.err
    assert "+11.1%" in said.err
    assert run(["bench", "programs", "--compare", str(old)]) == ExitCode.AGREEMENT


def test_the_counts_that_ship_are_kept(capfd: pytest.CaptureFixture[str]) -> None:
    shipped = read_results(BASELINE).by_name()
    assert "programs/libbpf/to_container/verified" in shipped
    assert any(name.startswith("emulated/") for name in shipped)
    assert all(one.is_exact for one in shipped.values())


def test_nothing_in_common_is_no_agreement(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    old = tmp_path / "old.json"
    other = Results({}, (Measurement("elsewhere/x", "ns", 1.0),))
    old.write_text(json.dumps(other.as_json()))
    code = run(["bench", "programs", "--compare", str(old), "--check"])
    assert code == ExitCode.NOTHING_COMPARED
    assert "measure the same" in capfd.readouterr().err


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "is no JSON"),
        ("[]", "holds no results"),
        ("{}", "holds no results"),
        ('{"format": 9, "machine": {}, "measurements": []}', "format 9"),
        ('{"format": 1, "machine": {}, "measurements": [{"name": "x"}]}', "holds no results"),
        ('{"format": 1, "machine": 5, "measurements": []}', "holds no results"),
    ],
)
def test_a_bad_file_is_told_in_a_line(
    text: str, words: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    old = tmp_path / "old.json"
    old.write_text(text)
    assert run(["bench", "programs", "--compare", str(old)]) == ExitCode.USAGE
    said = capfd.readouterr().err
    assert words in said
    assert said.count("\n") == 1


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["nothing/x"], "no suite 'nothing'"),
        (["packets/no-such-case"], "no case of packets is called no-such-case"),
        (["emulated/no-such-case"], "no case of emulated is called no-such-case"),
        (["--rounds", "0"], "--rounds"),
        (["--compare", "/nowhere/old.json"], "cannot be read"),
    ],
)
def test_bad_arguments_are_told_in_a_line(
    arguments: list[str], words: str, capfd: pytest.CaptureFixture[str]
) -> None:
    assert run(["bench", *arguments]) == ExitCode.USAGE
    assert words in capfd.readouterr().err
