"""A capture's records become steps: who is an endpoint, which way, and when."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.capture.load import load_capture, statistics_of
from harness.scenario.error import FormatError
from harness.step import ClockStep, OperationStep, PacketStep, Scenario, Step
from model.domain.address import Network
from model.domain.endpoint import IdentityPrefix
from model.domain.event import Hook
from model.domain.operation import PutEndpoint, PutIdentity
from tests.capture.files import (
    COOKED,
    COOKED_2,
    LOOP,
    NULL,
    PPP,
    RAW,
    address,
    ethernet,
    ipv4,
    pcap_header,
    pcap_record,
    steps_of,
    write,
)

A, B, C = "10.0.0.1", "10.0.0.2", "10.0.0.3"
SECOND = 1_000_000_000
OUT, IN = Hook.FROM_CONTAINER, Hook.TO_CONTAINER


def capture(*frames: bytes, times: tuple[int, ...] = ()) -> bytes:
    stamps = times or (0,) * len(frames)
    return pcap_header() + b"".join(
        pcap_record(frame, stamp) for frame, stamp in zip(frames, stamps, strict=True)
    )


def frame(source: str, destination: str, data: bytes = b"") -> bytes:
    return ethernet(ipv4(source, destination, data))


def places(steps: list[Step]) -> list[tuple[Hook, int]]:
    return [(s.packet.hook, s.packet.interface) for s in steps if isinstance(s, PacketStep)]


def load(folder: Path, data: bytes, mapping: str = "", gap: int | None = None) -> Scenario:
    if mapping:
        (folder / "case.map.yaml").write_text(mapping, encoding="utf-8")
    return load_capture(write(folder, data), gap)


def test_senders_become_endpoints_when_they_first_send(tmp_path: Path) -> None:
    steps = steps_of(tmp_path, capture(frame(A, B), frame(B, A), frame(A, C)))
    kinds = [type(step).__name__ for step in steps]
    packet, operation = "PacketStep", "OperationStep"
    assert kinds == [operation, packet, operation, packet, packet, packet]
    assert places(steps) == [(OUT, 10), (OUT, 11), (IN, 10), (OUT, 10)]
    first = steps[0]
    assert isinstance(first, OperationStep)
    endpoint, identity = first.operations
    assert isinstance(endpoint, PutEndpoint)
    assert (endpoint.endpoint.identifier, endpoint.endpoint.interface) == (1, 10)
    assert (endpoint.endpoint.ipv4, endpoint.endpoint.ipv6) == (address(A), None)
    assert identity == PutIdentity(IdentityPrefix(Network.parse(A + "/32"), 1000))


def test_at_most_so_many_endpoints(tmp_path: Path) -> None:
    frames = [frame(f"10.1.{number}.1", A) for number in range(70)]
    scenario = load(tmp_path, capture(*frames))
    steps = list(scenario.steps)
    assert sum(isinstance(step, OperationStep) for step in steps) == 64
    assert places(steps)[64:] == [(OUT, 10)] * 6


@pytest.mark.parametrize("source", ["0.0.0.0", "127.0.0.1", "224.0.0.5", "255.255.255.255"])  # noqa: S104
def test_addresses_of_no_host_are_no_endpoints(tmp_path: Path, source: str) -> None:
    steps = steps_of(tmp_path, capture(frame(source, A)))
    assert places(steps) == [(OUT, 10)]
    assert len(steps) == 1


def test_frames_of_nobody_leave_the_first_endpoint(tmp_path: Path) -> None:
    arp = ethernet(bytes(28), 0x0806)
    broken = ethernet(b"\x45\x00\x00")
    steps = steps_of(tmp_path, capture(arp, frame(A, B), broken, frame(B, A), arp))
    assert places(steps) == [(OUT, 10), (OUT, 10), (OUT, 10), (OUT, 11), (IN, 10), (OUT, 10)]


def test_steps_say_where_they_come_from(tmp_path: Path) -> None:
    steps = steps_of(tmp_path, capture(frame(A, B), frame(A, C)))
    assert {step.origin.removeprefix(str(tmp_path)) for step in steps} == {
        "/case.pcap#1",
        "/case.pcap#2",
    }


def test_the_clock_follows_the_time_stamps_but_never_back(tmp_path: Path) -> None:
    frames = (frame(A, B),) * 5
    scenario = load(tmp_path, capture(*frames, times=(100, 103, 50, 102, 110)))
    spans = [step.advance for step in scenario.steps if isinstance(step, ClockStep)]
    assert spans == [3 * SECOND, 7 * SECOND]
    statistics = statistics_of(scenario)
    assert statistics is not None
    assert statistics.clock_back == 2


def test_gaps_are_kept_unless_a_cap_is_given(tmp_path: Path) -> None:
    data = capture(frame(A, B), frame(A, B), frame(A, B), times=(0, 90_000, 90_001))
    whole = [s.advance for s in load(tmp_path, data).steps if isinstance(s, ClockStep)]
    capped = [
        s.advance for s in load(tmp_path, data, gap=60 * SECOND).steps if isinstance(s, ClockStep)
    ]
    assert whole == [90_000 * SECOND, SECOND]
    assert capped == [60 * SECOND, SECOND]


@pytest.mark.parametrize(
    ("link_type", "head"),
    [
        (RAW, b""),
        (12, b""),
        (228, b""),
        (NULL, b"\x02\x00\x00\x00"),
        (LOOP, b"\x00\x00\x00\x02"),
        (COOKED, bytes(14) + b"\x08\x00"),
        (COOKED_2, b"\x08\x00" + bytes(18)),
        (PPP, b"\xff\x03\x00\x21"),
        (PPP, b"\x00\x21"),
    ],
)
def test_other_link_types_become_ethernet(tmp_path: Path, link_type: int, head: bytes) -> None:
    packet = ipv4(A, B, b"data")
    steps = steps_of(tmp_path, pcap_header(link_type) + pcap_record(head + packet))
    (step,) = (step for step in steps if isinstance(step, PacketStep))
    assert step.packet.data[12:] == b"\x08\x00" + packet
    assert (step.packet.hook, step.packet.interface) == (OUT, 10)


@pytest.mark.parametrize("number", [24, 28, 30, 10])
def test_ipv6_on_loopbacks_of_several_systems(tmp_path: Path, number: int) -> None:
    packet = b"\x60" + bytes(39)
    record = pcap_record(number.to_bytes(4, "little") + packet)
    (step,) = steps_of(tmp_path, pcap_header(NULL) + record)
    assert isinstance(step, PacketStep)
    assert step.packet.data[12:] == b"\x86\xdd" + packet


def test_what_cannot_be_run_is_counted_and_said(tmp_path: Path) -> None:
    scenario = load(tmp_path, pcap_header(127) + pcap_record(b"radio") * 3)
    assert list(scenario.steps) == []
    statistics = statistics_of(scenario)
    assert statistics is not None
    assert statistics.lines() == [
        "3 records, 0 packets, 0 endpoints",
        "3 skipped: unsupported link type 127 (802.11 with radiotap)",
    ]


def test_cut_packets_and_a_cut_file_are_said(tmp_path: Path) -> None:
    data = pcap_header() + pcap_record(frame(A, B), length=1500) + pcap_record(frame(A, B))[:-1]
    scenario = load(tmp_path, data + b"")
    assert places(list(scenario.steps)) == [(OUT, 10)]
    statistics = statistics_of(scenario)
    assert statistics is not None
    assert statistics.lines()[1:] == [
        "1 packets are cut in the capture and run as they are",
        "record 2 at byte 74 is cut: 33 of 34 bytes are there",
    ]


def test_short_frames_are_counted(tmp_path: Path) -> None:
    scenario = load(tmp_path, capture(b"short", frame(A, B)))
    assert len(places(list(scenario.steps))) == 1
    statistics = statistics_of(scenario)
    assert statistics is not None
    assert statistics.skipped == {"no IP packet or whole frame in it": 1}


def test_a_stream_can_be_walked_again(tmp_path: Path) -> None:
    scenario = load(tmp_path, capture(frame(A, B), frame(B, A), times=(1, 2)))
    assert list(scenario.steps) == list(scenario.steps)
    statistics = statistics_of(scenario)
    assert statistics is not None
    assert (statistics.records, statistics.packets, statistics.endpoints) == (2, 3, 2)


MAPPING = f"""\
topology:
  identities: [shop]
  peers: {{away: {{ipv4: 198.51.100.7}}}}
  endpoints:
    first: {{identity: shop, ipv4: 10.9.0.1}}
    second: {{identity: shop, ipv4: {B}}}
  prefixes: {{first: shop}}
