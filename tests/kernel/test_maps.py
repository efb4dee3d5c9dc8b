"""Every kind of map that the datapath uses, through either loader."""

from __future__ import annotations

import errno
import struct

import pytest

from harness.kernel.errors import MapError
from harness.kernel.loader import LoadedObject, LoaderName, Map, MapOptions, load
from tests.kernel.conftest import TWO_LOADERS

NO_EXISTING = 1
ONLY_EXISTING = 2
KEY = bytes(range(20))
VALUE = bytes(range(100, 116))


def word(number: int) -> bytes:
    return struct.pack("=I", number)


def long(number: int) -> bytes:
    return struct.pack("=Q", number)


@pytest.fixture
def plain(loaded: LoadedObject) -> Map:
    loaded.maps["plain"].clear()
    return loaded.maps["plain"]


def test_an_element_is_written_read_and_removed(plain: Map) -> None:
    assert plain.lookup(KEY) is None
    plain.update(KEY, VALUE)
    assert plain.lookup(KEY) == VALUE
    assert plain.delete(KEY) is True
    assert plain.delete(KEY) is False
    assert plain.lookup(KEY) is None


def test_flags_are_honoured(plain: Map) -> None:
    with pytest.raises(MapError) as raised:
        plain.update(KEY, VALUE, ONLY_EXISTING)
    assert raised.value.number == errno.ENOENT
    plain.update(KEY, VALUE, NO_EXISTING)
    with pytest.raises(MapError) as raised:
        plain.update(KEY, VALUE, NO_EXISTING)
    assert raised.value.number == errno.EEXIST


@pytest.mark.parametrize("count", [0, 1, 63, 1024])
def test_batches_write_read_and_remove_whole_maps(plain: Map, count: int) -> None:
    keys = [struct.pack("=5I", number, 0, 0, 0, 7) for number in range(count)]
    values = [struct.pack("=2Q", number, number * number) for number in range(count)]
    plain.update_batch(b"".join(keys), b"".join(values), count)
    assert sorted(plain.items()) == sorted(zip(keys, values, strict=True))
    plain.delete_batch(b"".join(keys[::2]), len(keys[::2]))
    assert sorted(plain.items()) == sorted(zip(keys[1::2], values[1::2], strict=True))


def test_a_batch_passes_over_keys_that_are_absent(plain: Map) -> None:
    keys = [struct.pack("=5I", number, 0, 0, 0, 7) for number in range(6)]
    plain.update_batch(keys[1] + keys[4], VALUE * 2, 2)
    plain.delete_batch(b"".join(keys), 6)
    assert plain.items() == []


def test_a_full_map_says_so(loaded: LoadedObject) -> None:
    small = load(TWO_LOADERS, LoaderName(loaded.loader), options=MapOptions({"plain": 2}))
    plain = small.maps["plain"]
    plain.update(bytes(20), VALUE)
    plain.update(KEY, VALUE)
    with pytest.raises(MapError, match=r"map plain: update \(full at 2 elements") as raised:
        plain.update(KEY[::-1], VALUE)
    assert raised.value.number == errno.E2BIG
    assert len(plain.items()) == 2
    small.close()


def test_an_lru_map_loaded_as_plain_hash_refuses_where_it_evicted(loaded: LoadedObject) -> None:
    options = MapOptions({"recent": 2}, {"recent": "hash"})
    strict = load(TWO_LOADERS, LoaderName(loaded.loader), options=options)
    recent = strict.maps["recent"]
    recent.update(word(1), long(1))
    recent.update(word(2), long(2))
    with pytest.raises(MapError) as raised:
        recent.update(word(3), long(3))
    assert raised.value.number == errno.E2BIG
    assert sorted(recent.items()) == [(word(1), long(1)), (word(2), long(2))]
    strict.close()


def test_keys_and_values_of_a_wrong_length_never_reach_the_kernel(plain: Map) -> None:
    with pytest.raises(MapError, match="key of 19 instead of 20 bytes"):
        plain.lookup(KEY[1:])
    with pytest.raises(MapError, match="value of 17 instead of 16 bytes"):
        plain.update(KEY, VALUE + b"\0")
    with pytest.raises(MapError, match="key of 0 instead of 20 bytes"):
        plain.delete(b"")
    with pytest.raises(MapError, match="values of 16 instead of 32 bytes"):
        plain.update_batch(KEY * 2, VALUE, 2)


