"""What the store holds, as plain values: no module that reads a report needs either side."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class RunState(Enum):
    """How a run ended. One that was killed stays unfinished."""

    UNFINISHED = "unfinished"
    FINISHED = "finished"
    INTERRUPTED = "interrupted"


class ScenarioStatus(Enum):
    """What became of one scenario by one loader."""

    AGREES = "agrees"
    DIVERGES = "diverges"
    FAILED = "failed"


class Standing(Enum):
    """Whether a divergence counts against the run: only a new one does."""

    NEW = "new"
    KNOWN = "known"
    BASE = "base"


@dataclass(frozen=True, slots=True)
class RunFacts:
    """What was run and where. `object_hash` is that of the clang object, `revision` git's."""

    command: str
    seed: int
    kernel: str
    clang: str
    object: str
    object_hash: str
    revision: str
    loaders: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ScenarioResult:
    """One scenario by one loader. `message` says why it could not be carried out."""

    loader: str
    name: str
    path: str
    family: str
    status: ScenarioStatus
    steps: int = 0
    packets: int = 0
    refused: int = 0
    evicted: int = 0
    seconds: float = 0.0
    message: str = ""


@dataclass(frozen=True, slots=True)
class ClauseCount:
    """How often a clause was met by packets of a family.

    `agreed`: packets that agreed; `diverged`: divergences that it is about; `misses`: scenarios
    that came near to it, where it must not apply, and agreed. Family `none`: transactions, the
    collector, frames that are no IP, scenarios of both families.
    """

    loader: str
    family: str
    clause: str
    agreed: int = 0
    diverged: int = 0
    misses: int = 0


@dataclass(frozen=True, slots=True)
class ReasonCount:
    """Packets that agreed, by the reason that they ended with (OBS-1)."""

    loader: str
    family: str
    reason: str
    packets: int


@dataclass(frozen=True, slots=True)
class Refusal:
    """Packets that the kernel would not run: never counted as agreement."""

    loader: str
    error: str
    packets: int


@dataclass(frozen=True, slots=True)
class FieldDifference:
    """One field that differs, values in words."""

    kind: str
    where: str
    field: str
    expected: str
    actual: str


@dataclass(frozen=True, slots=True)
class PacketField:
    """One header field as it was sent and as each side left it; empty where it is not there."""

    layer: str
    field: str
    sent: str
    model: str
    datapath: str

    @property
    def differs(self) -> bool:
        """Whether the sides disagree about it."""
        return self.model != self.datapath

    @property
    def is_rewritten(self) -> bool:
        """Whether either side changed it."""
        return self.sent != self.model or self.sent != self.datapath

    @property
    def is_told(self) -> bool:
        """Whether it says something of what happened."""
        return self.differs or self.is_rewritten


@dataclass(frozen=True, slots=True)
class TimelineEntry:
    """One step of a divergence. `at`: nanoseconds since the scenario's begin.

    `kind` is `leaves`, `enters`, `clock`, `control plane` or `collector`. For packets `model` and
    `datapath` say what each side did, `clauses` what the model went by, `entries` the conntrack
    entries that it left.
    """

    number: int
    at: int
    kind: str
    words: str
    model: str = ""
    datapath: str = ""
    clauses: tuple[str, ...] = ()
    entries: tuple[str, ...] = ()
    diverges: bool = False


@dataclass(frozen=True, slots=True)
class Place:
    """A line of a source, `file` relative to the repository where it is in it."""

    file: str
    line: int
    text: str = ""

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


@dataclass(frozen=True, slots=True)
class Location:
    """Where a divergence comes from, as far as that can be told; `problem` says why it cannot."""

    datapath: tuple[Place, ...] = ()
    """Likely lines of C, the likeliest first."""
    model: Place | None = None
    problem: str = ""


