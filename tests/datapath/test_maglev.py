"""Maglev tables are those of LB-3b, and the hash is the published one."""

from __future__ import annotations

from itertools import count

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import model.maglev
from harness.bench.maglev import changed, share
from harness.datapath.control_plane.maglev import Server, is_prime, maglev_table
from harness.datapath.control_plane.murmur import murmur3
from harness.strategies.values import addresses, families, ports


@pytest.mark.parametrize(
    ("data", "seed", "expected"),
    [
        (b"", 0x00000000, 0x00000000),
        (b"", 0x00000001, 0x514E28B7),
        (b"", 0xFFFFFFFF, 0x81F16F39),
        (b"\xff\xff\xff\xff", 0x00000000, 0x76293B50),
        (b"\x21\x43\x65\x87", 0x00000000, 0xF55B516B),
        (b"\x21\x43\x65\x87", 0x5082EDEE, 0x2362F9DE),
        (b"\x00\x00\x00\x00", 0x00000000, 0x2362F9DE),
        (b"aaaa", 0x9747B28C, 0x5A97808A),
        (b"abcd", 0x9747B28C, 0xF0478627),
    ],
)
def test_murmur_against_published_vectors(data: bytes, seed: int, expected: int) -> None:
    words = np.frombuffer(data, "<u4").astype(np.uint32)
    rows = np.stack([~words, words])
    assert murmur3(rows, (7, seed))[1, 1] == expected


def sequential_table(servers: list[Server], size: int) -> list[int]:
    """LB-3b word for word: each backend asks for its j-th preference until one is free."""

    def preference(server: Server, j: int) -> int:
        words = (*model.maglev.address_words(server.address), server.port)
        offset = model.maglev.murmur3(words, 1) % size
        skip = model.maglev.murmur3(words, 2) % (size - 1) + 1
        return (offset + j * skip) % size

    table: dict[int, int] = {}
    while True:
        for place, server in enumerate(servers):
            choices = (preference(server, j) for j in count())
            table[next(slot for slot in choices if slot not in table)] = place
            if len(table) == size:
                return [table[slot] for slot in range(size)]


@pytest.mark.clause(hits=["LB-3b"])
@given(
    families.flatmap(
        lambda family: st.lists(
            st.builds(Server, addresses(family), ports), min_size=1, max_size=20, unique=True
        )
    ),
    st.sampled_from([2, 3, 5, 7, 31, 61]),
)
def test_table_is_the_sequential_one(servers: list[Server], size: int) -> None:
    ordered = sorted(servers)
    assert maglev_table(ordered, size).tolist() == sequential_table(ordered, size)


servers_of_any_family = families.flatmap(
    lambda family: st.lists(
        st.builds(Server, addresses(family), ports), min_size=2, max_size=100, unique=True
    )
)


@settings(max_examples=30, deadline=None)
@given(servers_of_any_family, st.sampled_from([16381, 65521]))
def test_the_specification_has_the_same_table(servers: list[Server], size: int) -> None:
    """Two writers, one page: LB-3b leaves nothing open."""
    ordered = sorted(servers)
    assert maglev_table(ordered, size).tolist() == list(model.maglev.table(tuple(ordered), size))


@settings(max_examples=40, deadline=None)
@given(servers_of_any_family, st.sampled_from([16381, 65521]), st.data())
def test_a_backend_that_comes_or_goes_moves_little(
    servers: list[Server], size: int, data: st.DataObject
) -> None:
    """At 160 slots a backend and more: three times what the backend itself has, at most.

    The least is once. A hash without this property, modulo the number of backends, moves all but
    1/N, which for three and more backends is above the bound.
    """
    ordered = sorted(servers)
    place = data.draw(st.integers(0, len(ordered) - 1))
    rest = ordered[:place] + ordered[place + 1 :]
    assert changed(ordered, rest, size) <= 3 * share(ordered, place, size)
    assert changed(ordered, rest, size) >= share(ordered, place, size)


@settings(max_examples=40, deadline=None)
@given(servers_of_any_family, st.sampled_from([251, 16381, 65521]))
def test_shares_differ_by_one_slot_at_most(servers: list[Server], size: int) -> None:
    shares = np.bincount(maglev_table(sorted(servers), size), minlength=len(servers))
    assert shares.max() - shares.min() <= 1


@pytest.mark.parametrize("number", [2, 3, 5, 251, 16381, 65537])
def test_primes(number: int) -> None:
    assert is_prime(number)


@pytest.mark.parametrize("number", [-7, 0, 1, 4, 9, 16380, 16383, 65535])
def test_no_primes(number: int) -> None:
    assert not is_prime(number)
