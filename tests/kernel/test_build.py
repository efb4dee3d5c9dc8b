"""Building is done once for the same inputs, and says what is wrong with the source."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.kernel import toolchain
from harness.kernel.build import build
from harness.kernel.errors import CacheError, CompileError, MissingToolError

TEXT = '#include "number.h"\nint number = NUMBER;\n'


@pytest.fixture
def source(tmp_path: Path) -> Path:
    (tmp_path / "number.h").write_text("#define NUMBER 1\n", "utf-8")
    path = tmp_path / "number.bpf.c"
    path.write_text(TEXT, "utf-8")
    return path


@pytest.fixture
def fresh_toolchain() -> Iterator[None]:
    toolchain.find_clang.cache_clear()
    yield
    toolchain.find_clang.cache_clear()


def test_the_same_source_is_compiled_once(source: Path) -> None:
    first = build(source)
    written = first.stat().st_mtime_ns
    assert build(source) == first
    assert first.stat().st_mtime_ns == written


def test_a_changed_header_makes_another_object(source: Path) -> None:
    first = build(source)
    source.with_name("number.h").write_text("#define NUMBER 2\n", "utf-8")
    second = build(source)
    assert first != second
    assert first.read_bytes() != second.read_bytes()


def test_flags_make_another_object(source: Path) -> None:
    assert build(source) != build(source, ["-DOTHER=1"])


def test_where_the_source_lies_does_not_matter(source: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    for name in ("number.h", "number.bpf.c"):
        (elsewhere / name).write_bytes(source.with_name(name).read_bytes())
    assert build(elsewhere / "number.bpf.c") == build(source)


def test_nothing_but_the_object_is_left_in_the_cache(source: Path, cache: Path) -> None:
    build(source)
    before = set(cache.iterdir())
    source.with_name("number.h").write_text("#define NUMBER 3\n", "utf-8")
    built = build(source)
    assert set(cache.iterdir()) - before == {built}


def test_an_error_names_file_and_line(source: Path) -> None:
    source.write_text(TEXT + "int other = ;\n", "utf-8")
    with pytest.raises(CompileError, match=r"number\.bpf\.c:3: expected expression") as raised:
        build(source)
    assert str(source.parent) in str(raised.value)
    assert "\n" not in str(raised.value)
    assert "int other" in raised.value.log


def test_an_error_in_a_header_names_the_header(source: Path) -> None:
    source.with_name("number.h").write_text("#define NUMBER 1\n#error too small\n", "utf-8")
    with pytest.raises(CompileError, match=r"number\.h:2: too small"):
        build(source)


def test_a_missing_source_is_named(tmp_path: Path) -> None:
    with pytest.raises(CompileError, match=r"absent\.c: no such file"):
        build(tmp_path / "absent.c")


@pytest.mark.usefixtures("fresh_toolchain")
def test_a_missing_compiler_names_its_package(
    source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "/nonexistent")
    with pytest.raises(MissingToolError, match="apt-get install clang-19"):
        build(source)


def test_a_cache_that_cannot_be_made_says_what_to_set(
    source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", "/proc/self/cache")
    with pytest.raises(CacheError, match="set XDG_CACHE_HOME"):
        build(source)


def test_a_read_only_cache_says_what_to_set(source: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # The folder is there and nothing can be put into it, not even by root.
    monkeypatch.setattr("harness.kernel.build.cache_folder", lambda: Path("/proc/self"))
    with pytest.raises(CacheError, match="cannot be written"):
        build(source)
