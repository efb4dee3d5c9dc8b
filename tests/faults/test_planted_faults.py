"""One line changed on either side is found by the shipped scenarios.

Each fault names its line as it stands in the source; a line that is no longer there fails the
test, so that the list cannot go stale in silence.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from harness.commands.options import REPOSITORY
from harness.datapath.bench import Bench
from harness.lockstep.engine import Lockstep
from harness.lockstep.session import Session
from harness.reference import ModelReference
from harness.sources import find_sources
from harness.step import Scenario

CORPORA = REPOSITORY / "corpora" / "scenarios"


class Fault(NamedTuple):
    """A planted fault: in a file, the text that is replaced, and by what."""

    name: str
    file: str
    text: str
    replacement: str


DATAPATH_FAULTS = (
    Fault(
        "SYN-ACK taken for an initial SYN",
        "packet.h",
        "(TCP_SYN | TCP_ACK)) == TCP_SYN",
        "TCP_SYN) == TCP_SYN",
    ),
    Fault(
        "expiry off by one nanosecond",
        "flow.h",
        "now < ",
        "now <= ",
    ),
    Fault(
        "RST closes nothing",
        "flow.h",
        "flags |= ENTRY_CLOSED;",
        "flags |= 0;",
    ),
    Fault(
        "closing flows keep the established timeout",
        "flow.h",
        "return configuration->tcp_closing_timeout;",
        "return configuration->tcp_established_timeout;",
    ),
    Fault(
        "a closing timeout one second short",
        "flow.h",
        "return configuration->tcp_closing_timeout;",
        "return configuration->tcp_closing_timeout - 1000000000;",
    ),
    Fault(
        "the ports of a packet's key swapped",
        "l4.h",
        ".endpoint_port = as_sent ? packet->source_port : packet->destination_port,",
        ".endpoint_port = as_sent ? packet->destination_port : packet->source_port,",
    ),
    Fault(
        "deny ignored",
        "policy.h",
        "return !(judgement->decision & POLICY_DENY);",
        "return true;",
    ),
    Fault(
        "checksum not told of new ports",
        "rewrite.h",
        "return !port_sum || !bpf_l4_csum_replace(context->skb, offset, 0, port_sum, flags);",
        "return true;",
    ),
    Fault(
        "address change without the pseudo-header flag",
        "rewrite.h",
        "address_sum, BPF_F_PSEUDO_HDR | flags)",
        "address_sum, flags)",
    ),
    Fault(
        "replies are not translated back",
        "translation.h",
        "hit(context, CLAUSE_NAT_1);",
        "return true;",
    ),
    Fault(
        "the opener's and the reply's bytes swapped",
        "record.h",
        "reply ? &flow->reply_bytes : &flow->opener_bytes",
        "reply ? &flow->opener_bytes : &flow->reply_bytes",
    ),
    Fault(
        "affinity outlives its timeout by one nanosecond",
        "affinity.h",
        "context->now < affinity->last_use + timeout",
        "context->now <= affinity->last_use + timeout",
    ),
    Fault(
        "the hash without the client's port",
        "algorithm.h",
        "with_port ? network16(tuple->endpoint_port) : 0",
        "0",
    ),
    Fault(
        "a quarantined backend keeps its connections",
        "selection.h",
        "(chooses && backend->state == BACKEND_QUARANTINED)",
        "(chooses && false)",
    ),
    Fault(
        "neighbour discovery by one type too few",
        "l4.h",
        "type <= ICMPV6_TYPE_NEIGHBOUR_LAST",
        "type < ICMPV6_TYPE_NEIGHBOUR_LAST",
    ),
)


def named(name: str, faults: Iterable[Fault]) -> Fault:
    """The fault of a name."""
    (found,) = (fault for fault in faults if fault.name == name)
    return found


class Run:
    """All shipped scenarios, and where they are run."""

    def __init__(self, bench: Bench, scenarios: list[Scenario]) -> None:
        self.bench = bench
        self.scenarios = scenarios

    def diverges(self, source: Path) -> bool:
        """Whether a datapath differs from the specification in any scenario."""
        subject = self.bench.open(source)
        try:
            total = Session(Lockstep(ModelReference(), subject)).run(self.scenarios, fail_fast=True)
        finally:
            subject.close()
        assert total.packets > 0
        return bool(total.divergences)


@pytest.fixture(scope="module")
def run() -> Iterator[Run]:
    scenarios = [one for source in find_sources([CORPORA]) for one in source.scenarios()]
    with Bench() as bench:
        yield Run(bench, scenarios)


def planted(folder: Path, fault: Fault) -> None:
    """Change the fault's line in a copy of the sources."""
    file = folder / fault.file
    source = file.read_text(encoding="utf-8")
    assert source.count(fault.text) >= 1, f"{fault.file} has no {fault.text!r} any more"
    file.write_text(source.replace(fault.text, fault.replacement, 1), encoding="utf-8")


def test_without_a_fault_nothing_diverges(run: Run) -> None:
    assert not run.diverges(REPOSITORY / "bpf" / "twinpath.bpf.c")


@pytest.mark.parametrize("fault", DATAPATH_FAULTS, ids=[fault.name for fault in DATAPATH_FAULTS])
def test_a_fault_in_the_datapath_is_found(run: Run, tmp_path: Path, fault: Fault) -> None:
    copy = tmp_path / "bpf"
    shutil.copytree(REPOSITORY / "bpf", copy)
    planted(copy, fault)
    assert run.diverges(copy / "twinpath.bpf.c")


MODEL_FAULTS = (
    Fault(
        "expiry off by one nanosecond",
        "passage.py",
        "self.now >= entry.expires",
        "self.now > entry.expires",
    ),
    Fault(
        "allow beats deny",
        "policy.py",
        "rule.priority, rule.verdict,",
        "rule.priority, -rule.verdict,",
    ),
    Fault(
        "isolation turned round",
        "policy.py",
        "RuleVerdict.DENY if isolated",
        "RuleVerdict.ALLOW if isolated",
    ),
    Fault(
        "no carry in the checksum",
        "packet/checksum.py",
        "(total & ALL_ONES) + (total >> 16)",
        "total & ALL_ONES",
    ),
    Fault("SYN-ACK establishes", "tcp.py", "not flags & SYN and", "not flags & 0 and"),
    Fault(
        "seven extension headers",
        "packet/ipv6.py",
        "MAXIMUM_EXTENSION_HEADERS: Final = 6",
        "MAXIMUM_EXTENSION_HEADERS: Final = 7",
    ),
    Fault("backends in no order", "load_balancer.py", "key=order)", "key=lambda backend: 0)"),
)


@pytest.mark.parametrize("fault", MODEL_FAULTS, ids=[fault.name for fault in MODEL_FAULTS])
def test_a_fault_in_the_model_is_found(tmp_path: Path, fault: Fault) -> None:
    """The changed model takes the place of the real one in a process of its own."""
    shutil.copytree(REPOSITORY / "model", tmp_path / "model")
    planted(tmp_path / "model", fault)
    command = ["run", str(CORPORA), "--fail-fast", "--save", str(tmp_path / "divergences")]
    done = subprocess.run(
        [sys.executable, "-m", "harness.commands.main", *command],
        env={"PATH": "/usr/bin:/bin:/usr/sbin:/sbin", "PYTHONPATH": str(tmp_path)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1, done.stdout + done.stderr
