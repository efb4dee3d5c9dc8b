"""One figure of a run, whatever was measured, and all of them as JSON and back."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, Final

from harness.errors import UserError

FORMAT: Final = 1
"""Of the JSON; raised where old files cannot be read any more."""


@dataclass(frozen=True, slots=True)
class Measurement:
    """A figure.

    `name` is `suite/...` by slashes. `value` is the least of all rounds, `median` their median
    (None: not of rounds). `noise` is how far parts of the rounds are apart, as a share; 0 is an
    exact count. `relative` is the median in look-ups or insertions of the same run. `limit` is what
    the median should not exceed, or the value where there is none. More is worse, unless
    `more_is_better`.
    """

    name: str
    unit: str
    value: float
    median: float | None = None
    noise: float = 0.0
    relative: float | None = None
    limit: float | None = None
    more_is_better: bool = False

    @property
    def is_exact(self) -> bool:
        """Whether it is the same each time."""
        return self.noise == 0.0 and self.median is None

    @property
    def is_met(self) -> bool | None:
        """Whether the value keeps to its limit; None without one."""
        if self.limit is None:
            return None
        typical = self.value if self.median is None else self.median
        return typical >= self.limit if self.more_is_better else typical <= self.limit


@dataclass(frozen=True, slots=True)
class Results:
    """A run: the machine it was made on, and what was measured."""

    machine: dict[str, str]
    measurements: tuple[Measurement, ...]

    def by_name(self) -> dict[str, Measurement]:
        """Measurements by their names."""
        return {one.name: one for one in self.measurements}

    def as_json(self) -> dict[str, Any]:
        """What `--json` prints."""
        figures = [{**asdict(one), "met": one.is_met} for one in self.measurements]
        return {"format": FORMAT, "machine": self.machine, "measurements": figures}


def read_results(path: Path) -> Results:
    """Results from a file that `--json` made. Raises UserError."""
    try:
        document = json.loads(path.read_text("utf-8"))
    except OSError as error:
        raise UserError(f"{path}: cannot be read: {error.strerror}; check the name") from None
    except ValueError:
        raise UserError(f"{path}: is no JSON; give what `twinpath bench --json` printed") from None
    try:
        if document["format"] != FORMAT:
            raise UserError(
                f"{path}: is of format {document['format']}, not {FORMAT}; measure anew"
            )
        return Results(dict(document["machine"]), _measurements(document["measurements"]))
    except (KeyError, TypeError, ValueError) as error:
        raise UserError(
            f"{path}: holds no results of `twinpath bench --json` ({type(error).__name__}: {error})"
        ) from None


def _measurements(figures: Sequence[dict[str, Any]]) -> tuple[Measurement, ...]:
    known = [one.name for one in fields(Measurement)]
    found = tuple(Measurement(**{name: one[name] for name in known}) for one in figures)
    for one in found:
        if not isinstance(one.name, str) or not isinstance(one.value, int | float):
            raise TypeError(f"figure {one.name!r} has no number")
    return found
