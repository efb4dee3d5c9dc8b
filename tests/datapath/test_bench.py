"""A bench loads objects that are complete, side by side, and leaves nothing behind."""

from __future__ import annotations

import gc
import os
import weakref
from pathlib import Path

import pytest

from harness.datapath.bench import MAPS, Bench
from harness.datapath.codec.codecs import Codecs
from harness.datapath.sizes import TEST_SIZES
from harness.kernel.btf import Btf
from harness.kernel.errors import ObjectError
from model.domain.event import Hook
from model.domain.packet import Outcome, Packet
from tests.open_files import open_files

STAND_IN = Path(__file__).with_name("stand_in.bpf.c")
LAYOUTS = Path(__file__).with_name("layouts.bpf.c")
FRAME = bytes(12) + b"\x08\x00" + bytes(50)


def own_namespace() -> str:
    return str(Path("/proc/thread-self/ns/net").readlink())


def test_every_map_has_a_name_and_a_size(btf: Btf) -> None:
    assert set(MAPS) <= set(btf.maps)
    assert set(TEST_SIZES) < set(MAPS)


def test_two_subjects_side_by_side(codecs: Codecs) -> None:
    with Bench() as bench:
        first, second = bench.open(STAND_IN), bench.open(STAND_IN)
        for subject in (first, second):
            subject.set_clock(5)
            for interface in (7, 100):
                outcome = subject.process(Packet(Hook.FROM_CONTAINER, interface, FRAME))
                assert isinstance(outcome, Outcome)


def test_it_leaves_nothing_behind() -> None:
    with Bench() as warm:
        warm.open(STAND_IN)
    before = own_namespace(), os.sched_getaffinity(0), open_files()
    bench = Bench()
    bench.open(STAND_IN)
    assert own_namespace() != before[0]
    bench.close()
    bench.close()
    assert (own_namespace(), os.sched_getaffinity(0), open_files()) == before


def test_a_closed_subject_goes_before_its_bench() -> None:
    """With its copies of all tables: who opens many at one bench has memory for one."""
    with Bench() as bench:
        subject = bench.open(STAND_IN)
        left = weakref.ref(subject)
        subject.close()
        del subject
        gc.collect()
        assert left() is None


def test_an_object_without_programs_is_refused_by_name() -> None:
    with Bench() as bench, pytest.raises(ObjectError, match="from_container"):
        bench.open(LAYOUTS)
