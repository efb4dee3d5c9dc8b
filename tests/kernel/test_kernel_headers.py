"""bcc gets one folder out of Debian's two header packages."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from harness.kernel.errors import MissingToolError
from harness.kernel.kernel_headers import announced_kernel_source, kernel_source

COMMON = ("Makefile", "include/linux/types.h", "arch/x86/include/asm/page.h")
SPECIFIC = ("Makefile", "include/generated/autoconf.h", "arch/x86/include/generated/unistd.h")


@pytest.fixture
def sources(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr("harness.kernel.kernel_headers.SOURCES_FOLDER", tmp_path)
    monkeypatch.setattr("harness.kernel.kernel_headers.MODULES_FOLDER", tmp_path / "modules")
    monkeypatch.setattr("platform.machine", lambda: "x86_64")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.delenv("BCC_KERNEL_SOURCE", raising=False)
    return tmp_path


def install(sources: Path, version: str) -> None:
    for suffix, files in (("common", COMMON), ("amd64", SPECIFIC)):
        for name in files:
            path = sources / f"linux-headers-{version}-{suffix}" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(f"{suffix} {name}", "utf-8")


def test_both_trees_are_seen_through_one_folder(sources: Path) -> None:
    install(sources, "6.1.0-1")
    overlay = kernel_source()
    for name in COMMON[1:]:
        assert (overlay / name).read_text("utf-8") == f"common {name}"
    for name in SPECIFIC:
        assert (overlay / name).read_text("utf-8") == f"amd64 {name}"


def test_the_newest_headers_are_taken(sources: Path) -> None:
    for version in ("6.1.0-9", "6.1.0-56", "5.10.0-99"):
        install(sources, version)
    assert kernel_source().name == "headers-6.1.0-56-amd64"


def test_an_overlay_left_half_made_is_completed(sources: Path) -> None:
    install(sources, "6.1.0-1")
    overlay = kernel_source()
    (overlay / "include" / "linux").unlink()
    assert kernel_source() == overlay
    assert (overlay / "include/linux/types.h").is_file()


def test_half_installed_headers_are_no_headers(sources: Path) -> None:
    (sources / "linux-headers-6.1.0-1-common").mkdir()
    with pytest.raises(MissingToolError, match="apt-get install linux-headers-amd64"):
        kernel_source()


def test_the_running_kernels_own_tree_comes_first(
    sources: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(sources, "6.1.0-1")
    monkeypatch.setattr("platform.release", lambda: "9.9.9")
    own = sources / "modules" / "9.9.9" / "build"
    own.mkdir(parents=True)
    assert kernel_source() == own


def test_what_the_user_says_comes_before_all(
    sources: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(sources, "6.1.0-1")
    given = sources / "linux-headers-6.1.0-1-common"
    monkeypatch.setenv("BCC_KERNEL_SOURCE", str(given))
    assert kernel_source() == given
    monkeypatch.setenv("BCC_KERNEL_SOURCE", str(sources / "none"))
    with pytest.raises(MissingToolError, match=r"BCC_KERNEL_SOURCE=.*no kernel source tree"):
        kernel_source()


def test_the_variable_is_set_for_a_while_only(sources: Path) -> None:
    install(sources, "6.1.0-1")
    with announced_kernel_source():
        assert Path(os.environ["BCC_KERNEL_SOURCE"]).name == "headers-6.1.0-1-amd64"
    assert "BCC_KERNEL_SOURCE" not in os.environ
