"""Fragments and the datagrams that they belong to (RFC 791, RFC 8200).

FRAG-1, FRAG-1a to FRAG-1c, FRAG-2, FRAG-2a, LB-8c.
"""

from __future__ import annotations

import pytest

from model.domain.address import parse_address
from model.domain.configuration import NoBackendAction
from model.domain.event import Hook
from model.domain.flow import Datagram, FragmentKey, Opener
from model.domain.packet import Verdict
from model.domain.policy import RuleVerdict
from model.domain.protocol import SCTP, TCP, UDP
from model.domain.reason import Reason
from tests.model.builder import (
    ETHERNET_LENGTH,
    IPV4,
    IPV6,
    SECOND,
    Connection,
    End,
    Network,
    both_families,
    connection,
    icmp,
    with_bytes,
)
from tests.model.errors import error
from tests.model.fragment import (
    IDENTIFICATION,
    first_fragment,
    fragments,
    last_fragment,
    middle_fragment,
)
from tests.model.node import (
    EGRESS,
    Node,
    backend,
    configure,
    flow_key,
    frontend,
    icmp_key,
    rule,
    service,
    timeouts,
)

PAYLOAD = bytes(range(200))
DEFRAGMENTATION = 33
all_protocols = pytest.mark.parametrize("kind", [TCP, UDP, SCTP], ids=["tcp", "udp", "sctp"])
both_openers = pytest.mark.parametrize("step", [">", "<"], ids=["leaving", "entering"])


def whole_packet(seen: Connection, step: str, flags: str = "S") -> bytes:
    return seen.out(flags, PAYLOAD) if step == ">" else seen.back(flags, PAYLOAD)


def handle(node: Node, step: str, data: bytes) -> Reason:
    return (node.send(data) if step == ">" else node.receive(data)).reason


def datagram_key(net: Network, step: str, kind: int) -> FragmentKey:
    pod, peer = parse_address(net.pod), parse_address(net.peer)
    ends = (pod, peer) if step == ">" else (peer, pod)
    hook = Hook.FROM_CONTAINER if step == ">" else Hook.TO_CONTAINER
    return FragmentKey(*ends, IDENTIFICATION, kind, hook)


@both_families
@all_protocols
@both_openers
def test_later_fragments_belong_to_the_flow_of_the_first(
    net: Network, kind: int, step: str
) -> None:
    node, seen = Node(), connection(net, net.peer, kind=kind)
    parts = fragments(net, whole_packet(seen, step))
    reasons = [handle(node, step, part) for part in parts]
    assert reasons == [Reason.NEW, Reason.ESTABLISHED, Reason.ESTABLISHED]
    opener = Opener.ENDPOINT if step == ">" else Opener.PEER
    assert list(node.flows) == [flow_key(seen, opener)]
    assert node.flow.opener_packets == 3
    assert node.flow.opener_bytes == sum(len(part) for part in parts)


@both_families
def test_fragments_of_a_reply_are_replies(net: Network) -> None:
    node, seen = Node(), connection(net, net.peer, kind=UDP)
    node.send(seen.out())
    reasons = [node.receive(part).reason for part in fragments(net, whole_packet(seen, "<"))]
    assert reasons == [Reason.REPLY] * 3
    assert node.flow.reply_packets == 3


@both_families
@both_openers
def test_the_first_fragment_is_remembered_with_its_ports(net: Network, step: str) -> None:
    node, seen = Node(), connection(net, net.peer, kind=UDP)
    handle(node, step, first_fragment(net, whole_packet(seen, step)))
    ports = (40000, 80) if step == ">" else (80, 40000)
    wanted = Datagram(node.now + 30 * SECOND, *ports, UDP)
    assert node.state.datagrams == {datagram_key(net, step, UDP): wanted}


@both_families
@pytest.mark.parametrize(("wait", "known"), [(30 * SECOND - 1, True), (30 * SECOND, False)])
def test_a_datagram_is_remembered_for_thirty_seconds(net: Network, wait: int, known: bool) -> None:
    node, seen = Node(), connection(net, net.peer, kind=UDP)
    whole = whole_packet(seen, ">")
    node.send(first_fragment(net, whole))
    node.wait(wait)
    wanted = Reason.ESTABLISHED if known else Reason.FRAGMENT_NOT_FOUND
    assert node.send(last_fragment(net, whole)).reason is wanted


