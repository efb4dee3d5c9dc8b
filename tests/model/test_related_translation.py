"""ICMP errors of load-balanced and hairpin flows (NAT-2, NAT-2a to NAT-2d)."""

from __future__ import annotations

import pytest

from model.domain.address import Family
from model.domain.flow import Flow
from model.domain.packet import Verdict
from model.domain.protocol import SCTP, TCP, UDP
from model.domain.reason import Reason
from tests.model.builder import (
    HEADER_LENGTH,
    IPV4,
    SECOND,
    Connection,
    End,
    Network,
    both_families,
    connection,
    with_bytes,
)
from tests.model.errors import error, has_right_sums, quote_of
from tests.model.node import (
    INGRESS,
    POD_INTERFACE,
    Handled,
    Node,
    backend,
    flow_key,
    frontend,
    service,
)

ROUTER = {Family.IPV4: "192.0.2.254", Family.IPV6: "2001:db8::fe"}
LOOPBACK = {Family.IPV4: "169.254.42.1", Family.IPV6: "fd00:2a::1"}
CHECKSUM = {TCP: 16, UDP: 6}
all_protocols = pytest.mark.parametrize("kind", [TCP, UDP, SCTP], ids=["tcp", "udp", "sctp"])


def server(net: Network, kind: int = TCP) -> End:
    return End(net.backends[0], 80 if kind == SCTP else 8080)


def client_of(net: Network, kind: int = TCP) -> Connection:
    return connection(net, net.service, kind=kind)


def real_of(net: Network, kind: int = TCP) -> Connection:
    return client_of(net, kind).behind(server(net, kind))


def connected(net: Network, kind: int = TCP) -> Node:
    """A node whose pod has sent and received on a connection to a service."""
    put = service(1, [frontend(net.service, 80, kind)], [backend(1, server(net, kind))])
    node = Node(put, isolated=[INGRESS])
    node.send(client_of(net, kind).out("S"))
    node.receive(real_of(net, kind).back("SA"))
    return node


@both_families
@all_protocols
@pytest.mark.parametrize("payload", [b"", b"payload!", b"odd length"], ids=["none", "even", "odd"])
@pytest.mark.parametrize("sender", ["backend", "router"])
def test_an_entering_error_quotes_what_the_client_sent(
    net: Network, kind: int, payload: bytes, sender: str
) -> None:
    """From the backend it comes from the service; a router's own address stays."""
    node = connected(net, kind)
    source = server(net, kind).address if sender == "backend" else ROUTER[net.family]
    arriving = error(net, source, net.pod, real_of(net, kind).out("S", payload))
    handled = node.receive(arriving)
    assert (handled.reason, handled.verdict) == (Reason.RELATED, Verdict.PASS)
    shown = net.service if sender == "backend" else source
    assert handled.data == error(net, shown, net.pod, client_of(net, kind).out("S", payload))


@both_families
@all_protocols
@pytest.mark.parametrize("to_service", [True, False], ids=["to-service", "elsewhere"])
def test_a_leaving_error_quotes_what_the_backend_sent(
    net: Network, kind: int, to_service: bool
) -> None:
    node = connected(net, kind)
    destination = net.service if to_service else net.stranger
    handled = node.send(error(net, net.pod, destination, client_of(net, kind).back("SA")))
    assert handled.reason is Reason.RELATED
    real = server(net, kind).address if to_service else destination
    assert handled.data == error(net, net.pod, real, real_of(net, kind).back("SA"))


@both_families
@pytest.mark.parametrize("kind", CHECKSUM)
@pytest.mark.parametrize("more", range(8, 21))
def test_a_quote_may_be_cut_anywhere_behind_eight_bytes(net: Network, kind: int, more: int) -> None:
    """With the L4 checksum gone, or half gone, there is none to update; the others are right."""
    node = connected(net, kind)
    length = HEADER_LENGTH[net.family] + more
    payload = bytes(range(12))
    whole = real_of(net, kind).out("S", payload)
    arriving = error(net, server(net, kind).address, net.pod, whole, length=length)
    data = node.receive(arriving).data
    wanted = error(net, net.service, net.pod, client_of(net, kind).out("S", payload), length=length)
    place = CHECKSUM[kind]
    if more == place + 1:
        offset = net.transport + 8 + HEADER_LENGTH[net.family] + place
        assert data[offset] == arriving[offset]
        assert has_right_sums(net, data)
        assert quote_of(net, data)[:-1] == quote_of(net, wanted)[:-1]
    else:
        assert data == wanted


@both_families
def test_a_quoted_udp_checksum_of_zero_stays_zero(net: Network) -> None:
    node = connected(net, UDP)
    quoted = with_bytes(real_of(net, UDP).out(), net.transport + 6, b"\0\0")
    data = node.receive(error(net, server(net, UDP).address, net.pod, quoted)).data
    wanted = with_bytes(client_of(net, UDP).out(), net.transport + 6, b"\0\0")
    assert data == error(net, net.service, net.pod, wanted)


