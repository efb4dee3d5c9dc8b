"""The Internet checksum, updated for what changes (PKT-8; RFC 1071, RFC 1624)."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from model.packet.checksum import difference, fold, update

words = st.integers(0, 0xFFFF)
even_bytes = st.binary(min_size=2, max_size=40).map(lambda data: data[: len(data) // 2 * 2])


def internet_checksum(data: bytes) -> int:
    """RFC 1071, in the plainest way: add with end-around carry, complement."""
    total = 0
    for place in range(0, len(data), 2):
        total += int.from_bytes(data[place : place + 2], "big")
        if total > 0xFFFF:
            total -= 0xFFFF
    return total ^ 0xFFFF


def word(value: int) -> bytes:
    return value.to_bytes(2, "big")


def test_the_example_of_rfc_1624_comes_out_as_published() -> None:
    """Section 4: a field 0x5555 becomes 0x3285 beside a rest that sums to 0xCD7A."""
    assert internet_checksum(word(0xCD7A) + word(0x5555)) == 0xDD2F
    assert update(0xDD2F, difference(word(0x5555), word(0x3285))) == 0x0000


def test_the_sum_folds_with_end_around_carry() -> None:
    """RFC 1071, section 3: the words 0001 f203 f4f5 f6f7 sum to ddf2."""
    assert fold(0x0001 + 0xF203 + 0xF4F5 + 0xF6F7) == 0xDDF2
    assert fold(0) == 0
    assert fold(0xFFFF) == 0xFFFF
    assert fold(0x1FFFE) == 0xFFFF


@settings(derandomize=True, max_examples=300)
@given(even_bytes, words, st.data())
def test_updating_is_the_same_as_computing_anew(old: bytes, rest: int, data: st.DataObject) -> None:
    """The rest is not 0, so that neither sum is the one's complement zero of all words 0."""
    new = data.draw(st.binary(min_size=len(old), max_size=len(old)))
    rest = rest or 1
    before = internet_checksum(old + word(rest))
    assert update(before, difference(old, new)) == internet_checksum(new + word(rest))


@settings(derandomize=True, max_examples=300)
@given(even_bytes, words, words, st.data())
def test_a_wrong_checksum_stays_wrong_by_as_much(
    old: bytes, rest: int, wrong: int, data: st.DataObject
) -> None:
    new = data.draw(st.binary(min_size=len(old), max_size=len(old)))
    before = internet_checksum(old + word(rest))
    after = update(wrong, difference(old, new))
    wanted = (internet_checksum(new + word(rest)) + wrong - before) % 0xFFFF
    assert after % 0xFFFF == wanted


def test_changes_of_several_fields_add_up() -> None:
    first = difference(word(0x1234), word(0xFEDC))
    second = difference(word(0xFFFF), word(0x0001))
    both = difference(word(0x1234) + word(0xFFFF), word(0xFEDC) + word(0x0001))
    for start in (0, 1, 0x7FFF, 0x8000, 0xFFFE):
        assert update(update(start, first), second) == update(start, both)


def test_a_change_back_restores_every_checksum_but_minus_zero() -> None:
    """0xffff, minus zero in RFC 1624, is what no right checksum of a header ever is."""
    there, back = difference(word(1), word(2)), difference(word(2), word(1))
    for start in range(0xFFFF):
        assert update(update(start, there), back) == start
