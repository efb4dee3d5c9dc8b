"""Every codec gives back what it was given, and what the datapath wrote wrongly is noticed."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.datapath.codec.codecs import Codecs
from harness.datapath.codec.configuration import Settings
from harness.datapath.codec.endpoint import EndpointRow
from harness.datapath.codec.errors import ContentError
from harness.datapath.codec.policy import TABLES, PeerRow, PolicyKey
from harness.datapath.codec.service import FrontendRow, ServiceKey, ServiceRow
from harness.kernel.btf import Btf
from harness.strategies.values import (
    addresses,
    entries,
    families,
    flow_keys,
    longs,
    networks,
    octets,
    ports,
    words,
)
from model.domain.address import ADDRESS_LENGTH, Family
from model.domain.configuration import Configuration, EventSwitches, NoBackendAction, Timeouts
from model.domain.endpoint import Direction
from model.domain.event import Hook
from model.domain.flow import (
    Affinity,
    AffinityKey,
    Datagram,
    Flow,
    FlowKey,
    FragmentKey,
    Opener,
    Selection,
)
from model.domain.policy import MAXIMUM_RULE_IDENTIFIER, RuleVerdict
from model.domain.reason import Reason
from model.domain.service import Algorithm, Backend, BackendState, FrontendKey
from model.domain.state import Counter, CounterKey, Window


@given(families, st.data())
def test_conntrack(codecs: Codecs, family: Family, data: st.DataObject) -> None:
    of_family = codecs.of[family]
    key = data.draw(flow_keys(family))
    entry = data.draw(entries(family))
    if family is Family.IPV6:
        number = data.draw(st.integers(1, of_family.flow_key.most))
        codecs.numbers.by_address[key.endpoint_address] = number
        codecs.numbers.by_number[number] = key.endpoint_address
    assert of_family.flow_key.decode(of_family.flow_key.encode(key)) == key
    assert of_family.entry.decode(of_family.entry.encode(entry, data.draw(words))) == entry


@given(families, st.data())
def test_affinity(codecs: Codecs, family: Family, data: st.DataObject) -> None:
    codec = codecs.of[family].affinity_key
    key = data.draw(st.builds(AffinityKey, addresses(family), words))
    value = data.draw(st.builds(Affinity, words, longs))
    assert codec.decode(codec.encode(key)) == key
    assert codecs.affinity.decode(codecs.affinity.encode(value, data.draw(words))) == value


@given(families, st.data())
def test_datagram(codecs: Codecs, family: Family, data: st.DataObject) -> None:
    codec, of_family = codecs.of[family].fragment_key, addresses(family)
    key = data.draw(st.builds(FragmentKey, of_family, of_family, words, octets, octets))
    value = data.draw(st.builds(Datagram, longs, ports, ports, octets, st.booleans()))
    assert codec.decode(codec.encode(key)) == key
    assert codecs.datagram.decode(codecs.datagram.encode(value)) == value


@given(st.sampled_from(Hook), st.sampled_from(Reason), st.lists(st.tuples(longs, longs)))
def test_counters_add_up_over_cpus(
    codecs: Codecs, hook: Hook, reason: Reason, of_cpus: list[tuple[int, int]]
) -> None:
    key = CounterKey(hook, reason)
    data = b"".join(codecs.counter.encode(Counter(*of_cpu)) for of_cpu in of_cpus)
    total = Counter(sum(c[0] for c in of_cpus), sum(c[1] for c in of_cpus))
    assert codecs.counter.decode_key(codecs.counter.encode_key(key)) == key
    assert codecs.counter.decode(data) == total


@given(st.lists(st.builds(Window, longs, longs, longs), min_size=1), st.data())
def test_window_of_one_cpu(codecs: Codecs, windows: list[Window], data: st.DataObject) -> None:
    cpu = data.draw(st.integers(0, len(windows) - 1))
    elements = b"".join(codecs.window.encode(window) for window in windows)
    assert codecs.window.decode(elements, cpu) == windows[cpu]


@given(
    st.builds(
        Settings,
        st.builds(
            Configuration,
            st.builds(Timeouts, longs, longs, longs, longs, longs),
            st.builds(
                EventSwitches, st.booleans(), st.booleans(), st.booleans(), st.booleans(), words
            ),
            st.booleans(),
            st.booleans(),
            st.sampled_from(NoBackendAction),
            words,
            addresses(Family.IPV4),
            addresses(Family.IPV6),
            words,
        ),
        longs,
        words,
        words,
        st.booleans(),
    )
)
def test_configuration(codecs: Codecs, settings: Settings) -> None:
    assert codecs.configuration.decode(codecs.configuration.encode(settings)) == settings


@given(
    st.builds(
        EndpointRow,
        words,
        words,
        words,
        words,
        st.one_of(st.none(), addresses(Family.IPV4)),
        st.one_of(st.none(), addresses(Family.IPV6)),
        words,
        st.frozensets(st.sampled_from(Direction)),
    )
)
def test_endpoint(codecs: Codecs, row: EndpointRow) -> None:
    assert codecs.endpoint.decode(codecs.endpoint.encode(row)) == row


@given(families, st.data())
def test_load_balancer_rows(codecs: Codecs, family: Family, data: st.DataObject) -> None:
    frontend_codec, switches = codecs.of[family].frontend, st.booleans()
    key = data.draw(st.builds(FrontendKey, addresses(family), ports, octets))
    frontend = data.draw(st.builds(FrontendRow, words, switches))
    service_key = data.draw(st.builds(ServiceKey, words, st.just(family), switches))
    algorithms = st.sampled_from(Algorithm)
    row = data.draw(st.builds(ServiceRow, longs, algorithms, words, words, words, words))
    assert frontend_codec.decode_key(frontend_codec.encode_key(key)) == key
    assert frontend_codec.decode(frontend_codec.encode(frontend)) == frontend
    assert codecs.service.decode_key(codecs.service.encode_key(service_key)) == service_key
    assert codecs.service.decode(codecs.service.encode(row)) == row


@given(families, st.data())
def test_backend(codecs: Codecs, family: Family, data: st.DataObject) -> None:
    backend = data.draw(
        st.builds(
            Backend,
            st.integers(1, 2**32 - 1),
            addresses(family),
            ports,
            st.sampled_from(BackendState),
            st.booleans(),
            st.booleans(),
        )
    )
    service = data.draw(words)
    encoded = codecs.backend.encode(backend, service)
    assert codecs.backend.decode(encoded, family) == (backend, service)
    assert codecs.backend.decode(codecs.backend.free(encoded), family) is None


@given(families, st.data())
def test_peer(codecs: Codecs, family: Family, data: st.DataObject) -> None:
    codec = codecs.of[family].peer
    network = data.draw(networks(family))
    row = data.draw(st.builds(PeerRow, words, words))
    table, key = codec.encode_key(network)
    assert table.startswith("addresses") == (network.length == 8 * ADDRESS_LENGTH[family])
    assert codec.decode_key(table, key) == network
    assert codec.decode(codec.encode(row)) == row


@given(
    st.builds(PolicyKey, words, words, st.sampled_from(Direction)),
    st.lists(words, min_size=len(TABLES), max_size=len(TABLES)),
    st.lists(words, min_size=256, max_size=256),
)
def test_policy(codecs: Codecs, key: PolicyKey, tables: list[int], page: list[int]) -> None:
    codec = codecs.policy
    assert codec.decode_key(codec.encode_key(key)) == key
    assert codec.decode_tables(codec.encode_tables(tables)) == tuple(tables)
    assert codec.decode_page(codec.encode_page(page)) == tuple(page)


@given(st.integers(1, MAXIMUM_RULE_IDENTIFIER), st.sampled_from(RuleVerdict))
def test_a_decision_is_no_page(codecs: Codecs, rule: int, verdict: RuleVerdict) -> None:
    assert not codecs.policy.is_page(codecs.policy.decision(verdict, rule))


def test_bytes_are_where_the_compiler_put_them(codecs: Codecs, btf: Btf) -> None:
    """The layout's own idea of offsets, read by numpy, agrees with the codec's."""
    layout = btf.structures["flow_key_ipv4"]
    key = FlowKey(b"\x0a\0\0\x01", b"\x0a\0\0\x02", 4711, 80, 6, Opener.PEER)
    data = codecs.of[Family.IPV4].flow_key.encode(key)
    offset = layout.fields["endpoint_address"][1] if layout.fields else 0
    tuple_layout, tuple_offset = layout.fields["tuple"][:2] if layout.fields else (layout, 0)
    port_offset = tuple_layout.fields["endpoint_port"][1] if tuple_layout.fields else 0
    assert data[offset : offset + 4] == key.endpoint_address
    assert data[tuple_offset + port_offset :][:2] == (4711).to_bytes(2, "big")


def test_a_number_in_a_key_that_has_the_address_is_noticed(codecs: Codecs) -> None:
    codec = codecs.of[Family.IPV4].flow_key
    data = codec.encode(FlowKey(bytes(4), bytes(4), 1, 2, 6, Opener.PEER))
    with pytest.raises(ContentError, match="no address of an endpoint has number"):
        codec.decode(data.replace(b"\x06\x01\0\0", b"\x06\x01\x01\x01"))


def test_a_number_stands_for_an_ipv6_address(codecs: Codecs) -> None:
    codec, numbers = codecs.of[Family.IPV6].flow_key, codecs.numbers
    numbers.by_address.clear()
    numbers.by_number.clear()
    key = FlowKey(bytes(15) + b"\x01", bytes(15) + b"\x02", 1, 2, 6, Opener.PEER)
    nowhere = codec.encode(key)
    with pytest.raises(ContentError, match="has number 0"):
        codec.decode(nowhere)
    numbers.by_address[key.endpoint_address], numbers.by_number[7] = 7, key.endpoint_address
    assert codec.encode(key) != nowhere
    assert codec.decode(codec.encode(key)) == key
    assert len(nowhere) == 24


def test_unknown_numbers_are_noticed(codecs: Codecs) -> None:
    of_family = codecs.of[Family.IPV6]
    key = bytearray(of_family.flow_key.encode(FlowKey(bytes(16), bytes(16), 1, 2, 3, Opener.PEER)))
    entry = of_family.entry.encode(Flow(1))
    with pytest.raises(ContentError, match="opener 9"):
        of_family.flow_key.decode(bytes(key).replace(b"\x03\x01", b"\x03\x09"))
    with pytest.raises(ContentError, match="flags"):
        of_family.entry.decode(entry.replace(bytes([0, 0, 0, 0]) * 8, b"\xff" * 32))
    with pytest.raises(ContentError, match="reason 7"):
        codecs.counter.decode_key((7).to_bytes(4, "little"))


@pytest.mark.parametrize("family", list(Family))
def test_what_an_entry_has_no_use_for_is_zero(codecs: Codecs, btf: Btf, family: Family) -> None:
    """What is left there of another entry's bytes was never meant."""
    structure = btf.structures[f"entry_ipv{family:d}"]
    codec = codecs.of[family].entry
    flow, selection = Flow(0), Selection(1, 2)
    flows = ("expires", "opener_packets", "opener_bytes", "reply_packets", "reply_bytes")
    given: list[tuple[str, Flow | Selection]] = [
        *((name, selection) for name in (*flows, "service_port", "policy_revision")),
        *((name, flow) for name in ("backend", "backend_slot")),
    ]
    for name, entry in given:
        element = np.frombuffer(codec.encode(entry), structure).copy()
        element["entry"][name] = 1
        with pytest.raises(ContentError, match=r"a selection with|a flow with"):
            codec.decode(element.tobytes())
    element = np.frombuffer(codec.encode(selection), structure).copy()
    element["service_address"][0][0] = 1
    with pytest.raises(ContentError, match="a selection with values of a flow"):
        codec.decode(element.tobytes())


def test_a_datagram_is_or_is_not_in_reassembly(codecs: Codecs, btf: Btf) -> None:
    """Whatever is not 0 would be true in C."""
    element = np.zeros((), btf.structures["datagram"])
    assert not codecs.datagram.decode(element.tobytes()).reassembly
    element["reassembly"] = 1
    assert codecs.datagram.decode(element.tobytes()).reassembly
    element["reassembly"] = 2
    with pytest.raises(ContentError, match="reassembly is 2"):
        codecs.datagram.decode(element.tobytes())