@both_families
@pytest.mark.parametrize("wrong", [1, 0x1234, 0xFFFE])
def test_a_wrong_checksum_of_the_error_stays_wrong_by_as_much(net: Network, wrong: int) -> None:
    node = connected(net)
    offset = net.transport + 2
    arriving = error(net, server(net).address, net.pod, real_of(net).out("S"))
    wanted = error(net, net.service, net.pod, client_of(net).out("S"))

    def sum_of(data: bytes) -> int:
        return int.from_bytes(data[offset : offset + 2], "big")

    spoilt = (sum_of(arriving) + wrong) % 0xFFFF
    data = node.receive(with_bytes(arriving, offset, spoilt.to_bytes(2, "big"))).data
    assert sum_of(data) % 0xFFFF == (sum_of(wanted) + wrong) % 0xFFFF


def test_a_wrong_quoted_header_checksum_stays_wrong() -> None:
    """Routers lower the TTL of what they quote without mending the sum, some of them."""
    node = connected(IPV4)
    quoted = with_bytes(real_of(IPV4).out("S"), 22, b"\x01")
    data = node.receive(error(IPV4, ROUTER[Family.IPV4], IPV4.pod, quoted)).data
    wanted = with_bytes(client_of(IPV4).out("S"), 22, b"\x01")
    assert data == error(IPV4, ROUTER[Family.IPV4], IPV4.pod, wanted)


@both_families
def test_rest_of_header_and_code_are_left_alone(net: Network) -> None:
    """The path MTU of "too big" stands in the rest of the header."""
    node = connected(net)
    kind, code, rest = (
        (3, 4, b"\0\0\x05\x78") if net.family is Family.IPV4 else (2, 0, b"\0\0\x05\x78")
    )
    arriving = error(
        net,
        ROUTER[net.family],
        net.pod,
        real_of(net).out("S"),
        icmp_type=kind,
        code=code,
        rest=rest,
    )
    wanted = error(
        net,
        ROUTER[net.family],
        net.pod,
        client_of(net).out("S"),
        icmp_type=kind,
        code=code,
        rest=rest,
    )
    assert node.receive(arriving).data == wanted


@both_families
def test_an_entering_error_that_quotes_the_service_itself_is_none_of_the_flow(
    net: Network,
) -> None:
    """CT-9a: what left the pod was translated; a router has not seen the service's address."""
    node = connected(net)
    message = error(net, ROUTER[net.family], net.pod, client_of(net).out("S"))
    assert node.receive(message).reason is Reason.POLICY_DENIED


@both_families
def test_a_leaving_error_that_quotes_the_backend_itself_has_nothing_to_translate(
    net: Network,
) -> None:
    """It is about the flow (CT-9), but not about what the pod received from the service."""
    message = error(net, net.pod, server(net).address, real_of(net).back("SA"))
    handled = connected(net).send(message)
    assert (handled.reason, handled.data) == (Reason.RELATED, message)


@both_families
def test_errors_are_translated_after_the_service_is_gone(net: Network) -> None:
    node = connected(net)
    node.apply(service(1, [], []))
    arriving = error(net, server(net).address, net.pod, real_of(net).out("S"))
    wanted = error(net, net.service, net.pod, client_of(net).out("S"))
    assert node.receive(arriving).data == wanted


@both_families
def test_an_error_about_a_flow_without_translation_data_is_dropped(net: Network) -> None:
    node = connected(net)
    key = flow_key(real_of(net))
    node.put(key, Flow(expires=node.now + SECOND, load_balanced=True, service=1))
    message = error(net, server(net).address, net.pod, real_of(net).out("S"))
    assert node.receive(message).reason is Reason.NO_TRANSLATION_DATA


def as_client(net: Network) -> Connection:
    """A hairpin connection as the pod sees it as a client."""
    return connection(net, net.service)


def as_server(net: Network) -> Connection:
    """The same as the pod sees it as a server."""
    return Connection(End(net.pod, 8080), End(LOOPBACK[net.family], 40000), TCP)


def looped(net: Network) -> Node:
    put = service(1, [frontend(net.service)], [backend(1, End(net.pod, 8080))])
    node = Node(put)
    node.send(as_client(net).out("S"))
    node.send(as_server(net).out("SA"))
    return node


def assert_turned(handled: Handled, data: bytes) -> None:
    assert (handled.reason, handled.verdict) == (Reason.RELATED, Verdict.REDIRECT)
    assert handled.redirect_interface == POD_INTERFACE
    assert handled.data == data[6:12] + data[:6] + data[12:]


@both_families
def test_an_error_of_the_server_of_a_hairpin_reaches_the_client(net: Network) -> None:
    node, loopback = looped(net), LOOPBACK[net.family]
    handled = node.send(error(net, net.pod, loopback, as_server(net).back("S")))
    assert_turned(handled, error(net, net.service, net.pod, as_client(net).out("S")))
    entered = node.receive(handled.data)
    assert (entered.reason, entered.data) == (Reason.RELATED, handled.data)


@both_families
def test_an_error_of_the_client_of_a_hairpin_reaches_the_server(net: Network) -> None:
    node, loopback = looped(net), LOOPBACK[net.family]
    handled = node.send(error(net, net.pod, net.service, as_client(net).back("SA")))
    assert_turned(handled, error(net, loopback, net.pod, as_server(net).out("SA")))
    entered = node.receive(handled.data)
    assert (entered.reason, entered.data) == (Reason.RELATED, handled.data)
