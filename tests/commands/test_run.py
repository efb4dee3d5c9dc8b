"""`twinpath run` where both sides agree, on the real kernel."""

from __future__ import annotations

from pathlib import Path

from harness.commands.exit_codes import ExitCode
from model.clauses import CLAUSES
from tests.commands.command_line import (
    JUMBO,
    QUESTION,
    SHOP,
    USB_LINKS,
    Shell,
    capture_file,
    only_line,
)

TABLE = """\
    s{number}:
      frontends: [{{ipv4: 10.97.0.{number}, port: 80}}]
      backends: {{one: {{ipv4: 10.0.3.1, port: 8080}}}}
"""
"""A service with a Maglev table of the default size; eight fit into the maps of a test."""


def test_agreement_is_exit_code_0_and_says_over_how_much(shell: Shell, folder: Path) -> None:
    done = shell.run("run", "shop.yaml")
    assert done.code == ExitCode.AGREEMENT
    assert done.err == ""
    lines = done.out.splitlines()
    assert lines[1].split()[:6] == ["libbpf", "1", "5", "4", "0", "0"]
    assert lines[-1] == "agreement on 4 packets, seed 0"
    assert {path.name for path in folder.iterdir()} == {"shop.yaml", "plain.yaml"}


def test_both_loaders_run_everything(shell: Shell, folder: Path) -> None:
    done = shell.run("run", "--json", "--loader", "both", folder)
    assert done.code == ExitCode.AGREEMENT
    assert list(done.json["loaders"]) == ["libbpf", "bcc"]
    for figures in done.json["loaders"].values():
        assert figures["packets"] == 6
        assert figures["scenarios"] == 3
    assert done.json["packets"] == 12


def test_json_is_one_object_with_all_figures(shell: Shell, folder: Path) -> None:
    done = shell.run("run", "--json", "--seed", 5, folder)
    assert done.code == ExitCode.AGREEMENT
    assert done.err == ""
    seconds = done.json.pop("seconds")
    assert isinstance(seconds, float)
    assert seconds > 0
    found = done.json
    assert (found["steps"], found["packets"]) == (7, 6)
    assert (found["divergences"], found["refused"], found["failures"]) == (0, 0, 0)
    assert (found["seed"], found["interrupted"], found["findings"]) == (5, False, [])
    assert found["loaders"]["libbpf"]["steps"] == 7
    assert found["clauses"]["LB-1"] == 1
    assert found["clauses"]["NAT-1"] == 1
    assert set(found["clauses"]) <= set(CLAUSES)
    assert found["reasons"] == {"established": 1, "new": 4, "reply": 1}


def test_verbose_names_every_scenario_and_every_clause(shell: Shell, folder: Path) -> None:
    done = shell.run("run", "-v", folder)
    agreed = [line.split() for line in done.err.splitlines()]
    assert [words[:2] for words in agreed] == [
        ["agrees", "plain[ipv4]"],
        ["agrees", "plain[ipv6]"],
        ["agrees", "shop"],
    ]
    shown = {line.split()[0] for line in done.out.splitlines() if line.strip()}
    assert set(CLAUSES) <= shown


def test_list_runs_nothing(shell: Shell, folder: Path) -> None:
    done = shell.run("run", "--list", folder, "--object", folder / "nothing.c")
    assert done.code == ExitCode.AGREEMENT
    assert done.out.splitlines() == [
        f"plain[ipv4]  {folder}/plain.yaml",
        f"plain[ipv6]  {folder}/plain.yaml",
        f"shop  {folder}/shop.yaml",
    ]


def listed(shell: Shell, *arguments: object) -> list[str]:
    return [line.split()[0] for line in shell.run("run", "--list", *arguments).out.splitlines()]


def test_filter_takes_parts_of_names_patterns_and_whole_clauses(shell: Shell, folder: Path) -> None:
    assert listed(shell, folder, "--filter", "sho") == ["shop"]
    assert listed(shell, folder, "--filter", "plain[ipv6]") == ["plain[ipv6]"]
    assert listed(shell, folder, "--filter", "*6]") == ["plain[ipv6]"]
    assert listed(shell, folder, "--filter", "shop.yaml") == ["shop"]
    assert listed(shell, folder, "--filter", "CT-11") == ["plain[ipv4]", "plain[ipv6]"]
    assert listed(shell, folder, "--filter", "LB-*") == ["shop"]
    (folder / "ten.yaml").write_text(SHOP.replace("LB-1", "LB-10").replace("name: shop", "name: x"))
    assert listed(shell, folder, "--filter", "LB-1") == ["shop"]


def test_a_filter_that_leaves_nothing_is_nothing_compared(shell: Shell, folder: Path) -> None:
    for arguments in (["--list"], [], ["--model-only"]):
        done = shell.run("run", folder, "--filter", "nothing", *arguments)
        assert done.code == ExitCode.NOTHING_COMPARED
        assert only_line(done).startswith("--filter nothing: none of 3 scenarios matches")


