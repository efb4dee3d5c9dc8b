"""Runs as the store holds them, made by hand: one that agrees, one that does not, hostile ones."""

from __future__ import annotations

from dataclasses import replace

from harness.store.records import (
    ClauseCount,
    CoveredFile,
    DivergenceRecord,
    FieldDifference,
    Location,
    Measure,
    MissedBranch,
    PacketField,
    PastRun,
    Place,
    ProgramCost,
    ReasonCount,
    Refusal,
    Run,
    RunFacts,
    RunState,
    ScenarioResult,
    ScenarioStatus,
    TimelineEntry,
)

REPLAY = "twinpath replay divergences/shop-0123 --loader libbpf"
FACTS = RunFacts(
    "run",
    7,
    "Linux 6.18 x86_64",
    "clang version 19.1.7",
    "bpf/twinpath.bpf.c",
    "ab" * 32,
    "1234abc",
    ("libbpf", "bcc"),
)
SHOP = ScenarioResult(
    "libbpf", "shop", "shop.yaml", "ipv4", ScenarioStatus.AGREES, 5, 4, 1, 0, 0.25
)
COST = ProgramCost("libbpf", "from_container", 115_348, 6_427, 4_884, 208, 181_200, 13_014, 61_672)
SPEED = Measure("libbpf", "compared steps", 24_000.0, "per second", False)
DIVERGENCE = DivergenceRecord(
    "libbpf",
    "shop",
    "shop.yaml",
    "ipv4",
    "shop.yaml:19",
    2,
    "NAT-1",
    "f" * 16,
    "c" * 16,
    REPLAY,
    (FieldDifference("bytes", "IP", "src", "10.96.0.10", "10.0.3.1"),),
    sent="IP / TCP 10.0.3.1:8080 > 10.0.1.5:40000 SA",
    model="pass [reply]: IP / TCP 10.96.0.10:80 > 10.0.1.5:40000 SA",
    datapath="pass [reply]: IP / TCP 10.0.3.1:80 > 10.0.1.5:40000 SA",
    notes=(("CT-2", "reply"), ("NAT-1", "translated")),
    fields=(
        PacketField("IP", "ttl", "64", "64", "64"),
        PacketField("IP", "src", "10.0.3.1", "10.96.0.10", "10.0.3.1"),
        PacketField("TCP", "sport", "8080", "80", "80"),
    ),
    timeline=(
        TimelineEntry(1, 0, "leaves", "first SYN", "pass", "pass", ("CT-1", "LB-3")),
        TimelineEntry(2, 10**9, "clock", "clock moves on by 1 s"),
        TimelineEntry(3, 10**9, "enters", "its answer", "pass", "pass", ("NAT-1",), (), True),
    ),
    reproduced=20,
    tries=20,
    location=Location(
        (Place("bpf/rewrite.h", 42, "return true;"), Place("bpf/rewrite.h", 40)),
        Place("model/reverse_nat.py", 17, 'trace.note("NAT-1", "translated")'),
    ),
    number=1,
)
COVERED = (
    CoveredFile(
        "datapath",
        "bpf/rewrite.h",
        (2,),
        (3,),
        2,
        1,
        (MissedBranch(2, "[a < b] is never true"),),
        "/* one */\nif (a < b)\n\treturn;\n",
    ),
    CoveredFile("model", "model/tcp.py", (1,), (), 0, 0, (), "x = 1\n"),
)


def agreeing() -> Run:
    """A run of one scenario by both loaders."""
    return Run(
        3,
        RunState.FINISHED,
        FACTS,
        (SHOP, replace(SHOP, loader="bcc")),
        (
            ClauseCount("libbpf", "ipv4", "CT-1", 4, 0, 2),
            ClauseCount("bcc", "ipv4", "CT-1", 4, 0, 2),
            ClauseCount("libbpf", "none", "POL-5a", 1),
        ),
        (ReasonCount("libbpf", "ipv4", "new", 4), ReasonCount("bcc", "ipv6", "new", 40)),
        (Refusal("libbpf", "Invalid argument", 1),),
        (),
        COVERED,
        (COST,),
        (SPEED,),
    )


def diverging(*divergences: DivergenceRecord) -> Run:
    """A run in which a scenario diverges by libbpf."""
    return replace(
        agreeing(),
        scenarios=(
            replace(SHOP, status=ScenarioStatus.DIVERGES),
            replace(SHOP, loader="bcc"),
        ),
        clauses=(ClauseCount("libbpf", "ipv4", "NAT-1", 3, 1),),
        divergences=divergences or (DIVERGENCE,),
    )


def empty() -> Run:
    """A run that ended before anything was compared."""
    return Run(1, RunState.FINISHED, FACTS)


HOSTILE = "</script><script>alert(1)</script>\x1b[31m]]>&\"'`|%0A::error::\u2028\ud800 {{ 7*7 }}"


def hostile() -> Run:
    """A run in which every text is made to break out of whatever holds it."""
    one = replace(
        DIVERGENCE,
        scenario=HOSTILE,
        path=HOSTILE,
        origin=HOSTILE,
        replay=HOSTILE,
        sent=HOSTILE,
        model=HOSTILE,
        datapath=HOSTILE,
        differences=(FieldDifference("entry", HOSTILE, HOSTILE, HOSTILE, HOSTILE),),
        notes=((HOSTILE, HOSTILE),),
        fields=(PacketField(HOSTILE, HOSTILE, HOSTILE, HOSTILE, ""),),
        timeline=(
            TimelineEntry(1, 0, "leaves", HOSTILE, HOSTILE, HOSTILE, (HOSTILE,), (HOSTILE,)),
        ),
        location=Location((Place(HOSTILE, 1, HOSTILE),), None, HOSTILE),
    )
    failed = ScenarioResult("bcc", HOSTILE, HOSTILE, "both", ScenarioStatus.FAILED, message=HOSTILE)
    scenario = replace(SHOP, name=HOSTILE, path=HOSTILE, status=ScenarioStatus.DIVERGES)
    source = replace(COVERED[0], file=HOSTILE, source=f"{HOSTILE}\n{HOSTILE}\n{HOSTILE}\n")
    return replace(
        diverging(one),
        facts=replace(FACTS, object=HOSTILE, revision=HOSTILE),
        scenarios=(scenario, failed),
        coverage=(source,),
    )


def history() -> tuple[PastRun, ...]:
    """Three runs; the program gets heavier and the tester faster."""
    return tuple(
        PastRun(
            number,
            "",
            (replace(COST, processed=100_000 + 10_000 * number),),
            (replace(SPEED, value=20_000.0 + 1_000 * number),),
        )
        for number in (1, 2, 3)
    )