def test_arrays_have_all_their_elements(loaded: LoadedObject) -> None:
    numbers = loaded.maps["numbers"]
    numbers.update(word(3), long(1 << 40))
    expected = [(word(index), long(1 << 40 if index == 3 else 0)) for index in range(8)]
    assert numbers.items() == expected
    numbers.clear()
    assert numbers.items() == [(word(index), long(0)) for index in range(8)]


def test_large_arrays_are_read_and_cleared_whole(loaded: LoadedObject) -> None:
    size = 200_000  # several batches
    large = load(TWO_LOADERS, LoaderName(loaded.loader), options=MapOptions({"numbers": size}))
    numbers = large.maps["numbers"]
    for index in (0, size // 2, size - 1):
        numbers.update(word(index), long(index + 1))
    items = numbers.items()
    assert [key for key, _value in items] == [word(index) for index in range(size)]
    assert [value for _key, value in items if value != long(0)] == [
        long(1),
        long(size // 2 + 1),
        long(size),
    ]
    numbers.clear()
    assert {value for _key, value in numbers.items()} == {long(0)}
    large.close()


def test_an_index_beyond_the_array_is_absent(loaded: LoadedObject) -> None:
    assert loaded.maps["numbers"].lookup(word(8)) is None
    with pytest.raises(MapError):
        loaded.maps["numbers"].update(word(8), long(1))


def test_array_elements_cannot_be_removed(loaded: LoadedObject) -> None:
    with pytest.raises(MapError) as raised:
        loaded.maps["numbers"].delete(word(0))
    assert raised.value.number == errno.EINVAL


def test_the_longest_prefix_answers(loaded: LoadedObject) -> None:
    prefixes = loaded.maps["prefixes"]
    prefixes.clear()
    wide = struct.pack("=I4B", 8, 10, 0, 0, 0)
    narrow = struct.pack("=I4B", 24, 10, 1, 2, 0)
    prefixes.update(wide, word(1))
    prefixes.update(narrow, word(2))
    assert prefixes.lookup(struct.pack("=I4B", 32, 10, 1, 2, 3)) == word(2)
    assert prefixes.lookup(struct.pack("=I4B", 32, 10, 9, 9, 9)) == word(1)
    assert prefixes.lookup(struct.pack("=I4B", 32, 11, 0, 0, 0)) is None
    assert sorted(prefixes.items()) == sorted([(wide, word(1)), (narrow, word(2))])
    prefixes.clear()
    assert prefixes.items() == []


def test_reading_an_lru_map_leaves_its_elements(loaded: LoadedObject) -> None:
    recent = loaded.maps["recent"]
    recent.clear()
    for number in range(100):
        recent.update(word(number), long(number))
    for _ in range(3):
        assert sorted(recent.items()) == sorted((word(n), long(n)) for n in range(100))
    recent.clear()
    assert recent.items() == []


@pytest.mark.parametrize(("name", "padded"), [("counts", 16), ("words", 8)])
def test_per_cpu_values_are_those_of_all_cpus_in_a_row(
    loaded: LoadedObject, name: str, padded: int
) -> None:
    counted = loaded.maps[name]
    cpus = counted.element_size // padded
    values = b"".join(word(cpu + 1).ljust(padded, b"\0") for cpu in range(cpus))
    counted.update(word(1), values)
    assert counted.lookup(word(1)) == values
    assert counted.items() == [(word(0), bytes(len(values))), (word(1), values)]
    counted.clear()
    assert counted.lookup(word(1)) == bytes(len(values))


def test_mapped_memory_is_the_map(loaded: LoadedObject) -> None:
    sightings = loaded.maps["sightings"]
    memory = sightings.memory()
    assert len(memory) == sightings.value_size
    memory[:8] = long(4711)
    assert (sightings.lookup(word(0)) or b"")[:8] == long(4711)
    sightings.update(word(0), bytes(range(32)))
    assert bytes(memory) == bytes(range(32))
    sightings.clear()
    assert bytes(memory) == bytes(32)


def test_a_map_that_cannot_be_mapped_says_so(plain: Map) -> None:
    with pytest.raises(MapError, match="map plain: mmap failed"):
        plain.memory()