@both_families
def test_how_long_a_datagram_is_remembered_is_configured(net: Network) -> None:
    node, seen = Node(timeouts(fragment=5)), connection(net, net.peer, kind=UDP)
    whole = whole_packet(seen, ">")
    node.send(first_fragment(net, whole))
    node.wait(5)
    assert node.send(last_fragment(net, whole)).reason is Reason.FRAGMENT_NOT_FOUND


@both_families
def test_later_fragments_do_not_prolong_that(net: Network) -> None:
    node, seen = Node(), connection(net, net.peer, kind=UDP)
    whole = whole_packet(seen, ">")
    node.send(first_fragment(net, whole))
    node.wait(29 * SECOND)
    assert node.send(middle_fragment(net, whole)).reason is Reason.ESTABLISHED
    node.wait(SECOND)
    assert node.send(last_fragment(net, whole)).reason is Reason.FRAGMENT_NOT_FOUND


@both_families
def test_a_duplicate_of_the_first_is_remembered_anew(net: Network) -> None:
    node, seen = Node(), connection(net, net.peer, kind=UDP)
    whole = whole_packet(seen, ">")
    node.send(first_fragment(net, whole))
    node.wait(29 * SECOND)
    assert node.send(first_fragment(net, whole)).reason is Reason.ESTABLISHED
    node.wait(29 * SECOND)
    assert node.send(last_fragment(net, whole)).reason is Reason.ESTABLISHED


@both_families
@pytest.mark.parametrize("difference", ["identification", "protocol", "destination", "hook"])
def test_fragments_of_other_datagrams_do_not_share_the_ports(net: Network, difference: str) -> None:
    node, seen = Node(), connection(net, net.peer, kind=UDP)
    node.send(first_fragment(net, whole_packet(seen, ">")))
    whole = whole_packet(seen, ">")
    if difference == "identification":
        handled = node.send(last_fragment(net, whole, identification=1))
    elif difference == "protocol":
        handled = node.send(
            last_fragment(net, connection(net, net.peer, kind=SCTP).out("S", PAYLOAD))
        )
    elif difference == "destination":
        handled = node.send(
            last_fragment(net, connection(net, net.stranger, kind=UDP).out("", PAYLOAD))
        )
    else:
        handled = node.receive(last_fragment(net, whole))
    assert handled.reason is Reason.FRAGMENT_NOT_FOUND
    assert handled.verdict is Verdict.DROP


@both_families
def test_a_first_fragment_that_is_dropped_is_not_remembered(net: Network) -> None:
    node = Node(rule(1, RuleVerdict.DENY, EGRESS))
    whole = whole_packet(connection(net, net.peer, kind=UDP), ">")
    assert node.send(first_fragment(net, whole)).reason is Reason.POLICY_DENIED
    assert node.state.datagrams == {}
    assert node.send(last_fragment(net, whole)).reason is Reason.FRAGMENT_NOT_FOUND


@both_families
def test_fragments_of_a_ping_belong_to_its_flow(net: Network) -> None:
    node = Node()
    ping = icmp(net.pod, net.peer, net.echo_request, identifier=7, payload=PAYLOAD)
    reasons = [node.send(part).reason for part in fragments(net, ping)]
    assert reasons == [Reason.NEW, Reason.ESTABLISHED, Reason.ESTABLISHED]
    assert list(node.flows) == [icmp_key(net, net.peer, 7, net.echo_request << 8, Opener.ENDPOINT)]
    answer = icmp(net.peer, net.pod, net.echo_reply, identifier=7, payload=PAYLOAD)
    assert [node.receive(part).reason for part in fragments(net, answer)] == [Reason.REPLY] * 3


@both_families
@pytest.mark.parametrize("kind", [TCP, UDP])
def test_every_fragment_gets_the_same_addresses_and_the_first_ports_and_checksum(
    net: Network, kind: int
) -> None:
    """Reassembled, the fragments are the packet that would have been sent in one piece."""
    server = End(net.backends[0], 8080)
    node = Node(service(1, [frontend(net.service, 80, kind)], [backend(1, server)]))
    client = connection(net, net.service, kind=kind)
    real = client.behind(server)
    sent = [node.send(part).data for part in fragments(net, client.out("S", PAYLOAD))]
    assert sent == fragments(net, real.out("S", PAYLOAD))
    back = [node.receive(part).data for part in fragments(net, real.back("SA", PAYLOAD))]
    assert back == fragments(net, client.back("SA", PAYLOAD))


