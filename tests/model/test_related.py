"""ICMP errors about tracked flows (CT-9, CT-9a, CT-9b, CT-9c)."""

from __future__ import annotations

import pytest

from model.domain.address import Family
from model.domain.flow import Opener
from model.domain.packet import Verdict
from model.domain.policy import RuleVerdict
from model.domain.protocol import SCTP, TCP, UDP
from model.domain.reason import Reason
from tests.model.builder import (
    ETHERNET_LENGTH,
    HEADER_LENGTH,
    IPV4,
    IPV6,
    SECOND,
    Connection,
    End,
    Network,
    both_families,
    connection,
    frame,
    icmp,
    raw,
    with_bytes,
    with_ip_payload,
)
from tests.model.errors import TYPES, error
from tests.model.node import EGRESS, INGRESS, Node, backend, frontend, rule, service

ALL_PROTOCOLS = [TCP, UDP, SCTP]
ROUTER = {Family.IPV4: "192.0.2.254", Family.IPV6: "2001:db8::fe"}
every_error = pytest.mark.parametrize(
    ("net", "kind"),
    [(net, kind) for net in (IPV4, IPV6) for kind in TYPES[net.family]],
    ids=lambda value: value if isinstance(value, int) else value.family.name.lower(),
)


def closed_node() -> Node:
    """Nothing is let in or out but what belongs to a flow; the peer's flow is let in by a rule."""
    allow_out = rule(1, RuleVerdict.ALLOW, EGRESS, protocol=TCP)
    allow_in = rule(2, RuleVerdict.ALLOW, INGRESS, protocol=TCP)
    return Node(allow_out, allow_in, isolated=[EGRESS, INGRESS])


@every_error
@pytest.mark.parametrize("sender", ["peer", "router"])
def test_an_error_about_what_a_pod_sent_enters_whoever_sent_the_error(
    net: Network, kind: int, sender: str
) -> None:
    node, seen = closed_node(), connection(net, net.peer)
    node.send(seen.out("S"))
    source = net.peer if sender == "peer" else ROUTER[net.family]
    message = error(net, source, net.pod, seen.out("S"), icmp_type=kind)
    handled = node.receive(message)
    assert (handled.reason, handled.verdict, handled.data) == (
        Reason.RELATED,
        Verdict.PASS,
        message,
    )
    assert handled.events == ()


@every_error
def test_an_error_about_what_a_pod_received_leaves(net: Network, kind: int) -> None:
    node, seen = closed_node(), connection(net, net.peer)
    node.receive(seen.back("S"))
    message = error(net, net.pod, net.peer, seen.back("S"), icmp_type=kind)
    handled = node.send(message)
    assert (handled.reason, handled.data) == (Reason.RELATED, message)


@both_families
@pytest.mark.parametrize("first", [">S", "<S"])
@pytest.mark.parametrize("quoted", [">A", "<A"])
def test_errors_about_either_direction_of_a_flow_are_related(
    net: Network, first: str, quoted: str
) -> None:
    node, seen = closed_node(), connection(net, net.peer)
    node.step(seen, first)
    if quoted[0] == ">":
        handled = node.receive(error(net, net.peer, net.pod, seen.out("A")))
    else:
        handled = node.send(error(net, net.pod, net.peer, seen.back("A")))
    assert handled.reason is Reason.RELATED


@both_families
@pytest.mark.parametrize("kind", ALL_PROTOCOLS)
def test_errors_refresh_and_count_nothing(net: Network, kind: int) -> None:
    node, seen = Node(), connection(net, net.peer, kind=kind)
    node.send(seen.out("S"))
    before = node.table
    node.wait(SECOND)
    assert node.receive(error(net, net.peer, net.pod, seen.out("S"))).reason is Reason.RELATED
    assert node.table == before


@both_families
def test_errors_about_pings_are_related(net: Network) -> None:
    node = Node(isolated=[INGRESS])
    ping = icmp(net.pod, net.peer, net.echo_request, identifier=7)
    node.send(ping)
    assert node.receive(error(net, ROUTER[net.family], net.pod, ping)).reason is Reason.RELATED
    other = icmp(net.pod, net.peer, net.echo_request, identifier=8)
    refused = node.receive(error(net, ROUTER[net.family], net.pod, other))
    assert refused.reason is Reason.POLICY_DENIED


