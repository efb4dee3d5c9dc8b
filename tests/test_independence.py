"""Who may know what: the table of docs/architecture.md held against the imports.

A datapath and its oracle are worth what their independence is worth.
"""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
MACHINES = re.compile(r"model(?!\.(domain|clauses|trace)(\.|$))(\.|$)")
"""The model but for its words."""


@dataclass(frozen=True)
class Part:
    """A part of the project, and modules that it must not import, by what they begin with.

    `only` names the part's own modules and the project's modules that it may import, where that is
    easier to say.
    """

    path: str
    forbidden: tuple[str, ...] = ()
    only: tuple[str, ...] = ()


KERNEL = ("harness.kernel", "harness.datapath", "bcc", "pyroute2", "ctypes", "mmap")
FILES = ("pathlib", "io", "os", "tempfile", "yaml", "json")

PARTS = {
    "model/domain/": Part("model/domain", only=("model.domain",)),
    "model/": Part("model", only=("model",)),
    "harness/kernel/": Part("harness/kernel", forbidden=("model", "harness.datapath")),
    "harness/datapath/": Part(
        "harness/datapath", forbidden=("<machines>", "harness.compare", "harness.reference")
    ),
    "harness/compare/": Part(
        "harness/compare",
        forbidden=("<machines>", "harness.reference", *KERNEL, *FILES),
        only=("harness.compare", "harness.packets", "harness.errors", "model.domain"),
    ),
    "harness/lockstep/": Part(
        "harness/lockstep",
        forbidden=("<machines>", "harness.reference", *KERNEL),
        only=(
            "harness.lockstep",
            "harness.compare",
            "harness.step",
            "harness.subject",
            "harness.errors",
            "model.clauses",
            "model.domain",
        ),
    ),
    "harness/scenario/": Part(
        "harness/scenario", forbidden=("<machines>", "harness.reference", *KERNEL)
    ),
    "harness/capture/": Part(
        "harness/capture", forbidden=("<machines>", "harness.reference", *KERNEL)
    ),
}
"""A part's rule for each row of the table; `bpf/` has a test of its own."""

PROJECT = ("model", "harness", "tests")


def documented_parts() -> list[str]:
    """Paths in the first column of the table."""
    text = (ROOT / "docs/architecture.md").read_text()
    table = text.split("## Who may know what")[1].split("\n## ")[0]
    rows = [line.split("|")[1] for line in table.splitlines() if line.startswith("| `")]
    return [path for row in rows for path in re.findall(r"`([^`]+)`", row)]


def modules_of(part: Part) -> list[Path]:
    return sorted((ROOT / part.path).rglob("*.py"))


def imports_of(path: Path) -> set[str]:
    """Every module that a file imports, inside functions too, by its full name."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            assert node.module is not None
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def begins_with(name: str, prefix: str) -> bool:
    if prefix == "<machines>":
        return bool(MACHINES.match(name))
    return name == prefix or name.startswith(prefix + ".")


def is_of_project(name: str) -> bool:
    return name.partition(".")[0] in PROJECT


def test_every_row_of_the_table_is_held() -> None:
    assert set(documented_parts()) == {*PARTS, "bpf/"}


@pytest.mark.parametrize("part", PARTS.values(), ids=PARTS)
def test_a_part_imports_nothing_that_it_must_not_know(part: Part) -> None:
    files = modules_of(part)
    assert files, f"{part.path} has no modules"
    for path in files:
        for name in imports_of(path):
            wrong = [prefix for prefix in part.forbidden if begins_with(name, prefix)]
            assert not wrong, f"{path.relative_to(ROOT)} imports {name}"
            if part.only and is_of_project(name):
                allowed = any(begins_with(name, prefix) for prefix in part.only)
                assert allowed, f"{path.relative_to(ROOT)} imports {name}"


def test_the_check_itself_sees_a_wrong_import(tmp_path: Path) -> None:
    source = tmp_path / "module.py"
    source.write_text("def f():\n    from model.machine import Machine\n    import model.policy\n")
    names = imports_of(source)
    assert names == {"model.machine.Machine", "model.policy"}
    assert all(begins_with(name, "<machines>") for name in names)
    assert not begins_with("model.domain.flow.Flow", "<machines>")
    assert not begins_with("model.domain", "<machines>")
    assert not begins_with("model.clauses.CLAUSES", "<machines>")


def test_the_model_uses_the_standard_library_alone_and_none_of_its_clocks_or_dice() -> None:
    """Nothing of the machine it runs on: no files, no time, no random numbers, no layouts."""
    allowed = {
        "__future__",
        "collections",
        "copy",
        "dataclasses",
        "enum",
        "functools",
        "ipaddress",
        "struct",
        "typing",
    }
    used = {
        name.partition(".")[0]
        for path in modules_of(PARTS["model/"])
        for name in imports_of(path)
        if not is_of_project(name)
    }
    assert used <= allowed


def test_the_model_packs_bytes_of_packets_alone() -> None:
    """Structs stand for headers of the RFCs. Maglev reads addresses as words by one."""
    users = {
        str(path.relative_to(ROOT / "model"))
        for path in modules_of(PARTS["model/"])
        if any(begins_with(name, "struct") for name in imports_of(path))
    }
    assert {user for user in users if not user.startswith("packet/")} <= {"maglev.py"}


def test_the_model_names_no_map_and_no_type_of_a_map() -> None:
    layout = (ROOT / "bpf/layout.h").read_text() + (ROOT / "bpf/maps.h").read_text()
    names = set(re.findall(r"\b(?:struct|MAP\()\s*(\w+_ipv[46])\b", layout))
    assert {"flow_key_ipv4", "entry_ipv6", "conntrack_ipv4"} <= names
    for path in modules_of(PARTS["model/"]):
        words = set(re.findall(r"\w+", path.read_text()))
        assert not words & names, path


def test_bpf_includes_the_kernels_headers_and_its_own_alone() -> None:
    sources = sorted([*(ROOT / "bpf").rglob("*.h"), *(ROOT / "bpf").rglob("*.c")])
    assert sources
    own = {path.name for path in sources}
    system = ("linux/", "bpf/", "asm/", "stdbool.h", "stddef.h")
    for path in sources:
        for quote, name in re.findall(r'#include\s+([<"])([^>"]+)[>"]', path.read_text()):
            known = name.startswith(system) if quote == "<" else Path(name).name in own
            assert known, f"{path.relative_to(ROOT)} includes {name}"


def test_bpf_holds_no_python_and_does_not_speak_of_it() -> None:
    files = [path for path in (ROOT / "bpf").rglob("*") if path.is_file()]
    files = [path for path in files if path.parent.name != "LICENSES"]
    assert {path.suffix for path in files} <= {".c", ".h", ".md"}
    for path in files:
        assert not re.search(r"python|model/|harness/", path.read_text(), re.IGNORECASE), path
