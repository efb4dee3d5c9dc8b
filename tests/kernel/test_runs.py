"""A test run brings back what the program did, or says why it was not run."""

from __future__ import annotations

import errno
import random
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from harness.kernel.errors import MissingToolError
from harness.kernel.lanes import LONGEST, LONGEST_DIRECT, Lane, lane_of
from harness.kernel.loader import (
    KernelContext,
    LoadedObject,
    Refusal,
    RunResult,
    StaleChecksum,
    load,
)
from harness.kernel.probe import supports_checksum_complete
from tests.kernel.conftest import OBJECTS

IPV4, IPV6, ARP = b"\x08\x00", b"\x86\xdd", b"\x08\x06"
LOOPBACK = 1
REDIRECT = 7


def frame_of(length: int, ether_type: bytes = IPV4) -> bytes:
    """A frame of random contents, the same each time."""
    contents = random.Random(length).randbytes(length)  # noqa: S311 (contents, not secrets)
    return (contents[:12] + ether_type + contents[14:])[:length]


@pytest.fixture(scope="module")
def runs(kernel: None) -> Iterator[LoadedObject]:
    loaded_object = load(OBJECTS / "runs.bpf.c")
    yield loaded_object
    loaded_object.close()


def sighting(loaded: LoadedObject) -> dict[str, int]:
    """What `observe` last saw."""
    record = np.frombuffer(
        loaded.maps["sightings"].lookup(bytes(4)) or b"", loaded.btf.structures["sighting"]
    )[0]
    return {name: int(record[name]) for name in record.dtype.names or ()}


def test_frame_context_and_verdict_come_back(loaded: LoadedObject) -> None:
    frame = frame_of(100)
    context = KernelContext(
        interface=LOOPBACK, mark=0xFFFFFFFE, priority=3, control_block=(11, 12, 13, 14, 15)
    )
    result = loaded.programs["alter"].run(frame, context)
    swapped = frame[6:12] + frame[:6] + frame[12:]
    assert result == RunResult(REDIRECT, swapped, 0xFFFFFFFF, 9, (11, 12, 13, 14, 11))


def test_the_context_of_one_run_is_gone_in_the_next(loaded: LoadedObject) -> None:
    alter = loaded.programs["alter"]
    alter.run(frame_of(100), KernelContext(mark=7, control_block=(1, 2, 3, 4, 5)))
    result = alter.run(frame_of(60), KernelContext())
    assert isinstance(result, RunResult)
    assert (result.mark, result.control_block) == (1, (0, 0, 0, 0, 0))
    assert len(result.frame) == 60


def test_the_program_sees_interfaces_and_lengths(loaded: LoadedObject) -> None:
    context = KernelContext(interface=LOOPBACK, ingress_interface=77, wire_length=200)
    loaded.programs["observe"].run(frame_of(100), context)
    seen = sighting(loaded)
    assert seen["interface"] == LOOPBACK
    assert seen["ingress_interface"] == 77
    assert (seen["length"], seen["wire_length"]) == (100, 200)


def test_a_verdict_above_the_usual_ones_comes_back(loaded: LoadedObject) -> None:
    verdict = loaded.maps["sightings"].memory()[28:32].cast("I")
    verdict[0] = 0xFFFFFFFF
    result = loaded.programs["observe"].run(frame_of(64), KernelContext())
    verdict[0] = 0
    assert isinstance(result, RunResult)
    assert result.verdict == 0xFFFFFFFF


def test_an_interface_that_does_not_exist_is_refused(loaded: LoadedObject) -> None:
    result = loaded.programs["observe"].run(frame_of(64), KernelContext(interface=4242))
    assert isinstance(result, Refusal)
    assert result.number == errno.ENODEV
    assert result.reason == "interface 4242 does not exist in this namespace"


def test_a_program_may_lengthen_the_frame(runs: LoadedObject) -> None:
    result = runs.programs["lengthen"].run(frame_of(100), KernelContext())
    assert isinstance(result, RunResult)
    assert result.verdict == 0
    assert result.frame == frame_of(100) + bytes(1900)


@pytest.mark.parametrize("length", [60, 64, 1514, LONGEST_DIRECT])
def test_a_stale_sum_is_a_result_of_its_own(runs: LoadedObject, length: int) -> None:
    assert supports_checksum_complete()
    context = KernelContext()
    frame = frame_of(length)
    changed = frame[:40] + b"\x12\x34" + frame[42:]
    assert isinstance(runs.programs["break_sum"].run(frame, context, True), StaleChecksum)
    for name, complete in (("keep_sum", True), ("keep_sum", False), ("break_sum", False)):
        result = runs.programs[name].run(frame, context, complete)
        assert isinstance(result, RunResult)
        assert result.frame == changed