@dataclass(frozen=True, slots=True)
class DivergenceRecord:
    """One divergence with all that a report shows of it.

    `fingerprint` is the same for the same kind of difference under the same clause, whichever
    scenario found it; `cause` tells more exactly, once a divergence has been shortened, and is
    what reports show once. `clause` is what the model went by. `step` counts from 1; 0: the whole
    state after the last step. `origin` is where the step was written, `file:line`.
    """

    loader: str
    scenario: str
    path: str
    family: str
    origin: str
    step: int
    clause: str
    fingerprint: str
    cause: str
    replay: str
    differences: tuple[FieldDifference, ...]
    sent: str = ""
    model: str = ""
    datapath: str = ""
    notes: tuple[tuple[str, str], ...] = ()
    fields: tuple[PacketField, ...] = ()
    timeline: tuple[TimelineEntry, ...] = ()
    reproduced: int = 0
    tries: int = 0
    problem: str = ""
    location: Location = Location()
    standing: Standing = Standing.NEW
    standing_reason: str = ""
    number: int = 0
    """The store's number of it, given when it is written."""

    @property
    def first(self) -> FieldDifference:
        """The weightiest difference."""
        return self.differences[0]

    @property
    def title(self) -> str:
        """What differs, in a line."""
        first = self.first
        return f"{first.where}: {first.field} should be {first.expected}, is {first.actual}"


@dataclass(frozen=True, slots=True)
class Finding:
    """One cause: the divergence that showed it first, and the others."""

    first: DivergenceRecord
    again: tuple[DivergenceRecord, ...] = ()

    @property
    def scenarios(self) -> tuple[str, ...]:
        """Names of all scenarios that it diverges in."""
        return tuple(dict.fromkeys(one.scenario for one in (self.first, *self.again)))


@dataclass(frozen=True, slots=True)
class MissedBranch:
    """A way out of a decision that nothing took; `reason`: why nothing can, where that is known."""

    line: int
    words: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class CoveredFile:
    """One source file as it was when it was run, and what of it ran. Lines count from 1."""

    side: str
    file: str
    run: tuple[int, ...]
    missed: tuple[int, ...]
    branches: int
    branches_reached: int
    missed_branches: tuple[MissedBranch, ...]
    source: str

    @property
    def lines(self) -> int:
        """Lines that can run."""
        return len(self.run) + len(self.missed)


@dataclass(frozen=True, slots=True)
class ProgramCost:
    """What the verifier and the compiler made of one program; 0 where the kernel does not tell."""

    loader: str
    program: str
    processed: int
    states: int
    peak_states: int
    stack: int
    microseconds: int
    instructions: int
    jited_bytes: int


@dataclass(frozen=True, slots=True)
class Measure:
    """One figure of performance, by a name that is the same in every run."""

    loader: str
    name: str
    value: float
    unit: str
    lower_is_better: bool


@dataclass(frozen=True, slots=True)
class Run:
    """One run, whole. `number` is its place in the store, from 1."""

    number: int
    state: RunState
    facts: RunFacts
    scenarios: tuple[ScenarioResult, ...] = ()
    clauses: tuple[ClauseCount, ...] = ()
    reasons: tuple[ReasonCount, ...] = ()
    refusals: tuple[Refusal, ...] = ()
    divergences: tuple[DivergenceRecord, ...] = ()
    coverage: tuple[CoveredFile, ...] = ()
    programs: tuple[ProgramCost, ...] = ()
    measures: tuple[Measure, ...] = ()

    @property
    def steps(self) -> int:
        """Steps by all loaders."""
        return sum(one.steps for one in self.scenarios)

    @property
    def packets(self) -> int:
        """Packets that were compared, by all loaders."""
        return sum(one.packets for one in self.scenarios)

    @property
    def seconds(self) -> float:
        """Time spent in scenarios."""
        return sum(one.seconds for one in self.scenarios)

    @property
    def new(self) -> tuple[DivergenceRecord, ...]:
        """Divergences that count against the run."""
        return tuple(one for one in self.divergences if one.standing is Standing.NEW)

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Divergences by loader and cause, in the order in which they came up."""
        groups: dict[tuple[str, str], list[DivergenceRecord]] = {}
        for one in self.divergences:
            groups.setdefault((one.loader, one.cause), []).append(one)
        return tuple(Finding(group[0], tuple(group[1:])) for group in groups.values())

    @property
    def failed(self) -> tuple[ScenarioResult, ...]:
        """Scenarios that could not be carried out."""
        return tuple(one for one in self.scenarios if one.status is ScenarioStatus.FAILED)


@dataclass(frozen=True, slots=True)
class PastRun:
    """What trends are made of: a run's cost and figures."""

    number: int
    revision: str
    programs: tuple[ProgramCost, ...]
    measures: tuple[Measure, ...]