@both_families
def test_errors_about_a_pods_answers_to_pings_are_related(net: Network) -> None:
    node = Node(isolated=[EGRESS])
    node.receive(icmp(net.peer, net.pod, net.echo_request, identifier=7))
    answer = icmp(net.pod, net.peer, net.echo_reply, identifier=7)
    node.send(answer)
    node.apply(rule(9, RuleVerdict.DENY, INGRESS))
    assert node.receive(error(net, net.peer, net.pod, answer)).reason is Reason.RELATED


@both_families
def test_no_other_icmp_message_replies_to_a_flow_of_its_type(net: Network) -> None:
    """CT-8a: the peer's flow by type 13 is no flow of what the pod sends with type 13."""
    node = Node()
    node.receive(icmp(net.peer, net.pod, 13))
    node.apply(rule(9, RuleVerdict.DENY, INGRESS))
    sent = icmp(net.pod, net.peer, 13)
    assert node.receive(error(net, net.peer, net.pod, sent)).reason is Reason.POLICY_DENIED


@both_families
def test_protocols_without_ports_have_related_errors_too(net: Network) -> None:
    node = Node(isolated=[INGRESS])
    tunnel = raw(net, b"12345678", 47)
    node.send(tunnel)
    assert node.receive(error(net, net.peer, net.pod, tunnel)).reason is Reason.RELATED


@both_families
@pytest.mark.parametrize("change", ["port", "address", "protocol", "expired"])
def test_an_error_that_quotes_no_live_flow_is_new_and_decided_by_policy(
    net: Network, change: str
) -> None:
    quoted = {
        "port": connection(net, net.peer, 81),
        "address": connection(net, net.stranger),
        "protocol": connection(net, net.peer, kind=UDP),
        "expired": connection(net, net.peer),
    }[change]
    for isolated, wanted in (((), Reason.NEW), ((INGRESS,), Reason.POLICY_DENIED)):
        node = Node(isolated=isolated)
        node.send(connection(net, net.peer).out("S"))
        if change == "expired":
            node.wait(60 * SECOND)
        before = node.table
        handled = node.receive(error(net, net.peer, net.pod, quoted.out("S")))
        assert handled.reason is wanted
        assert len(handled.policy_events) == 1
        assert node.table == before


@both_families
def test_rules_name_errors_by_type_and_code(net: Network) -> None:
    kind = TYPES[net.family][0] << 8 | 4
    allow = rule(1, RuleVerdict.ALLOW, INGRESS, protocol=net.icmp, ports=(kind, kind))
    node = Node(allow, isolated=[INGRESS])
    quoted = connection(net, net.peer).out("S")
    assert node.receive(error(net, net.peer, net.pod, quoted, code=4)).reason is Reason.NEW
    refused = node.receive(error(net, net.peer, net.pod, quoted, code=3))
    assert refused.reason is Reason.POLICY_DENIED


@both_families
@pytest.mark.parametrize("kind", [4, 5, 13, 100, 127, 143])
def test_other_messages_are_not_related_whatever_they_carry(net: Network, kind: int) -> None:
    if kind in TYPES[net.family]:
        kind = 200
    node = Node(isolated=[INGRESS])
    seen = connection(net, net.peer)
    node.send(seen.out("S"))
    message = error(net, net.peer, net.pod, seen.out("S"), icmp_type=kind)
    assert node.receive(message).reason is Reason.POLICY_DENIED


@both_families
def test_the_quoted_packet_has_to_be_the_pods_own(net: Network) -> None:
    """CT-9a: the flow is another pod's; this pod cannot speak of it, nor be spoken to."""
    node, seen = closed_node(), connection(net, net.peer)
    node.send(seen.out("S"))
    misdirected = error(net, net.peer, net.stranger, seen.out("S"))
    assert node.receive(misdirected).reason is Reason.POLICY_DENIED
    foreign = Connection(End(net.stranger, 40000), seen.far)
    forged = error(net, net.pod, net.peer, foreign.back("S"))
    assert node.send(forged).reason is Reason.POLICY_DENIED


@both_families
def test_an_error_does_not_quote_what_travelled_its_own_way(net: Network) -> None:
    node, seen = closed_node(), connection(net, net.peer)
    node.send(seen.out("S"))
    backwards = error(net, net.peer, net.pod, seen.back("SA"))
    assert node.receive(backwards).reason is Reason.POLICY_DENIED


