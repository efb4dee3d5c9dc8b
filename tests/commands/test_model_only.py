"""Without the right to load BPF: the specification against recorded vectors, loudly labelled."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from harness.commands import model_only
from harness.commands.exit_codes import ExitCode
from harness.datapath.bench import Bench
from harness.kernel.errors import PermissionDeniedError
from harness.lockstep.engine import Lockstep
from harness.reference import ModelReference
from harness.sources import find_sources
from harness.vectors.check import Checked, Mismatch
from harness.vectors.recorder import record
from tests.commands.command_line import PLAIN, SHOP, Shell, bash, only_line

LABEL = "MODEL ONLY: no datapath was run, nothing is said about it"
WITHOUT_BPF = "capsh --drop=cap_bpf,cap_sys_admin,cap_perfmon -- -c"


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Corpora with vectors of what our datapath does."""
    root = tmp_path_factory.mktemp("corpora")
    (root / "shop.yaml").write_text(SHOP)
    (root / "plain.yaml").write_text(PLAIN)
    with Bench() as bench:
        lockstep = Lockstep(ModelReference(), bench.open())
        assert record(lockstep, find_sources([root]), root / "vectors", root).packets == 6
    return root


@pytest.fixture
def corpora(recorded: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The command line looks for vectors there."""
    monkeypatch.setattr(model_only, "CORPORA", recorded)
    monkeypatch.setattr(model_only, "VECTORS", recorded / "vectors")
    return recorded


def test_asked_for_by_name_agreement_is_exit_code_0(shell: Shell, corpora: Path) -> None:
    done = shell.run("run", "--model-only", corpora)
    assert done.code == ExitCode.AGREEMENT
    assert done.out.splitlines() == [
        LABEL,
        "6 packets of the specification agree with recorded vectors",
    ]
    assert done.err == ""


def test_a_mismatch_is_a_divergence(shell: Shell, corpora: Path) -> None:
    path = corpora / "vectors" / "shop.json"
    before = path.read_text()
    content = json.loads(before)
    content["scenarios"]["shop"][2]["reason"] = "new"
    try:
        path.write_text(json.dumps(content))
        done = shell.run("run", "--model-only", corpora)
        as_json = shell.run("run", "--model-only", "--json", corpora)
    finally:
        path.write_text(before)
    assert done.code == as_json.code == ExitCode.DIVERGENCE
    assert done.out.splitlines() == [
        LABEL,
        f"shop: {corpora}/shop.yaml:19: reason: recorded new, now reply",
        "not as it was recorded: 1 scenario",
    ]
    assert as_json.json["model_only"] == LABEL
    assert as_json.json["divergences"] == 1
    (mismatch,) = as_json.json["mismatches"]
    assert (mismatch["scenario"], mismatch["field"]) == ("shop", "reason")
    assert as_json.json["loaders"] == {}


def test_without_vectors_nothing_is_checked(shell: Shell, folder: Path, corpora: Path) -> None:
    done = shell.run("run", "--model-only", "shop.yaml")
    assert done.code == ExitCode.NOTHING_COMPARED
    assert done.out.splitlines() == [
        LABEL,
        "without recorded vectors: 1 scenario",
        "nothing was checked",
    ]
    assert done.err == ""
    assert shell.run("run", "--model-only", "--json", folder).json["without_vectors"] == [
        "plain[ipv4]",
        "plain[ipv6]",
        "shop",
    ]


def test_vectors_that_nobody_asked_for_are_no_comparison(
    shell: Shell, corpora: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They agree, and still nothing is said about the datapath."""

    def denied(*_: object) -> None:
        raise PermissionDeniedError("no right to load")

    monkeypatch.setattr("harness.commands.run.run_lockstep", denied)
    done = shell.run("run", corpora)
    assert done.code == ExitCode.NOTHING_COMPARED
    assert only_line(done) == "no right to load"
    assert done.out.splitlines()[0] == LABEL
    assert done.out.splitlines()[-1].startswith("6 packets of the specification agree")


def test_what_was_not_checked_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    """And a mismatch is one line, however long."""
    value = "v" * 300
    model_only.show(
        Checked(
            packets=1_000,
            evicting=["full", "fuller"],
            without_vectors=["new"],
            mismatches=[Mismatch("shop", "shop.yaml:19", "packet", value, "none")],
        )
    )
    assert capsys.readouterr().out.splitlines() == [
        LABEL,
        f"shop: shop.yaml:19: packet: recorded {value}, now none",
        "without recorded vectors: 1 scenario",
        "tables evict, which takes a kernel: 2 scenarios not checked",
        "not as it was recorded: 1 scenario",
    ]


@pytest.mark.parametrize("options", ["", "--json"])
def test_without_the_right_to_load_nothing_is_compared(folder: Path, options: str) -> None:
    done = bash(f"{WITHOUT_BPF} 'twinpath run shop.yaml {options}'", folder)
    assert done.code == ExitCode.NOTHING_COMPARED
    assert "CAP_SYS_ADMIN" in only_line(done)
    assert LABEL in done.out
    if options == "--json":
        assert done.json["loaders"] == {}
        assert done.json["packets"] == 0


def test_the_root_of_a_user_namespace_may_not_load_either(folder: Path) -> None:
    """As in a rootless container: all capabilities, none of which count outside."""
    done = bash("unshare --user --map-root-user twinpath run shop.yaml", folder)
    assert done.code == ExitCode.NOTHING_COMPARED
    assert "in a user namespace only; run outside of it" in only_line(done)
    assert LABEL in done.out


def test_without_the_right_to_make_devices_one_line_says_so(folder: Path) -> None:
    """Root of the first user namespace can load without it, but packets name interfaces."""
    for arguments in ("run shop.yaml plain.yaml", "replay shop.yaml"):
        done = bash(f"capsh --drop=cap_net_admin -- -c 'twinpath {arguments}'", folder)
        assert done.code == ExitCode.NOTHING_COMPARED
        assert only_line(done).endswith("run as root, or with CAP_NET_ADMIN")


def test_replay_names_the_capability_in_its_one_line(folder: Path) -> None:
    done = bash(f"{WITHOUT_BPF} 'twinpath replay shop.yaml'", folder)
    assert done.code == ExitCode.NOTHING_COMPARED
    assert "CAP_" in only_line(done)
    assert done.out == ""


def test_explain_needs_no_rights(folder: Path) -> None:
    done = bash("capsh --drop=all -- -c 'twinpath explain shop.yaml --step 1'", folder)
    assert (done.code, done.err) == (ExitCode.AGREEMENT, "")


def test_doctor_says_that_no_comparison_can_take_place(folder: Path) -> None:
    done = bash(f"{WITHOUT_BPF} 'twinpath doctor'", folder)
    assert done.code == ExitCode.NOTHING_COMPARED
    assert "to mend 'bpf permission': run as root, or with CAP_BPF" in done.out
    assert done.err == ""
