"""Fetching takes captures out of archives, and nothing else, and says what it cannot do."""

from __future__ import annotations

import gzip
import io
import os
import stat
import tarfile
from pathlib import Path

import pytest

from harness.capture.fetch.__main__ import default_folder, main
from harness.capture.fetch.apt_sources import source_lines
from harness.capture.fetch.error import FetchError
from harness.capture.fetch.manifest import (
    EXPECTED,
    Fetched,
    difference,
    is_intact,
    read_manifest,
    write_manifest,
)
from harness.capture.fetch.packages import PACKAGES
from harness.capture.fetch.unpack import LARGEST_FILE, unpack_captures
from tests.capture.files import ethernet, ipv4, pcap_header, pcap_record

CAPTURE = pcap_header() + pcap_record(ethernet(ipv4("10.0.0.1", "10.0.0.2")))


def archive(folder: Path, members: dict[str, bytes], name: str = "a_1.orig.tar.gz") -> Path:
    path = folder / name
    with tarfile.open(path, "w:gz") as tar:
        for member, data in members.items():
            info = tarfile.TarInfo(member)
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    return path


def test_only_captures_are_taken(tmp_path: Path) -> None:
    members = {
        "top/tests/b.pcap": CAPTURE,
        "top/tests/a.pcapng.gz": gzip.compress(CAPTURE),
        "top/README": b"text",
        "top/fake.pcap": b"#!/bin/sh",
        "top/setup.py": b"import os",
    }
    found = unpack_captures(archive(tmp_path, members), tmp_path / "out")
    assert list(found) == ["tests/a.pcapng.gz", "tests/b.pcap"]
    files = [path for path in (tmp_path / "out").rglob("*") if path.is_file()]
    assert sorted(path.name for path in files) == ["a.pcapng.gz", "b.pcap"]
    assert not any(path.stat().st_mode & stat.S_IXUSR for path in files)


@pytest.mark.parametrize(
    "name",
    ["../out.pcap", "top/../../out.pcap", "/tmp/out.pcap", "out.pcap", "top/a/../b.pcap"],  # noqa: S108
)
def test_members_that_lead_elsewhere_are_left_out(tmp_path: Path, name: str) -> None:
    inner = tmp_path / "inner"
    inner.mkdir()
    found = unpack_captures(archive(tmp_path, {name: CAPTURE}), inner / "out")
    assert found == {}
    assert [path.name for path in tmp_path.rglob("*.pcap")] == []


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE])
def test_members_that_are_no_files_are_left_out(tmp_path: Path, kind: bytes) -> None:
    path = tmp_path / "a.orig.tar.gz"
    with tarfile.open(path, "w:gz") as tar:
        info = tarfile.TarInfo("top/link.pcap")
        info.type = kind
        info.linkname = "/etc/passwd"
        tar.addfile(info)
    assert unpack_captures(path, tmp_path / "out") == {}


def test_huge_members_are_left_out(tmp_path: Path) -> None:
    members = {"top/huge.pcap": CAPTURE + bytes(LARGEST_FILE), "top/small.pcap": CAPTURE}
    assert list(unpack_captures(archive(tmp_path, members), tmp_path / "out")) == ["small.pcap"]


@pytest.mark.parametrize("damage", [b"", b"no archive", b"\x1f\x8b" + b"\xff" * 50])
def test_damaged_archives(tmp_path: Path, damage: bytes) -> None:
    path = tmp_path / "a.orig.tar.gz"
    path.write_bytes(damage)
    with pytest.raises(FetchError, match=r"a\.orig\.tar\.gz: cannot be unpacked: .*; fetch it"):
        unpack_captures(path, tmp_path / "out")


def apt_folder(folder: Path, files: dict[str, str]) -> tuple[Path, Path]:
    """A machine's APT configuration, and its release file."""
    for name, text in files.items():
        path = folder / "apt" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    release = folder / "os-release"
    release.write_text("ID=debian\nVERSION_CODENAME=bookworm\n", encoding="utf-8")
    return folder / "apt", release