@both_families
@pytest.mark.parametrize("kind", ALL_PROTOCOLS)
def test_a_quote_needs_the_ip_header_and_eight_bytes(net: Network, kind: int) -> None:
    node, seen = Node(isolated=[INGRESS]), connection(net, net.peer, kind=kind)
    node.send(seen.out("S"))
    header = HEADER_LENGTH[net.family]
    for length in (0, 1, header - 1, header, header + 7):
        short = error(net, net.peer, net.pod, seen.out("S"), length=length)
        assert node.receive(short).reason is Reason.POLICY_DENIED
    enough = error(net, net.peer, net.pod, seen.out("S"), length=header + 8)
    assert node.receive(enough).reason is Reason.RELATED


@both_families
def test_a_quote_ends_where_the_error_ends(net: Network) -> None:
    """Bytes behind the error's IP length are padding and no part of the quote."""
    node, seen = Node(isolated=[INGRESS]), connection(net, net.peer)
    node.send(seen.out("S"))
    whole = error(net, net.peer, net.pod, seen.out("S"))
    header = HEADER_LENGTH[net.family]
    cut = with_ip_payload(net, whole, 8 + header + 7)
    assert node.receive(cut).reason is Reason.POLICY_DENIED


@both_families
@pytest.mark.parametrize("length", [0, 1, 20, 60000])
def test_lengths_in_the_quoted_header_are_not_looked_at(net: Network, length: int) -> None:
    node, seen = Node(isolated=[INGRESS]), connection(net, net.peer)
    node.send(seen.out("S"))
    offset = ETHERNET_LENGTH + (2 if net.family is Family.IPV4 else 4)
    quoted = with_bytes(seen.out("S"), offset, length.to_bytes(2, "big"))
    assert node.receive(error(net, net.peer, net.pod, quoted)).reason is Reason.RELATED


@pytest.mark.parametrize(
    ("offset", "value"),
    [(14, b"\x65"), (14, b"\x44"), (14, b"\x4f")],
    ids=["version", "short-header", "header-beyond-the-quote"],
)
def test_a_quote_that_is_no_ipv4_packet_belongs_to_no_flow(offset: int, value: bytes) -> None:
    node, seen = Node(isolated=[INGRESS]), connection(IPV4, IPV4.peer)
    node.send(seen.out("S"))
    quoted = with_bytes(seen.out("S"), offset, value)
    assert node.receive(error(IPV4, IPV4.peer, IPV4.pod, quoted)).reason is Reason.POLICY_DENIED


def test_a_quote_that_is_no_ipv6_packet_belongs_to_no_flow() -> None:
    node, seen = Node(isolated=[INGRESS]), connection(IPV6, IPV6.peer)
    node.send(seen.out("S"))
    quoted = with_bytes(seen.out("S"), ETHERNET_LENGTH, b"\x40")
    assert node.receive(error(IPV6, IPV6.peer, IPV6.pod, quoted)).reason is Reason.POLICY_DENIED


def test_options_of_a_quoted_header_are_skipped() -> None:
    node, seen = Node(isolated=[INGRESS]), connection(IPV4, IPV4.peer)
    node.send(seen.out("S"))
    data = seen.out("S")
    head = with_bytes(data[: IPV4.transport], ETHERNET_LENGTH, b"\x46") + b"\x01\x01\x01\x00"
    longer = head + data[IPV4.transport :]
    assert node.receive(error(IPV4, IPV4.peer, IPV4.pod, longer)).reason is Reason.RELATED
    cut = error(IPV4, IPV4.peer, IPV4.pod, longer, length=31)
    assert node.receive(cut).reason is Reason.POLICY_DENIED


def behind_extension_headers(count: int) -> bytes:
    """The SYN of the connection behind destination options."""
    segment = connection(IPV6, IPV6.peer).out("S")[IPV6.transport :]
    chain = b"".join(
        bytes([TCP if number == count - 1 else 60, 0]) + bytes(6) for number in range(count)
    )
    return frame(IPV6.pod, IPV6.peer, chain + segment, 60)


@pytest.mark.parametrize(("count", "related"), [(1, True), (6, True), (7, False)])
def test_extension_headers_of_a_quote_are_walked_as_in_a_packet(count: int, related: bool) -> None:
    node = Node(isolated=[INGRESS])
    node.send(connection(IPV6, IPV6.peer).out("S"))
    message = error(IPV6, IPV6.peer, IPV6.pod, behind_extension_headers(count))
    wanted = Reason.RELATED if related else Reason.POLICY_DENIED
    assert node.receive(message).reason is wanted


def test_extension_headers_of_a_quote_are_part_of_the_header() -> None:
    node = Node(isolated=[INGRESS])
    node.send(connection(IPV6, IPV6.peer).out("S"))
    for length, wanted in (
        (41, Reason.POLICY_DENIED),
        (47, Reason.POLICY_DENIED),
        (55, Reason.POLICY_DENIED),
        (56, Reason.RELATED),
    ):
        quoted = behind_extension_headers(1)
        message = error(IPV6, IPV6.peer, IPV6.pod, quoted, length=length)
        assert node.receive(message).reason is wanted


