"""Maglev: the hash, the table and what users expect of it (LB-3, LB-3a, LB-3b)."""

from __future__ import annotations

from collections import Counter
from struct import unpack

import pytest

from model import maglev
from model.domain.address import parse_address
from model.domain.protocol import SCTP, TCP, UDP
from model.domain.service import DEFAULT_MAGLEV_SIZE
from tests.model import maglev_by_hand
from tests.model.builder import IPV4, IPV6, End, Network, both_families, connection, ends
from tests.model.node import Node, backend, backends, frontend, service

PUBLISHED = [
    (b"", 0x00000000, 0x00000000),
    (b"", 0x00000001, 0x514E28B7),
    (b"", 0xFFFFFFFF, 0x81F16F39),
    (b"\0\0\0\0", 0x00000000, 0x2362F9DE),
    (b"\xff\xff\xff\xff", 0x00000000, 0x76293B50),
    (b"\x21\x43\x65\x87", 0x00000000, 0xF55B516B),
    (b"\x21\x43\x65\x87", 0x5082EDEE, 0x2362F9DE),
    (b"aaaa", 0x9747B28C, 0x5A97808A),
    (b"abcd", 0x9747B28C, 0xF0478627),
    ("π" * 8, 0x9747B28C, 0xD58063C1),
    (b"a" * 256, 0x9747B28C, 0x37405BDC),
]
"""Published vectors of MurmurHash3 (x86, 32 bits) whose length is a multiple of four."""


def members(servers: list[End]) -> tuple[tuple[bytes, int], ...]:
    return tuple(sorted((parse_address(end.address), end.port) for end in servers))


def servers(net: Network, count: int) -> list[End]:
    return [End(address, 8080) for address in net.backends[:count]]


@pytest.mark.clause(hits=["LB-3a"])
@pytest.mark.parametrize(("text", "seed", "value"), PUBLISHED)
def test_the_hash_is_murmurhash3_as_published(text: bytes | str, seed: int, value: int) -> None:
    data = text.encode() if isinstance(text, str) else text
    assert maglev.murmur3(unpack(f"<{len(data) // 4}I", data), seed) == value
    assert maglev_by_hand.murmur3_32(data, seed) == value


@pytest.mark.clause(hits=["LB-3b"])
@both_families
@pytest.mark.parametrize(("count", "size"), [(1, 7), (3, 7), (7, 7), (5, 251), (40, 1021), (1, 2)])
def test_the_table_is_filled_in_turns_by_preference(net: Network, count: int, size: int) -> None:
    ordered = [End(address, port) for address, port in by_address(servers(net, count))]
    wanted = maglev_by_hand.table(ordered, size)
    found = maglev.table(members(servers(net, count)), size)
    assert [ordered[index] for index in found] == wanted


def by_address(all_ends: list[End]) -> list[End]:
    return sorted(all_ends, key=lambda end: (parse_address(end.address), end.port))


@both_families
@pytest.mark.parametrize("size", [2, 7, 251])
def test_every_backend_prefers_each_slot_once(net: Network, size: int) -> None:
    for end in servers(net, 40):
        assert sorted(maglev_by_hand.preferences(end, size)) == list(range(size))


@both_families
@pytest.mark.parametrize("count", [1, 2, 3, 10, 40])
@pytest.mark.parametrize("size", [251, DEFAULT_MAGLEV_SIZE])
def test_backends_get_equal_shares(net: Network, count: int, size: int) -> None:
    """In turns: shares differ by one slot at most."""
    shares = Counter(maglev.table(members(servers(net, count)), size))
    assert sum(shares.values()) == size
    assert len(shares) == count
    assert max(shares.values()) - min(shares.values()) <= 1


@both_families
def test_removing_a_backend_moves_few_of_the_others_connections(net: Network) -> None:
    """What Maglev is for: fewer move than the removed one had (a tenth), not nine in ten."""
    before = maglev.table(members(servers(net, 10)), DEFAULT_MAGLEV_SIZE)
    after = maglev.table(members(servers(net, 9)), DEFAULT_MAGLEV_SIZE)
    moved = sum(1 for old, new in zip(before, after, strict=True) if old not in (9, new))
    assert moved < DEFAULT_MAGLEV_SIZE / 10


def test_more_backends_than_slots_share_what_there_is() -> None:
    found = maglev.table(members(servers(IPV4, 40)), 7)
    assert len(set(found)) == 7


def test_the_default_table_size_is_prime_and_as_specified() -> None:
    assert DEFAULT_MAGLEV_SIZE == 16381
    assert all(DEFAULT_MAGLEV_SIZE % divisor for divisor in range(2, 128))


@both_families
@pytest.mark.parametrize("kind", [TCP, UDP, SCTP])
@pytest.mark.parametrize("identifier", [1, 77])
def test_a_connection_gets_the_backend_that_the_clause_computes(
    net: Network, kind: int, identifier: int
) -> None:
    all_servers = [End(address, 80) for address in net.backends[:5]]
    put = service(
        identifier,
        [frontend(net.service, 80, kind)],
        [backend(number, end) for number, end in enumerate(all_servers, 1)],
        maglev_size=251,
    )
    node = Node(put)
    for port in range(40000, 40020):
        client = connection(net, net.service, 80, port, kind)
        wanted = maglev_by_hand.chosen(
            client.near, identifier, all_servers, size=251, protocol=kind
        )
        assert ends(node.send(client.out("S")).data)[1] == wanted


@both_families
def test_the_order_in_which_backends_are_given_does_not_matter(net: Network) -> None:
    given = backends(net, 7)
    choices = []
    for order in (given, given[::-1], given[3:] + given[:3]):
        node = Node(service(1, [frontend(net.service)], order))
        sent = [
            node.send(connection(net, net.service, 80, port).out("S")).data
            for port in range(40000, 40030)
        ]
        choices.append([ends(data)[1] for data in sent])
    assert choices[0] == choices[1] == choices[2]


def test_backends_at_one_address_are_ordered_by_port() -> None:
    same_address = [End(IPV6.backends[0], port) for port in (9000, 80, 8080)]
    put = service(
        1,
        [frontend(IPV6.service)],
        [backend(number, end) for number, end in enumerate(same_address, 1)],
        maglev_size=7,
    )
    node = Node(put)
    for port in range(40000, 40020):
        client = connection(IPV6, IPV6.service, 80, port)
        wanted = maglev_by_hand.chosen(client.near, 1, same_address, size=7)
        assert ends(node.send(client.out("S")).data)[1] == wanted


@both_families
def test_retries_of_a_connection_that_was_never_recorded_go_to_the_same_backend(
    net: Network,
) -> None:
    node = Node(service(1, [frontend(net.service)], backends(net, 20)))
    client = connection(net, net.service)
    first = node.send(client.out("S"), commit=False)
    assert node.send(client.out("S"), commit=False).data == first.data