@pytest.mark.parametrize("length", [53, 9000])
def test_sums_are_not_checked_in_the_shim_lane(runs: LoadedObject, length: int) -> None:
    frame = frame_of(length, IPV6)
    assert lane_of(frame) is Lane.SHIM
    for name in ("keep_sum", "break_sum"):
        result = runs.programs[name].run(frame, KernelContext(), True)
        assert isinstance(result, RunResult)
        assert result.frame == frame[:40] + b"\x12\x34" + frame[42:]


def test_the_sum_of_a_program_that_resizes_cannot_be_checked(runs: LoadedObject) -> None:
    # The kernel forgets the sum then, nothing can update it, and the test run still compares it.
    resize = runs.programs["lengthen_and_write"]
    assert isinstance(resize.run(frame_of(100), KernelContext(), True), StaleChecksum)
    assert isinstance(resize.run(frame_of(100), KernelContext(), False), RunResult)


@pytest.mark.parametrize("ether_type", [IPV4, IPV6, ARP], ids=["IPv4", "IPv6", "ARP"])
@pytest.mark.parametrize(
    "length",
    [14, 15, 33, 34, 53, 54, 60, LONGEST_DIRECT, LONGEST_DIRECT + 1, 4096, 9014, LONGEST],
)
def test_every_length_reaches_the_program_whole(
    loaded: LoadedObject, ether_type: bytes, length: int
) -> None:
    frame = frame_of(length, ether_type)
    result = loaded.programs["observe"].run(frame, KernelContext(LOOPBACK, 5), complete=True)
    assert isinstance(result, RunResult)
    assert (result.frame, result.mark) == (frame, 5)
    seen = sighting(loaded)
    assert (seen["length"], seen["linear_length"]) == (length, length)
    assert seen["interface"] == LOOPBACK
    assert seen["protocol"] == int.from_bytes(ether_type, "little")


@pytest.mark.parametrize("length", [20, 9000])
def test_the_shim_carries_verdict_and_rewriting(loaded: LoadedObject, length: int) -> None:
    frame = frame_of(length)
    assert lane_of(frame) is Lane.SHIM
    context = KernelContext(mark=1, control_block=(42, 0, 0, 0, 0))
    result = loaded.programs["alter"].run(frame, context)
    swapped = frame[6:12] + frame[:6] + frame[12:]
    assert result == RunResult(REDIRECT, swapped, 2, 9, (42, 0, 0, 0, 42))


def test_the_shim_serves_programs_in_turn(loaded: LoadedObject) -> None:
    for _ in range(3):
        for name, verdict in (("observe", 0), ("alter", REDIRECT)):
            result = loaded.programs[name].run(frame_of(20), KernelContext())
            assert isinstance(result, RunResult)
            assert result.verdict == verdict


def test_a_long_frame_leaves_nothing_in_the_next(loaded: LoadedObject) -> None:
    observe = loaded.programs["observe"]
    for length in (LONGEST, LONGEST_DIRECT + 1, 14, 8000, 100):
        result = observe.run(frame_of(length), KernelContext())
        assert isinstance(result, RunResult)
        assert result.frame == frame_of(length)


def test_wire_length_of_a_long_frame_is_its_own(loaded: LoadedObject) -> None:
    loaded.programs["observe"].run(frame_of(9000), KernelContext())
    assert sighting(loaded)["wire_length"] == 9000


@pytest.mark.parametrize("length", [0, 1, 13, LONGEST + 1, 70000])
def test_what_no_lane_takes_is_refused_with_the_reason(loaded: LoadedObject, length: int) -> None:
    observe = loaded.programs["observe"]
    observe.run(frame_of(100), KernelContext())
    result = observe.run(frame_of(length), KernelContext())
    assert isinstance(result, Refusal)
    assert "less than 14 or more than 16,000 bytes" in result.reason
    assert sighting(loaded)["length"] == 100  # it was not run


def test_an_interface_that_does_not_exist_is_refused_in_the_shim_too(loaded: LoadedObject) -> None:
    result = loaded.programs["observe"].run(frame_of(20), KernelContext(interface=4242))
    assert isinstance(result, Refusal)
    assert result.number == errno.ENODEV


def test_where_the_shim_cannot_be_loaded_its_frames_are_refused(
    built: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def not_installed() -> None:
        raise MissingToolError("clang not found", "apt-get install clang-19")

    monkeypatch.setattr("harness.kernel.loaded.Shim", not_installed)
    loaded_object = load(built)
    observe = loaded_object.programs["observe"]
    refused = observe.run(frame_of(20), KernelContext())
    assert isinstance(refused, Refusal)
    assert "needs the shim, but: clang not found; apt-get install clang-19" in refused.reason
    assert isinstance(observe.run(frame_of(60), KernelContext()), RunResult)
    loaded_object.close()
