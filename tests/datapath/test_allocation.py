"""Places in arrays: none is given twice, what is given back comes last, undoing is exact."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from harness.datapath.control_plane.allocation import SlotAllocator, Stretch, StretchAllocator
from harness.datapath.control_plane.journal import Journal


def test_slots_are_reused_last_and_in_order() -> None:
    slots, journal = SlotAllocator(5, first=1), Journal()
    assert [slots.allocate(journal) for _ in range(2)] == [1, 2]
    slots.release(2)
    slots.release(1)
    assert [slots.allocate(journal) for _ in range(5)] == [3, 4, 2, 1, None]


def test_a_stretch_given_back_is_reused_when_nothing_else_fits() -> None:
    stretches, journal = StretchAllocator(10), Journal()
    first = stretches.allocate(4, journal)
    assert first == Stretch(0, 4)
    stretches.release(Stretch(0, 4))
    assert stretches.allocate(4, journal) == Stretch(4, 4)
    assert stretches.allocate(4, journal) == Stretch(0, 4)
    assert stretches.allocate(2, journal) == Stretch(8, 2)
    assert stretches.allocate(1, journal) is None
    assert stretches.used == 10


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 7)), max_size=60), st.integers(0, 30))
def test_stretches_never_overlap_and_all_come_back(
    steps: list[tuple[bool, int]], size: int
) -> None:
    stretches, journal = StretchAllocator(size), Journal()
    held: list[Stretch] = []
    for gives_back, number in steps:
        if gives_back and held:
            stretches.release(held.pop(number % len(held)))
            continue
        stretch = stretches.allocate(number, journal)
        if stretch is not None:
            held.append(stretch)
        taken = [place for s in held for place in range(s.first, s.end)]
        assert len(taken) == len(set(taken))
        assert all(place < size for place in taken)
    for stretch in held:
        stretches.release(stretch)
    assert stretches.allocate(size, journal) == Stretch(0, size)


@given(st.lists(st.integers(1, 5), max_size=10))
def test_a_taken_back_allocation_leaves_no_trace(lengths: list[int]) -> None:
    stretches, slots = StretchAllocator(20), SlotAllocator(8)
    kept = Journal()
    stretches.release(stretches.allocate(3, kept) or Stretch(0, 0))
    slots.release(slots.allocate(kept) or 0)
    journal = Journal()
    for length in lengths:
        stretches.allocate(length, journal)
        slots.allocate(journal)
    journal.roll_back()
    assert [slots.allocate(kept) for _ in range(9)] == [1, 2, 3, 4, 5, 6, 7, 0, None]
    assert stretches.allocate(20, kept) == Stretch(0, 20)
