"""clang's build by libbpf and bcc's own build: the same packets, the same outcomes and tables."""

from __future__ import annotations

from dataclasses import dataclass

from hypothesis import strategies as st

from harness.datapath.subject import KernelSubject
from harness.kernel.interface import LoaderName
from model.domain.state import State
from tests.metamorphic.conftest import Plant
from tests.metamorphic.fault import Fault
from tests.metamorphic.pod import Pod, Seen
from tests.metamorphic.scripts import scripts
from tests.metamorphic.search import holds, is_refuted
from tests.model.builder import IPV4, IPV6, Network
from tests.model.traffic import Action


@dataclass(frozen=True)
class Traffic:
    """A script in a family."""

    net: Network
    script: list[Action]


recordings = st.builds(Traffic, st.sampled_from([IPV4, IPV6]), scripts())


def run(subject: KernelSubject, one: Traffic) -> tuple[list[Seen | None], State, list[str]]:
    pod = Pod(subject, one.net)
    return pod.run(one.script), pod.state, subject.damage()


def builds_agree(clang: KernelSubject, bcc: KernelSubject, one: Traffic) -> None:
    assert run(clang, one) == run(bcc, one)


def test_both_builds_agree(shipped: KernelSubject, shipped_by_bcc: KernelSubject) -> None:
    holds(lambda one: builds_agree(shipped, shipped_by_bcc, one), recordings)


def test_a_fault_in_one_build_is_seen(shipped: KernelSubject, planted: Plant) -> None:
    fault = Fault(
        "platform/bcc.h",
        "#define ring_submit(record_) bpf_ringbuf_submit(record_, 0)",
        "#define ring_submit(record_) bpf_ringbuf_discard(record_, 0)",
        "no event arrives",
    )
    faulty = planted(fault, LoaderName.BCC)
    is_refuted(lambda one: builds_agree(shipped, faulty, one), recordings)