def test_the_seed_decides_the_order_and_nothing_else_does(shell: Shell, folder: Path) -> None:
    for number in range(6):
        (folder / f"shop{number}.yaml").write_text(SHOP.replace("name: shop", f"name: s{number}"))
    by_name = listed(shell, folder)
    assert by_name == listed(shell, folder, "--seed", "0")
    orders = [tuple(listed(shell, folder, "--seed", seed)) for seed in (1, 2, -3, 1)]
    assert orders[0] == orders[3]
    assert len({*orders, tuple(by_name)}) == 4
    assert {tuple(sorted(order)) for order in orders} == {tuple(sorted(by_name))}


def test_a_folder_with_nothing_to_run_is_nothing_compared(shell: Shell, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("nothing")
    (tmp_path / "shop.topology.yaml").write_text("endpoints: {}")
    (tmp_path / ".hidden").mkdir()
    (tmp_path / ".hidden" / "shop.yaml").write_text(SHOP)
    done = shell.run("run", tmp_path)
    assert done.code == ExitCode.NOTHING_COMPARED
    assert only_line(done).startswith(f"{tmp_path}: no scenario")


def test_a_capture_is_run_and_what_was_left_out_is_said(shell: Shell, folder: Path) -> None:
    capture_file(folder / "good.pcap", QUESTION, QUESTION)
    capture_file(folder / "usb.pcap", b"12345678", link_type=USB_LINKS)
    done = shell.run("run", "--json", "good.pcap", "usb.pcap")
    assert done.code == ExitCode.AGREEMENT
    assert done.json["packets"] == 2
    assert done.err == ""
    captures = done.json["captures"]
    assert (captures["files"], captures["records"], captures["notices"]) == (2, 3, [])
    ((why, count),) = captures["skipped"].items()
    assert (why[:21], count) == ("unsupported link type", 1)
    for_people = shell.run("run", "good.pcap", "usb.pcap").out.splitlines()
    assert for_people[:2] == ["captures: 3 records of 2 files", f"  1 left out: {why}"]


def test_a_capture_that_ends_too_early_is_run_up_to_there(shell: Shell, folder: Path) -> None:
    capture = capture_file(folder / "cut.pcap", QUESTION, QUESTION)
    capture.write_bytes(capture.read_bytes()[:-5])
    done = shell.run("run", capture)
    assert done.code == ExitCode.AGREEMENT
    assert done.out.splitlines()[-1] == "agreement on 1 packet, seed 0"
    assert done.out.splitlines()[1].startswith(f"  {capture}: record 2 at byte ")
    assert done.err == ""


def test_refused_packets_are_counted_and_are_no_agreement(shell: Shell, folder: Path) -> None:
    capture_file(folder / "jumbo.pcap", JUMBO)
    done = shell.run("run", "jumbo.pcap")
    assert done.code == ExitCode.NOTHING_COMPARED
    assert "refused by the kernel, once: " in done.out
    assert done.out.splitlines()[-1] == "nothing was compared, seed 0"
    with_others = shell.run("run", "--json", "jumbo.pcap", "shop.yaml")
    assert with_others.code == ExitCode.AGREEMENT
    assert with_others.json["refused"] == 1


def test_what_fails_in_one_scenario_does_not_stop_the_others(shell: Shell, folder: Path) -> None:
    """A capture that is damaged half-way, and an operation that the datapath cannot carry out."""
    capture = capture_file(folder / "damaged.pcap", QUESTION, QUESTION)
    data = bytearray(capture.read_bytes())
    data[24 + 16 + len(QUESTION) + 8 : 24 + 16 + len(QUESTION) + 12] = b"\xff" * 4
    capture.write_bytes(bytes(data))
    services = "".join(TABLE.format(number=number) for number in range(9))
    bad = SHOP.replace("  services:\n", f"  services:\n{services}").replace(
        "name: shop", "name: bad"
    )
    (folder / "bad.yaml").write_text(bad)
    done = shell.run("run", folder)
    assert done.code == ExitCode.USAGE
    lines = done.err.splitlines()
    assert len(lines) == 2
    assert lines[0].startswith(f"twinpath: {folder}/bad.yaml: topology: ")
    assert lines[1].startswith(f"twinpath: {capture}: record 2 at byte ")
    assert done.out.splitlines()[-1] == (
        "agreement on 7 packets, 2 scenarios not carried out, seed 0"
    )
    failed = shell.run("run", "--json", "--fail-fast", folder)
    assert (failed.code, failed.json["failures"]) == (ExitCode.USAGE, 1)
    assert failed.json["loaders"]["libbpf"]["scenarios"] == 1