@both_families
def test_later_tcp_fragments_count_and_refresh_but_change_no_state(net: Network) -> None:
    """The bytes of this one look like a header with RST where flags would be."""
    node, seen = Node(), connection(net, net.peer)
    whole = seen.out("S", bytes([0x04]) * 200)
    node.send(first_fragment(net, whole))
    before = node.flow
    node.wait(SECOND)
    assert node.send(middle_fragment(net, whole)).reason is Reason.ESTABLISHED
    after = node.flow
    assert (after.established, after.opener_closing, after.reply_closing) == (False, False, False)
    assert after.opener_packets == before.opener_packets + 1
    assert after.expires == node.now + 60 * SECOND


@both_families
def test_later_fragments_of_a_fin_do_not_close_again(net: Network) -> None:
    node, seen = Node(), connection(net, net.peer)
    node.run(seen, [">S", ">A"])
    whole = seen.out("FA", PAYLOAD)
    parts = fragments(net, whole)
    for part in parts:
        assert node.send(part).reason is Reason.ESTABLISHED
    assert (node.flow.opener_closing, node.flow.reply_closing) == (True, False)
    assert node.flow.expires == node.now + 8000 * SECOND


@both_families
@pytest.mark.parametrize("picks_up", [True, False])
def test_a_later_tcp_fragment_without_a_flow_is_mid_stream(net: Network, picks_up: bool) -> None:
    node, seen = Node(), connection(net, net.peer)
    whole = seen.out("RA", PAYLOAD)
    assert node.send(first_fragment(net, whole)).reason is Reason.NEW
    assert node.table == {}
    node.apply(configure(pick_up_mid_stream=picks_up))
    reason = node.send(last_fragment(net, whole)).reason
    assert reason is (Reason.NEW if picks_up else Reason.MID_STREAM)
    assert bool(node.table) == picks_up
    if picks_up:
        assert node.flow.picked_up


@both_families
@both_openers
def test_a_fragmented_icmp_error_is_dropped(net: Network, step: str) -> None:
    node, seen = Node(), connection(net, net.peer)
    node.send(seen.out("S", PAYLOAD))
    if step == ">":
        whole = error(net, net.pod, net.peer, seen.back("A", PAYLOAD))
    else:
        whole = error(net, net.peer, net.pod, seen.out("S", PAYLOAD))
    assert handle(node, step, first_fragment(net, whole)) is Reason.INVALID_FRAGMENT
    assert handle(node, step, last_fragment(net, whole)) is Reason.FRAGMENT_NOT_FOUND


@both_families
@pytest.mark.parametrize("kind", [TCP, UDP, SCTP])
def test_a_later_fragment_without_its_first_is_dropped(net: Network, kind: int) -> None:
    node = Node()
    handled = node.send(last_fragment(net, whole_packet(connection(net, net.peer, kind=kind), ">")))
    assert (handled.reason, handled.verdict) == (Reason.FRAGMENT_NOT_FOUND, Verdict.DROP)
    assert (node.table, node.state.datagrams) == ({}, {})


@both_families
@both_openers
def test_with_a_defragmentation_interface_the_whole_datagram_goes_there_from_then_on(
    net: Network, step: str
) -> None:
    node = Node(configure(defragmentation_interface=DEFRAGMENTATION))
    whole = whole_packet(connection(net, net.peer, kind=UDP), step)
    hook = Hook.FROM_CONTAINER if step == ">" else Hook.TO_CONTAINER
    for part in (
        last_fragment(net, whole),
        middle_fragment(net, whole),
        first_fragment(net, whole),
        last_fragment(net, whole),
    ):
        handled = node.handle(hook, part)
        assert (handled.reason, handled.verdict) == (Reason.REASSEMBLY, Verdict.REDIRECT)
        assert (handled.redirect_interface, handled.data) == (DEFRAGMENTATION, part)
        assert handled.context.control_block == (0, 0, 0, 0, DEFRAGMENTATION)
        assert handled.events == ()
    assert node.table == {}
    (datagram,) = node.state.datagrams.values()
    assert datagram.reassembly
    assert datagram.expires == node.now + 30 * SECOND