def test_source_lines_of_both_styles_for_the_own_suites_only(tmp_path: Path) -> None:
    files = {
        "sources.list": "# comment\ndeb http://mirror/debian bookworm main contrib # more\n"
        "deb [arch=amd64 signed-by=/k.gpg] http://mirror/security bookworm-security main\n"
        "deb-src http://mirror/debian bookworm main contrib # more\n",
        "sources.list.d/other.list": "deb https://vendor/apt vendor main\n",
        "sources.list.d/debian.sources": "Types: deb\nURIs: http://deb/debian\n"
        "Suites: bookworm bookworm-updates\nComponents: main\nSigned-By: /d.gpg\n\n"
        "Types: deb\nURIs: http://off/debian\nSuites: bookworm\nComponents: main\nEnabled: no\n",
    }
    assert source_lines(*apt_folder(tmp_path, files)) == [
        "deb-src http://mirror/debian bookworm main contrib",
        "deb-src [signed-by=/k.gpg] http://mirror/security bookworm-security main",
        "deb-src [signed-by=/d.gpg] http://deb/debian bookworm main",
        "deb-src [signed-by=/d.gpg] http://deb/debian bookworm-updates main",
    ]


def test_a_machine_without_apt_has_no_source_lines(tmp_path: Path) -> None:
    assert source_lines(tmp_path / "none", tmp_path / "none") == []


def test_a_manifest_is_read_as_it_was_written(tmp_path: Path) -> None:
    packages = {"b": Fetched("b", "MIT", "b.tar", {"x": "1"}), "a": Fetched("a", "MIT", "a", {})}
    write_manifest(tmp_path / "manifest.json", packages)
    assert read_manifest(tmp_path / "manifest.json") == packages


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"packages": [{"package": "a"}]}', "\xff"])
def test_a_damaged_manifest_counts_as_none(tmp_path: Path, text: str) -> None:
    (tmp_path / "manifest.json").write_text(text, encoding="latin-1")
    assert read_manifest(tmp_path / "manifest.json") == {}


def test_what_differs_from_the_manifest_is_said() -> None:
    found = Fetched("a", "MIT", "a", {"same": "1", "other": "2", "new": "3"})
    expected = Fetched("a", "MIT", "a", {"same": "1", "other": "9", "gone": "4"})
    assert difference(expected, found) == "1 new, 1 changed, 1 missing"
    assert difference(found, found) == ""
    assert difference(None, found) == "not expected by the repository's manifest"


def test_a_changed_or_missing_file_is_noticed(tmp_path: Path) -> None:
    files = unpack_captures(archive(tmp_path, {"top/a.pcap": CAPTURE}), tmp_path / "out")
    fetched = Fetched("a", "MIT", "a", files)
    assert is_intact(tmp_path / "out", fetched)
    (tmp_path / "out/a.pcap").write_bytes(b"changed")
    assert not is_intact(tmp_path / "out", fetched)
    (tmp_path / "out/a.pcap").unlink()
    assert not is_intact(tmp_path / "out", fetched)


def test_the_repository_expects_every_package() -> None:
    expected = read_manifest(EXPECTED)
    assert list(expected) == sorted(package.name for package in PACKAGES)
    assert all(expected[package.name].licence == package.licence for package in PACKAGES)
    assert sum(len(fetched.files) for fetched in expected.values()) > 800


def test_without_clients_each_package_fails_with_a_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path))
    assert main([str(tmp_path / "cache")]) == 3
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == len(PACKAGES)
    assert lines[0] == ("captures: apt-get: not found; run on Debian, or go without its captures")
    assert lines[-1].startswith("captures: pypacker: ")
    assert lines[-1].endswith("; check pip and the network")
    assert list((tmp_path / "cache").iterdir()) == []


def test_what_is_there_is_not_fetched_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    have = {}
    for package in PACKAGES:
        source = archive(tmp_path, {"top/a.pcap": CAPTURE}, f"{package.name}.tar.gz")
        files = unpack_captures(source, tmp_path / "cache" / package.name)
        have[package.name] = Fetched(package.name, package.licence, source.name, files)
    write_manifest(tmp_path / "cache" / "manifest.json", have)
    stale = tmp_path / "cache" / ".work-killed"
    stale.mkdir()
    assert main([str(tmp_path / "cache")]) == 0
    assert "fetching" not in capsys.readouterr().out
    assert not stale.exists()


def test_a_cache_folder_that_cannot_be_made(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("x", encoding="utf-8")
    assert main([str(tmp_path / "file" / "cache")]) == 3
    assert capsys.readouterr().err.count("\n") == 1


def test_the_cache_follows_the_user_s_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", "/somewhere")
    assert default_folder() == Path("/somewhere/twinpath/captures")
