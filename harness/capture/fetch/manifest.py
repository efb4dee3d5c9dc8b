"""What was fetched, by SHA-256: beside the files, and in the repository as what is expected."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

NAME: Final = "manifest.json"
EXPECTED: Final = Path(__file__).parents[3] / "corpora" / "captures" / NAME


@dataclass(frozen=True, slots=True)
class Fetched:
    """The captures of one package: SHA-256 by path."""

    package: str
    licence: str
    archive: str
    files: dict[str, str]


def read_manifest(path: Path) -> dict[str, Fetched]:
    """A manifest by package; empty where there is none or it cannot be read."""
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        return {item["package"]: Fetched(**item) for item in document["packages"]}
    except (OSError, ValueError, KeyError, TypeError):
        return {}


def write_manifest(path: Path, packages: dict[str, Fetched]) -> None:
    """Write a manifest, sorted, so that it compares line by line."""
    document = {"packages": [asdict(packages[name]) for name in sorted(packages)]}
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_suffix(".new")
    beside.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
    beside.replace(path)


def is_intact(folder: Path, fetched: Fetched) -> bool:
    """Whether all files of a package are there, unchanged."""
    return all(
        (folder / path).is_file()
        and hashlib.sha256((folder / path).read_bytes()).hexdigest() == digest
        for path, digest in fetched.files.items()
    )


def difference(expected: Fetched | None, found: Fetched) -> str:
    """How a package's captures differ from what was expected, in words; empty if they do not."""
    if expected is None:
        return "not expected by the repository's manifest"
    missing = len(expected.files.keys() - found.files.keys())
    new = len(found.files.keys() - expected.files.keys())
    common = expected.files.keys() & found.files.keys()
    changed = sum(expected.files[path] != found.files[path] for path in common)
    counts = {"new": new, "changed": changed, "missing": missing}
    return ", ".join(f"{count} {word}" for word, count in counts.items() if count)