@both_families
def test_without_the_interface_a_datagram_of_reassembly_is_one_without_its_first(
    net: Network,
) -> None:
    node = Node(configure(defragmentation_interface=DEFRAGMENTATION))
    whole = whole_packet(connection(net, net.peer, kind=UDP), ">")
    node.send(last_fragment(net, whole))
    node.apply(configure())
    assert node.send(last_fragment(net, whole)).reason is Reason.FRAGMENT_NOT_FOUND
    assert node.send(first_fragment(net, whole)).reason is Reason.NEW
    assert node.send(last_fragment(net, whole)).reason is Reason.ESTABLISHED


@both_families
def test_in_order_nothing_goes_to_the_defragmentation_interface(net: Network) -> None:
    node = Node(configure(defragmentation_interface=DEFRAGMENTATION))
    whole = whole_packet(connection(net, net.peer, kind=UDP), ">")
    reasons = [node.send(part).reason for part in fragments(net, whole)]
    assert reasons == [Reason.NEW, Reason.ESTABLISHED, Reason.ESTABLISHED]


@both_families
def test_reassembly_ends_when_the_datagram_is_forgotten(net: Network) -> None:
    node = Node(configure(defragmentation_interface=DEFRAGMENTATION))
    whole = whole_packet(connection(net, net.peer, kind=UDP), ">")
    node.send(last_fragment(net, whole))
    node.wait(30 * SECOND - 1)
    assert node.send(first_fragment(net, whole)).reason is Reason.REASSEMBLY
    node.wait(1)
    assert node.send(first_fragment(net, whole)).reason is Reason.NEW
    assert node.send(last_fragment(net, whole)).reason is Reason.ESTABLISHED


def test_headers_behind_the_fragment_header_do_not_hide_the_protocol() -> None:
    """FRAG-1a: later fragments know the number behind the fragment header alone."""
    seen = connection(IPV6, IPV6.peer, kind=UDP)
    datagram = seen.out("", PAYLOAD)
    payload = bytes([UDP, 0]) + bytes(6) + datagram[IPV6.transport :]
    head = with_bytes(datagram[: IPV6.transport], ETHERNET_LENGTH + 6, b"\x3c")
    node = Node()
    reasons = [node.send(part).reason for part in fragments(IPV6, head + payload)]
    assert reasons == [Reason.NEW, Reason.ESTABLISHED, Reason.ESTABLISHED]
    assert list(node.flows) == [flow_key(seen)]
    assert [key.protocol for key in node.state.datagrams] == [60]
    assert [datagram.protocol for datagram in node.state.datagrams.values()] == [UDP]


@both_families
def test_a_later_fragment_to_a_service_without_backend_is_not_answered(net: Network) -> None:
    server = backend(1, End(net.backends[0], 8080))
    node = Node(service(1, [frontend(net.service, 80, UDP)], [server]))
    whole = connection(net, net.service, kind=UDP).out("", PAYLOAD)
    assert node.send(first_fragment(net, whole)).reason is Reason.NEW
    node.apply(
        service(1, [frontend(net.service, 80, UDP)], []),
        configure(no_backend=NoBackendAction.REJECT),
    )
    handled = node.send(last_fragment(net, whole))
    assert (handled.reason, handled.verdict) == (Reason.NO_BACKEND, Verdict.DROP)
    again = node.send(first_fragment(net, whole))
    assert again.reason is Reason.REJECTED


@both_families
def test_an_answered_first_fragment_is_not_remembered(net: Network) -> None:
    node = Node(
        service(1, [frontend(net.service, 80, UDP)], []),
        configure(no_backend=NoBackendAction.REJECT),
    )
    whole = connection(net, net.service, kind=UDP).out("", PAYLOAD)
    assert node.send(first_fragment(net, whole)).reason is Reason.REJECTED
    assert node.state.datagrams == {}


def test_a_source_is_checked_before_a_fragment_is_looked_up() -> None:
    spoofed = Connection(End(IPV4.stranger, 1), End(IPV4.peer, 2), UDP).out("", PAYLOAD)
    assert Node().send(last_fragment(IPV4, spoofed)).reason is Reason.INVALID_SOURCE