def test_a_quoted_first_fragment_belongs_to_its_flow_and_a_later_one_to_none() -> None:
    node, seen = Node(isolated=[INGRESS]), connection(IPV4, IPV4.peer)
    node.send(seen.out("S"))
    for field, wanted in (
        (0x2000, Reason.RELATED),
        (0x2001, Reason.POLICY_DENIED),
        (0x0001, Reason.POLICY_DENIED),
    ):
        quoted = with_bytes(seen.out("S"), ETHERNET_LENGTH + 6, field.to_bytes(2, "big"))
        assert node.receive(error(IPV4, IPV4.peer, IPV4.pod, quoted)).reason is wanted


def test_the_same_goes_for_quoted_fragments_in_ipv6() -> None:
    node, seen = Node(isolated=[INGRESS]), connection(IPV6, IPV6.peer)
    node.send(seen.out("S"))
    segment = seen.out("S")[IPV6.transport :]
    for field, wanted in (
        (0x0000, Reason.RELATED),
        (0x0001, Reason.RELATED),
        (0x0009, Reason.POLICY_DENIED),
        (0x0008, Reason.POLICY_DENIED),
    ):
        header = bytes([TCP, 0]) + field.to_bytes(2, "big") + bytes(4)
        quoted = frame(IPV6.pod, IPV6.peer, header + segment, 44)
        assert node.receive(error(IPV6, IPV6.peer, IPV6.pod, quoted)).reason is wanted


@both_families
def test_an_error_about_an_error_belongs_to_no_flow(net: Network) -> None:
    node, seen = Node(isolated=[INGRESS]), connection(net, net.peer)
    node.send(seen.out("S"))
    first = error(net, net.pod, net.peer, seen.back("S"))
    assert node.receive(error(net, net.peer, net.pod, first)).reason is Reason.POLICY_DENIED


@both_families
def test_tcp_flags_and_data_offset_of_a_quote_are_not_looked_at(net: Network) -> None:
    node, seen = Node(isolated=[INGRESS]), connection(net, net.peer)
    node.send(seen.out("S"))
    quoted = with_bytes(seen.out("S"), net.transport + 12, b"\x00\xff")
    assert node.receive(error(net, net.peer, net.pod, quoted)).reason is Reason.RELATED


@both_families
def test_of_two_flows_an_error_belongs_to_the_open_one(net: Network) -> None:
    """Policy no longer allows the closed one; that is no concern of the error."""
    node, seen = Node(), connection(net, net.peer)
    node.run(seen, [">S", ">FA", "<FA", "<S"])
    handled = node.receive(error(net, net.peer, net.pod, seen.out("A")))
    assert handled.reason is Reason.RELATED
    assert len(node.flows) == 2
    assert {key.opener for key in node.flows} == set(Opener)


@both_families
def test_policy_changes_do_not_concern_errors(net: Network) -> None:
    node, seen = Node(), connection(net, net.peer)
    node.send(seen.out("S"))
    node.apply(rule(1, RuleVerdict.DENY, EGRESS), rule(2, RuleVerdict.DENY, INGRESS))
    before = node.table
    assert node.receive(error(net, net.peer, net.pod, seen.out("S"))).reason is Reason.RELATED
    assert node.table == before


@both_families
def test_an_error_to_a_service_that_quotes_a_gone_backend_finds_no_flow(net: Network) -> None:
    """CT-9c. The service address takes no other ICMP (LB-9)."""
    servers = [backend(1, End(net.backends[0], 8080))]
    node = Node(service(1, [frontend(net.service)], servers))
    client = connection(net, net.service)
    node.send(client.out("S"))
    message = error(net, net.pod, net.service, client.back("SA"))
    assert node.send(message, commit=False).reason is Reason.RELATED
    node.apply(service(1, [frontend(net.service)], [backend(2, End(net.backends[1], 8080))]))
    assert node.send(message).reason is Reason.NO_SERVICE


@both_families
def test_an_error_is_checked_for_its_own_source_like_any_packet(net: Network) -> None:
    node, seen = Node(), connection(net, net.peer)
    node.receive(seen.back("S"))
    spoofed = error(net, net.stranger, net.peer, seen.back("S"))
    assert node.send(spoofed).reason is Reason.INVALID_SOURCE
