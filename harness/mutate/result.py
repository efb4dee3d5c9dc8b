"""What became of one mutant."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum, StrEnum


class Class(Enum):
    """The honest classes. Of the first two alone the score is made."""

    KILLED = "killed"
    SURVIVED = "survived"
    EQUIVALENT = "equivalent"
    REFUSED = "refused by the verifier"
    NOT_COMPILED = "does not compile"
    TIMED_OUT = "timed out"
    FAILED = "not judged"

    @property
    def counts(self) -> bool:
        """Whether the mutant is one that tests could and should kill.

        A mutant that does not come to its end is found out by that.
        """
        return self in (Class.KILLED, Class.SURVIVED, Class.TIMED_OUT)


class Means(StrEnum):
    """What can find a mutant out."""

    SCENARIO = "scenario"
    PROPERTY = "property"
    FUZZING = "fuzzing"
    RUN = "the run itself"


@dataclass(frozen=True, slots=True)
class Kill:
    """How a mutant was found out.

    `by` is the scenario's name, `evidence` a digest of its file; `step` counts from 1, `steps` is
    how many had been made in all. `kinds` are the comparisons that found something at that step,
    `first` is the first difference in words. By fuzzing, `by` says so. Of a property `by` is the
    test, `evidence` a digest of all of them, `step` its number; steps are not counted.
    """

    by: str
    evidence: str
    step: int
    steps: int
    kinds: tuple[str, ...]
    first: str
    means: str = Means.SCENARIO


@dataclass(frozen=True, slots=True)
class Result:
    """`seconds` from the first compiler call to the verdict; `gate_seconds` of it comparing.

    `code` is a digest of the instructions. `matrix` maps rows of the kill matrix to whether the
    mutant would still be killed. `properties` is a digest of those that a survivor has.
    """

    status: Class
    seconds: float = 0.0
    gate_seconds: float = 0.0
    code: str = ""
    detail: str = ""
    kill: Kill | None = None
    matrix: dict[str, bool] = field(default_factory=dict)
    properties: str = ""
