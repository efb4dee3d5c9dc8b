"""The machine's own APT sources, as source lines: mirrors and keys stay those it trusts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

APT: Final = Path("/etc/apt")
OS_RELEASE: Final = Path("/etc/os-release")
ONE_LINE: Final = re.compile(r"deb(?:-src)?\s+(?:\[(?P<options>[^]]*)\]\s+)?(?P<rest>\S.*)")
SIGNED_BY: Final = re.compile(r"signed-by=(\S+)")


def source_lines(folder: Path = APT, os_release: Path = OS_RELEASE) -> list[str]:
    """`deb-src` lines for the distribution's own suites, none twice."""
    codename = distribution_codename(os_release)
    lines = []
    for uri, suite, components, key in entries(folder):
        if suite.split("-")[0] != codename:
            continue
        option = f"[signed-by={key}] " if key else ""
        lines.append(f"deb-src {option}{uri} {suite} {components}")
    return list(dict.fromkeys(lines))


def distribution_codename(path: Path) -> str:
    """The release's code name, such as `bookworm`."""
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    found = re.search(r'^VERSION_CODENAME="?(\w+)"?$', text, re.MULTILINE)
    return found[1] if found else ""


def entries(folder: Path) -> Iterator[tuple[str, str, str, str]]:
    """Address, suite, components and key of every source, from both kinds of files."""
    lists = [folder / "sources.list", *sorted(folder.glob("sources.list.d/*.list"))]
    for path in lists:
        if path.is_file():
            yield from one_line_entries(path.read_text(encoding="utf-8", errors="replace"))
    for path in sorted(folder.glob("sources.list.d/*.sources")):
        yield from stanza_entries(path.read_text(encoding="utf-8", errors="replace"))


def one_line_entries(text: str) -> Iterator[tuple[str, str, str, str]]:
    """Sources in the one-line style."""
    for line in text.splitlines():
        match = ONE_LINE.match(line.partition("#")[0].strip())
        parts = match["rest"].split() if match else []
        if match is None or len(parts) < 3:
            continue
        key = SIGNED_BY.search(match["options"] or "")
        yield parts[0], parts[1], " ".join(parts[2:]), key[1] if key else ""


def stanza_entries(text: str) -> Iterator[tuple[str, str, str, str]]:
    """Sources in the deb822 style."""
    for stanza in re.split(r"\n\s*\n", text):
        fields: dict[str, str] = {}
        for line in stanza.splitlines():
            name, colon, value = line.partition(":")
            if colon and line[0] not in "# \t":
                fields[name.lower()] = value.strip()
        key = fields.get("signed-by", "")
        for uri in fields.get("uris", "").split():
            for suite in fields.get("suites", "").split():
                if fields.get("enabled", "yes") != "no" and fields.get("components"):
                    yield uri, suite, fields["components"], key if key.startswith("/") else ""