translate:
  {A}: first
  {C}: away
gap: 5s
"""


def test_a_mapping_gives_the_topology(tmp_path: Path) -> None:
    data = capture(frame(A, B), frame(C, A), frame(C, "9.9.9.9"), times=(0, 60, 61))
    scenario = load(tmp_path, data, MAPPING)
    steps = list(scenario.steps)
    assert len(scenario.topology) == 3
    assert not any(isinstance(step, OperationStep) for step in steps)
    assert places(steps) == [(OUT, 10), (IN, 11), (IN, 10), (OUT, 10)]
    seen = [step.packet.data[26:34] for step in steps if isinstance(step, PacketStep)]
    first, away = address("10.9.0.1"), address("198.51.100.7")
    assert seen == [
        first + address(B),
        first + address(B),
        away + first,
        away + address("9.9.9.9"),
    ]
    assert [s.advance for s in steps if isinstance(s, ClockStep)] == [5 * SECOND, SECOND]


def test_a_mapping_may_leave_the_endpoints_to_the_capture(tmp_path: Path) -> None:
    mapping = "topology: {configuration: {pick_up_mid_stream: false}}\nsenders: endpoints\n"
    scenario = load(tmp_path, capture(frame(A, B)), mapping)
    assert len(scenario.topology) == 1
    assert isinstance(next(iter(scenario.steps)), OperationStep)


@pytest.mark.parametrize(
    ("mapping", "problem"),
    [
        ("{}", "mapping without 'topology'"),
        ("topology: {}\ntranslat: {}\n", "did you mean 'translate'?"),
        ("topology: {}\ntranslate: {10.0.0.1: nobody}\n", "neither an address nor a name"),
        ("topology: {}\ntranslate: {host: 10.0.0.1}\n", "'host' is no IP address"),
        ("topology: {}\ntranslate: {10.0.0.1: 'fd00::1'}\n", "fd00::1 is no IPv4 address"),
        ("topology: {}\ngap: 5\n", "'5' without a unit"),
        ("topology: gone.yaml\n", "there is no file 'gone.yaml'"),
        (MAPPING + "senders: endpoints\n", "only where the topology has none"),
    ],
)
def test_bad_mappings(tmp_path: Path, mapping: str, problem: str) -> None:
    with pytest.raises(FormatError, match=r"case\.map\.yaml:[0-9]+:[0-9]+: ") as caught:
        load(tmp_path, capture(frame(A, B)), mapping)
    assert problem in str(caught.value)
