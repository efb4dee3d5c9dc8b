"""Whatever is wrong with what a user gives: one line, no traceback, the documented exit code."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from harness.commands.exit_codes import ExitCode
from tests.commands.command_line import (
    PLAIN,
    QUESTION,
    ROOT,
    SHOP,
    Shell,
    bash,
    capture_file,
    only_line,
)

USAGE, NOTHING = ExitCode.USAGE, ExitCode.NOTHING_COMPARED


Prepare = Callable[[Path], object]


def write(name: str, content: str | bytes) -> Prepare:
    """Puts a file into the folder."""
    data = content.encode() if isinstance(content, str) else content
    return lambda folder: (folder / name).write_bytes(data)


def unreadable(folder: Path) -> None:
    """A symbolic link to itself: nobody can read it, root neither."""
    (folder / "loop.yaml").symlink_to("loop.yaml")


def no_bytes(folder: Path) -> None:
    (folder / "empty").mkdir()


FILES: dict[str, tuple[Prepare, str, ExitCode, str]] = {
    "missing": (lambda _: None, "nothing.yaml", USAGE, "nothing.yaml: there is no such file"),
    "a device": (lambda _: None, "/dev/null", USAGE, "is neither a file nor a folder"),
    "empty folder": (no_bytes, "empty", NOTHING, "empty: no scenario"),
    "empty scenario": (write("a.yaml", ""), "a.yaml", USAGE, "a.yaml"),
    "no YAML": (write("a.yaml", "a: [1"), "a.yaml", USAGE, "a.yaml:"),
    "no UTF-8": (write("a.yaml", b"name: \xff\xfe"), "a.yaml", USAGE, "a.yaml:1:7: is not UTF-8"),
    "binary YAML": (write("a.yaml", bytes(range(256))), "a.yaml", USAGE, "a.yaml"),
    "control characters": (
        write("a.yaml", "name: \x1b[31mred\x00\n"),
        "a.yaml",
        USAGE,
        "a.yaml",
    ),
    "unknown endpoint": (
        write("a.yaml", PLAIN.replace("from: client", "from: cleint")),
        "a.yaml",
        USAGE,
        "a.yaml:10:",
    ),
    "unknown clause": (
        write("a.yaml", PLAIN.replace("CT-11", "CT-99")),
        "a.yaml",
        USAGE,
        "unknown clause 'CT-99'",
    ),
    "code instead of a packet": (
        write("a.yaml", PLAIN.replace('IP(dst="server")', '__import__("os")')),
        "a.yaml",
        USAGE,
        "a.yaml:10:",
    ),
    "garbage for a capture": (write("a.pcap", b"garbage!" * 9), "a.pcap", USAGE, "a.pcap"),
    "empty capture": (write("a.pcap", b""), "a.pcap", USAGE, "a.pcap"),
    "half a capture header": (
        write("a.pcap", bytes.fromhex("d4c3b2a10200")),
        "a.pcap",
        USAGE,
        "a.pcap",
    ),
    "damaged gzip": (write("a.pcap.gz", b"\x1f\x8b garbage"), "a.pcap.gz", USAGE, "a.pcap.gz"),
    "a link to itself": (unreadable, "loop.yaml", USAGE, "loop.yaml"),
    "NUL in the path": (lambda _: None, "a\0b.yaml", USAGE, "a?b.yaml"),
    "too long a path": (lambda _: None, "a" * 5000 + ".yaml", USAGE, "aaaa"),
}


@pytest.mark.parametrize("command", ["run", "explain"])
@pytest.mark.parametrize("case", FILES.values(), ids=FILES)
def test_a_bad_file(
    shell: Shell, folder: Path, command: str, case: tuple[Prepare, str, ExitCode, str]
) -> None:
    prepare, name, code, says = case
    prepare(folder)
    done = shell.run(command, name)
    assert done.code == code
    assert says in only_line(done)
    assert done.out == ""


def test_a_capture_that_ends_before_its_first_packet(shell: Shell, folder: Path) -> None:
    (folder / "a.pcapng").write_bytes(bytes.fromhex("0a0d0d0aff"))
    done = shell.run("run", "a.pcapng")
    assert done.code == NOTHING
    assert "  a.pcapng: the block at byte 0, after record 0, is cut" in done.out.splitlines()
    explained = shell.run("explain", "a.pcapng")
    assert (explained.code, explained.out) == (NOTHING, "")
    assert "a.pcapng" in only_line(explained)


@pytest.mark.parametrize("name", ["nothing", "empty", "notes.txt", "a\0b", "loop.yaml"])
def test_replay_of_what_is_no_saved_divergence(shell: Shell, folder: Path, name: str) -> None:
    no_bytes(folder)
    unreadable(folder)
    (folder / "notes.txt").write_text("not YAML: [")
    done = shell.run("replay", name)
    assert done.code == USAGE
    assert name.replace("\0", "?") in only_line(done)


OPTIONS = [
    ("run", "shop.yaml", "--nonsense"),
    ("run", "shop.yaml", "--loader", "ebpf"),
    ("run", "shop.yaml", "--seed", "many"),
    ("run", "shop.yaml", "--seed", "1.5"),
    ("run", "shop.yaml", "--seed"),
    ("run", "shop.yaml", "--save", "shop.yaml"),
    ("run",),
    ("replay", "shop.yaml", "--times", "0"),
    ("replay", "shop.yaml", "--times", "-1"),
    ("replay", "shop.yaml", "--times", "often"),
    ("replay",),
    ("explain", "shop.yaml", "--step", "0"),
    ("explain", "shop.yaml", "--step", "first"),
    ("explain", "shop.yaml", "--step", "9" * 30),
    ("explain", "shop.yaml", "--loader", "bcc"),
    ("explain",),
    ("doctor", "--nonsense"),
    ("doctor", "what"),
    ("load", "--loader", "none"),
    ("load", "what"),
    ("nonsense",),
    ("--nonsense",),
]


@pytest.mark.parametrize("arguments", OPTIONS, ids=" ".join)
def test_a_bad_option(shell: Shell, folder: Path, arguments: tuple[str, ...]) -> None:
    done = shell.run(*arguments)
    assert done.code == USAGE
    assert only_line(done)
    assert done.out == ""
    assert {path.name for path in folder.iterdir()} == {"shop.yaml", "plain.yaml"}


def test_no_command_at_all_shows_the_help(shell: Shell) -> None:
    done = shell.run()
    assert done.code == USAGE
    assert "Usage: twinpath" in done.out
    assert done.err == ""


@pytest.mark.parametrize("step", [6, 2_000_000_000])
def test_a_step_that_is_not_there(shell: Shell, folder: Path, step: int) -> None:
    done = shell.run("explain", "shop.yaml", "--step", step)
    assert done.code == NOTHING
    assert "shop.yaml: no such step" in only_line(done)


def compiled(folder: Path, source: str, *flags: str) -> Path:
    """An object file of some C."""
    (folder / "x.c").write_text(source)
    done = bash(f"clang-19 -target bpf {' '.join(flags)} -c x.c -o x.o", folder)
    assert done.code == 0, done.err
    return folder / "x.o"


LICENSE = 'char terms[] __attribute__((section("license"))) = "GPL";\n'
PROGRAM = (
    LICENSE
    + '__attribute__((section("tc"))) int from_container(void *c) { return (long)c != 0; }\n'
)
OBJECTS: dict[str, tuple[Prepare, str, str]] = {
    "missing": (lambda _: None, "nothing.o", "nothing.o"),
    "missing source": (lambda _: None, "nothing.c", "nothing.c: no such file"),
    "an empty folder": (no_bytes, "empty", "empty: holds 0 datapaths"),
    "no ELF": (write("x.o", b"garbage" * 100), "x.o", "x.o"),
    "empty": (write("x.o", b""), "x.o", "x.o"),
    "half an ELF": (write("x.o", b"\x7fELF\x02\x01\x01" + bytes(20)), "x.o", "x.o"),
    "this machine's ELF": (lambda _: None, "/bin/true", "/bin/true"),
    "no C": (write("x.c", "this is no C"), "x.c", "x.c:1: "),
    "no BTF": (lambda folder: compiled(folder, PROGRAM, "-O2"), "x.o", "x.o"),
    "other programs": (
        lambda folder: compiled(folder, PROGRAM, "-O2", "-g"),
        "x.o",
        "x.o: has no ",
    ),
    "NUL in the path": (lambda _: None, "a\0b.o", "a?b.o"),
    "a device": (lambda _: None, "/dev/null", "/dev/null"),
}
each_object = pytest.mark.parametrize(("prepare", "name", "says"), OBJECTS.values(), ids=OBJECTS)


@each_object
def test_a_bad_object(shell: Shell, folder: Path, prepare: Prepare, name: str, says: str) -> None:
    prepare(folder)
    for command in (("run", "shop.yaml"), ("replay", "shop.yaml")):
        done = shell.run(*command, "--object", name)
        assert done.code == USAGE
        assert says in only_line(done)
        assert done.out == ""


def test_a_folder_stands_for_the_source_in_it(shell: Shell, folder: Path) -> None:
    for name in (ROOT, ROOT / "bpf"):
        assert shell.run("run", "shop.yaml", "--object", name).code == ExitCode.AGREEMENT


@pytest.mark.parametrize("name", ["nothing.o", "shop.yaml", "empty", "/bin/true", "a\0b.c"])
def test_load_of_what_is_no_object(shell: Shell, folder: Path, name: str) -> None:
    no_bytes(folder)
    done = shell.run("load", "--object", name)
    assert done.code == USAGE
    assert name.replace("\0", "?") in only_line(done)


def test_bcc_wants_a_source(shell: Shell, folder: Path) -> None:
    (folder / "x.o").write_bytes(b"garbage")
    done = shell.run("run", "shop.yaml", "--object", "x.o", "--loader", "bcc")
    assert done.code == USAGE
    assert "bcc compiles from C" in only_line(done)


def test_a_source_with_a_mistake_names_file_and_line(shell: Shell, folder: Path) -> None:
    broken = folder / "bpf"
    broken.mkdir()
    for path in (ROOT / "bpf").rglob("*.[ch]"):
        copy = broken / path.relative_to(ROOT / "bpf")
        copy.parent.mkdir(exist_ok=True)
        copy.write_text(path.read_text())
    with (broken / "reason.h").open("a") as file:
        file.write("int broken(;\n")
    line = (broken / "reason.h").read_text().count("\n")
    for loader in ("libbpf", "bcc"):
        done = shell.run(
            "run", "shop.yaml", "--object", broken / "twinpath.bpf.c", "--loader", loader
        )
        assert done.code == USAGE
        assert f"reason.h:{line}: " in only_line(done)


def test_a_save_folder_with_a_nul(shell: Shell, folder: Path) -> None:
    done = shell.run("run", "shop.yaml", "--save", "a\0b")
    assert done.code == USAGE
    only_line(done)


def test_one_bad_file_among_good_ones_is_met_before_anything_runs(
    shell: Shell, folder: Path
) -> None:
    (folder / "z.yaml").write_text(SHOP.replace("client", "cl ient"))
    done = shell.run("run", folder)
    assert (done.code, done.out) == (USAGE, "")
    assert f"{folder}/z.yaml:" in only_line(done)


def test_a_capture_among_scenarios_is_told_by_its_name(shell: Shell, folder: Path) -> None:
    """A capture called .yaml is read as YAML, whatever the case; anything else as a capture."""
    capture_file(folder / "A.YAML", QUESTION)
    assert "A.YAML" in only_line(shell.run("run", folder / "A.YAML"))
    capture_file(folder / "nameless", QUESTION)
    assert shell.run("run", "nameless").code == ExitCode.AGREEMENT


def test_what_may_not_be_read(folder: Path) -> None:
    """Root may read everything; without that privilege a mode of 0 counts for root too."""
    (folder / "closed").mkdir(mode=0)
    (folder / "shop.yaml").chmod(0)
    for name in ("closed", "shop.yaml"):
        privileges = "cap_dac_override,cap_dac_read_search"
        done = bash(f"capsh --drop={privileges} -- -c 'twinpath explain {name}'", folder)
        assert done.code == USAGE
        assert only_line(done).startswith(f"{name}: ")
        assert "cannot be read" in only_line(done)


def test_a_name_that_is_no_text(folder: Path) -> None:
    """Names are bytes; those that are no UTF-8 are shown by their numbers."""
    (folder / "shop.yaml").rename(os.fsdecode(os.fsencode(folder) + b"/sh\xffp.yaml"))
    listed = bash("twinpath run --list . --filter shop", folder)
    assert (listed.code, listed.out, listed.err) == (0, "shop  sh\\udcffp.yaml\n", "")
    wrong = bash("echo a: >> sh*.yaml; twinpath explain sh*.yaml", folder)
    assert wrong.code == USAGE
    assert only_line(wrong).startswith("sh?p.yaml:")


def test_an_internal_error_is_one_line_that_says_so(
    shell: Shell, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("one\ntwo")

    monkeypatch.setattr("harness.commands.explain.walk", broken)
    done = shell.run("explain", "shop.yaml")
    assert done.code == ExitCode.INTERNAL_ERROR
    assert only_line(done) == (
        "internal error: RuntimeError: one two (this is a bug; TWINPATH_DEBUG=1 shows where)"
    )
    monkeypatch.setenv("TWINPATH_DEBUG", "1")
    with pytest.raises(RuntimeError):
        shell.run("explain", "shop.yaml")
