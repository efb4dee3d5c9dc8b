"""The subject in the kernel: what a program does comes back as domain values, wrong things too."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.datapath.bench import Bench
from harness.datapath.subject import KernelSubject
from harness.subject import OperationError, Refused
from model.domain.address import Network, parse_address
from model.domain.configuration import Configuration, NoBackendAction
from model.domain.endpoint import Endpoint, IdentityPrefix
from model.domain.event import EMPTY_TUPLE, DropEvent, Hook
from model.domain.flow import Flow, FlowKey, Opener, Selection
from model.domain.operation import (
    Operation,
    PutEndpoint,
    PutEntry,
    PutIdentity,
    PutService,
    RemoveEntry,
    RemoveService,
    SetConfiguration,
)
from model.domain.packet import Context, Outcome, Packet, Verdict
from model.domain.reason import Reason
from model.domain.service import Backend, Frontend, FrontendKey, FrontendKind, Service
from model.domain.state import Counter, CounterKey, State, Window

STAND_IN = Path(__file__).with_name("stand_in.bpf.c")
REDIRECT, UNKNOWN_VERDICT, STALE_CHECKSUM, EVENT, SENSELESS_EVENT = range(1, 6)
DAMAGE, SENSELESS_KEY, COUNT, SENSELESS_ENTRY, CLOCK = range(6, 11)
SENSELESS_COUNT, REPORT_INTERFACE = range(11, 13)
FRAME = bytes(12) + b"\x08\x00" + bytes(50)
INTERFACE = 5
POD = Endpoint(1, "pod", INTERFACE, 100, parse_address("10.0.0.1"))
KEY = FlowKey(parse_address("10.0.0.1"), parse_address("10.0.0.2"), 1, 2, 6, Opener.ENDPOINT)
SENSELESS = FlowKey(bytes(4), bytes(4), 0, 0, 6, Opener.ENDPOINT)
SERVICE = Service(
    1,
    "s",
    (Frontend(FrontendKind.CLUSTER_IP, FrontendKey(parse_address("10.96.0.1"), 80, 6)),),
    (Backend(1, parse_address("10.1.0.1"), 80), Backend(2, parse_address("10.1.0.2"), 80)),
)


@pytest.fixture(scope="module")
def shared() -> Iterator[KernelSubject]:
    """One subject for the module, as the lockstep engine has one for many scenarios."""
    with Bench() as bench:
        subject = bench.open(STAND_IN)
        yield subject
        subject.close()
        subject.close()


@pytest.fixture
def subject(shared: KernelSubject) -> KernelSubject:
    shared.reset()
    shared.set_clock(1000)
    return shared


def packet(mark: int, hook: Hook = Hook.FROM_CONTAINER, frame: bytes = FRAME) -> Packet:
    return Packet(hook, INTERFACE, frame, Context(mark, 3, (1, 2, 3, 4, 5)))


def processed(subject: KernelSubject, mark: int) -> Outcome:
    outcome = subject.process(packet(mark))
    assert isinstance(outcome, Outcome)
    return outcome


def test_verdicts_frames_and_contexts(subject: KernelSubject) -> None:
    sent = packet(0)
    assert subject.process(sent) == Outcome(Verdict.PASS, FRAME, sent.context)
    dropped = subject.process(packet(0, Hook.TO_CONTAINER))
    assert dropped == Outcome(Verdict.DROP, FRAME, sent.context)


def test_every_packet_has_its_own_interface_and_context(subject: KernelSubject) -> None:
    for interface in (INTERFACE, INTERFACE + 1, INTERFACE):
        outcome = subject.process(packet(REPORT_INTERFACE)._replace(interface=interface))
        assert isinstance(outcome, Outcome)
        assert [event.time for event in outcome.events] == [interface]
    plain = Packet(Hook.FROM_CONTAINER, INTERFACE, FRAME)
    assert subject.process(plain) == Outcome(Verdict.PASS, FRAME, Context())


def test_a_redirect_names_its_interface_in_the_context(subject: KernelSubject) -> None:
    """PKT-9a."""
    outcome = processed(subject, REDIRECT)
    assert (outcome.verdict, outcome.redirect_interface) == (Verdict.REDIRECT, 9)
    first, second, third, fourth, _ = packet(REDIRECT).context.control_block
    assert outcome.context.control_block == (first, second, third, fourth, 9)


def test_what_is_no_outcome_is_a_fault(subject: KernelSubject) -> None:
    assert "verdict 5" in processed(subject, UNKNOWN_VERDICT).fault
    assert "PKT-8" in processed(subject, STALE_CHECKSUM).fault


def test_answers_are_let_off_the_sum(subject: KernelSubject) -> None:
    """The kernel forgets the sum of a packet that is resized (LB-8), and would complain."""
    subject.apply([SetConfiguration(Configuration(no_backend=NoBackendAction.REJECT))])
    assert processed(subject, STALE_CHECKSUM).fault == ""
    subject.apply([SetConfiguration(Configuration())])
    assert processed(subject, STALE_CHECKSUM).fault != ""


def test_frames_of_odd_lengths_have_no_sum(subject: KernelSubject) -> None:
    """Where the kernel keeps none, the datapath changes checksums another way (PKT-8)."""
    odd = subject.process(packet(STALE_CHECKSUM, frame=FRAME + b"x"))
    assert isinstance(odd, Outcome)
    assert odd.fault == ""


def test_a_frame_that_no_lane_takes_is_refused(subject: KernelSubject) -> None:
    assert isinstance(subject.process(packet(0, frame=bytes(5))), Refused)


def test_events(subject: KernelSubject) -> None:
    expected = DropEvent(1, Hook.FROM_CONTAINER, 0, EMPTY_TUPLE, Reason.UNKNOWN_L3)
    assert processed(subject, EVENT).events == (expected,)
    assert processed(subject, 0).events == ()


def test_the_clock_is_what_was_set(subject: KernelSubject) -> None:
    subject.set_clock(2**40)
    (event,) = processed(subject, CLOCK).events
    assert event.time == 2**40
    subject.apply([SetConfiguration(Configuration(rejects_per_second=7))])
    (event,) = processed(subject, CLOCK).events
    assert event.time == 2**40
    assert subject.damage() == []


def test_counters_and_windows(subject: KernelSubject) -> None:
    key = CounterKey(Hook.FROM_CONTAINER, Reason.NEW)
    assert subject.read(key) == Counter(0, 0)
    for _ in range(3):
        processed(subject, COUNT)
    state = subject.state()
    assert subject.read(key) == Counter(3, 0)
    assert state.counters == {key: Counter(3, 0)}
    assert state.event_window == Window(suppressed=3)
    assert state.reject_window == Window(used=3)


def test_entries_that_an_operation_puts(subject: KernelSubject) -> None:
    choice = KEY._replace(peer_port=3)
    subject.apply(
        [PutService(SERVICE), PutEntry(KEY, Flow(2000)), PutEntry(choice, Selection(1, 2))]
    )
    assert subject.read(KEY) == Flow(2000)
    assert subject.state().conntrack == {KEY: Flow(2000), choice: Selection(1, 2)}
    subject.apply([RemoveEntry(choice)])
    assert subject.read(choice) is None
    subject.set_clock(2000)
    subject.collect()
    assert subject.state() == State()


def test_damage_is_told_by_field(subject: KernelSubject) -> None:
    subject.apply([PutEndpoint(POD), PutService(SERVICE)])
    assert subject.damage() == []
    processed(subject, DAMAGE)
    assert subject.damage() == [
        "endpoints[77] is there; it was not written",
        "backends[77]: state is 9 instead of 0",
    ]


@pytest.mark.parametrize(
    ("mark", "complaint"),
    [
        (SENSELESS_KEY, "conntrack_ipv4, element 00000000000000000000000006000100"),
        (SENSELESS_ENTRY, "conntrack entry: flags 0x8000"),
    ],
)
def test_senseless_entries_are_missed_and_told(
    subject: KernelSubject, mark: int, complaint: str
) -> None:
    processed(subject, mark)
    assert subject.read(SENSELESS) is None
    assert subject.state() == State()
    assert any(complaint in line for line in subject.damage())


def test_what_a_packet_leaves_behind_is_told_without_a_look_at_the_state(
    subject: KernelSubject,
) -> None:
    assert subject.state() == State()
    assert subject.damage() == []
    processed(subject, SENSELESS_ENTRY)
    (complaint,) = subject.damage()
    assert "conntrack entry: flags 0x8000" in complaint


def test_a_packet_that_is_counted_under_no_reason_is_told(subject: KernelSubject) -> None:
    """No counter that is compared has moved."""
    processed(subject, SENSELESS_COUNT)
    assert subject.state().counters == {}
    (complaint,) = subject.damage()
    assert complaint.startswith("counters: reason 0 is none")


def test_senseless_events_are_missed_and_told(subject: KernelSubject) -> None:
    assert processed(subject, SENSELESS_EVENT).events == ()
    assert subject.damage() == ["struct event: padding is 0x1, not zero"]


def test_reset_is_a_new_start(subject: KernelSubject) -> None:
    """Whatever happened before: the same operations and packets have the same results."""
    operations: list[Operation] = [
        PutEndpoint(POD),
        PutIdentity(IdentityPrefix(Network.parse("10.0.0.0/8"), 7)),
        PutService(SERVICE),
        PutEntry(KEY, Flow(5, policy_revision=1)),
    ]
    subject.apply(operations)
    for mark in (EVENT, DAMAGE, SENSELESS_EVENT, SENSELESS_KEY, COUNT):
        processed(subject, mark)
    subject.apply([RemoveService(1)])
    with pytest.raises(OperationError):
        subject.apply(operations)
    subject.reset()
    assert subject.state() == State()
    assert subject.damage() == []
    subject.apply(operations)
    assert subject.state().conntrack == {KEY: Flow(5, policy_revision=1)}
