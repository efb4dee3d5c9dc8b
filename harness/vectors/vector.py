"""One packet's recorded answer, and files of them.

A vector holds what the kernel's program did while specification and datapath agreed: verdict,
reason, and digests of frame, events and touched entries. It lets a machine without the right to
load BPF notice when the specification has changed. It proves nothing about the datapath.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from harness.compare.describe import key_words, value_words
from harness.errors import UserError
from harness.report.text import write_report
from harness.subject import Prediction
from model.domain.packet import Outcome

DIGEST_LENGTH: Final = 16
FORMAT: Final = "twinpath vectors 1"


@dataclass(frozen=True, slots=True)
class Vector:
    """A packet's answer; digests are the first 16 hexadecimal digits of SHA-256.

    `draw` is the free choice that the datapath made, 0 where it had none.
    """

    verdict: str
    reason: str
    frame: str
    events: str
    entries: str
    draw: int = 0


def vector_of(outcome: Outcome, prediction: Prediction) -> Vector:
    """The vector of an outcome on which both sides agree."""
    entries = [f"{key_words(key)}: {value_words(value)}" for key, value in prediction.touched]
    return Vector(
        outcome.verdict.name.lower(),
        prediction.reason.name.lower(),
        digest(outcome.data),
        digest("\n".join(value_words(event) for event in outcome.events).encode()),
        digest("\n".join(sorted(entries)).encode()),
        prediction.draws[0].number if prediction.draws else 0,
    )


REFUSED: Final = Vector("refused", "", "", "", "")
"""The vector of a packet that the kernel would not run; the specification skips it too."""


def digest(data: bytes) -> str:
    """The beginning of a SHA-256, enough to notice a change."""
    return hashlib.sha256(data).hexdigest()[:DIGEST_LENGTH]


def vector_path(folder: Path, scenario_path: Path, root: Path) -> Path | None:
    """Where a scenario file's vectors are kept; None for a file outside `root`."""
    path = scenario_path.resolve()
    if not path.is_relative_to(root.resolve()):
        return None
    return folder / path.relative_to(root.resolve()).with_suffix(".json")


def write_vectors(path: Path, scenarios: Mapping[str, Sequence[Vector]]) -> None:
    """Write the vectors of a scenario file, by scenario name. Raises UserError."""
    lists = {name: [compact(one) for one in vectors] for name, vectors in scenarios.items()}
    text = json.dumps({"format": FORMAT, "scenarios": lists}, indent=1)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(f"{path.parent}: cannot be made: {error.strerror}; name another") from None
    write_report(path, text + "\n")


def compact(vector: Vector) -> dict[str, object]:
    """A vector as JSON; no draw where there was none."""
    values = asdict(vector)
    if not vector.draw:
        del values["draw"]
    return values


def read_vectors(path: Path) -> dict[str, list[Vector]]:
    """Vectors by scenario name. Raises UserError for a file that is none."""
    try:
        content: Any = json.loads(path.read_text(encoding="utf-8"))
        if content["format"] != FORMAT:
            raise ValueError("unknown format")
        return {
            str(name): [vector_from(one) for one in vectors]
            for name, vectors in content["scenarios"].items()
        }
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise UserError(f"{path}: no file of vectors; record it anew: {error}") from error


def vector_from(values: Mapping[str, Any]) -> Vector:
    """A vector from JSON. Raises ValueError, TypeError."""
    vector = Vector(**values)
    *texts, draw = asdict(vector).values()
    if not all(isinstance(text, str) for text in texts) or not isinstance(draw, int) or draw < 0:
        raise ValueError("a vector has five texts and maybe the number of a choice")
    return vector
