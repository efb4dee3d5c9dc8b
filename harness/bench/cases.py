"""The cases of `twinpath bench packets`: what established and new connections cost."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from harness.bench import frames
from harness.bench.addresses import ADDRESSES
from harness.bench.case import REPEAT, Case, Floor, Goal
from harness.bench.drops import drops
from harness.bench.topology import BACKEND_PORT, DNS_PORT, POD_PORT, SERVICE_PORT
from harness.bench.traffic import CLIENT_PORT, FIRST_PORT, Traffic
from harness.bench.wrapper import Series
from model.domain.address import Family
from model.domain.configuration import Configuration, EventSwitches
from model.domain.packet import Packet
from model.domain.reason import Reason

TALKATIVE: Final = Configuration()
TRACED: Final = Configuration(events=EventSwitches(traces=True))
REPEAT_WITH_EVENTS: Final = 2_000
"""The ring holds as many; it is emptied between rounds. Beyond that the datapath would lose them,
which is cheaper."""

IDENTIFICATIONS: Final = 60_000
"""Datagrams with an id of their own, before the first one comes again."""

REFERENCES: Final = {
    "service-established": Goal(609, Floor.LOOKUP),
    "service-reply": Goal(361, Floor.LOOKUP),
    "egress-established": Goal(422, Floor.LOOKUP),
    "ingress-established": Goal(337, Floor.LOOKUP),
    "service-new": Goal(1787, Floor.INSERT),
    "egress-new": Goal(1186, Floor.INSERT),
    "ingress-new": Goal(1154, Floor.INSERT),
}
"""Measured with the best known datapath on this kind of machine, IPv4 (docs/performance.md)."""


def all_cases(most: int = REPEAT) -> Iterator[Case]:
    """Every case of both families, with so many packets a round at most."""
    for family in Family:
        for case in of_family(Traffic(ADDRESSES[family])):
            repeat = min(most, case.repeat)
            yield replace(case, goal=REFERENCES.get(case.name), repeat=repeat)


def of_family(traffic: Traffic) -> Iterator[Case]:
    """Every case of one family."""
    new = list(new_connections(traffic))
    yield from established(traffic)
    yield from new
    yield from datagrams(traffic)
    yield from errors(traffic)
    yield from fragments(traffic)
    yield from drops(traffic)
    for case in new:
        yield with_events(case, TALKATIVE, "events")
    first, *_ = established(traffic)
    yield with_events(first, TRACED, "trace")


def with_events(case: Case, configuration: Configuration, what: str) -> Case:
    """The same with events on."""
    return replace(
        case,
        name=f"{case.name}-{what}",
        configuration=configuration,
        lookups=0,
        repeat=min(REPEAT, REPEAT_WITH_EVENTS),
    )


def established(traffic: Traffic) -> Iterator[Case]:
    """Data on TCP connections. The look-ups: endpoint, selection or flow, flow."""
    family = traffic.addresses.family
    est, reply = Reason.ESTABLISHED, Reason.REPLY
    service = traffic.service_connection()
    yield Case("service-established", family, traffic.request("A"), est, service, lookups=3)
    yield Case("service-reply", family, traffic.answer("A"), reply, service, lookups=2)
    direct = traffic.direct("S"), traffic.direct_answer("SA"), traffic.direct("A")
    yield Case("egress-established", family, traffic.direct("A"), est, direct, lookups=2)
    yield Case("egress-reply", family, traffic.direct_answer("A"), reply, direct, lookups=2)
    visit = traffic.visit("S"), traffic.visit_answer("SA"), traffic.visit("A")
    yield Case("ingress-established", family, traffic.visit("A"), est, visit, lookups=2)
    yield Case("ingress-reply", family, traffic.visit_answer("A"), reply, visit, lookups=2)


def new_connections(traffic: Traffic) -> Iterator[Case]:
    """A first packet each time, from a port that was not used before."""
    addresses, family = traffic.addresses, traffic.addresses.family
    to_service = frames.tcp(FIRST_PORT, SERVICE_PORT, "S")
    to_remote = frames.tcp(FIRST_PORT, BACKEND_PORT, "S")
    from_remote = frames.tcp(FIRST_PORT, POD_PORT, "S")
    names = frames.udp(FIRST_PORT, DNS_PORT)
    leave, enter = traffic.leave, traffic.enter
    fresh = traffic.fresh_to_service()
    yield new("service-new", family, leave(addresses.service(1), to_service), fresh)
    yield new("udp-service-new", family, leave(addresses.service(1), names), fresh)
    fresh = traffic.fresh_to_remote()
    yield new("egress-new", family, leave(addresses.remote(1), to_remote), fresh)
    yield new("udp-egress-new", family, leave(addresses.remote(1), names), fresh)
    fresh = replace(fresh, port_offset=fresh.port_offset + frames.ICMP_IDENTIFIER)
    ping = frames.echo(addresses, FIRST_PORT)
    yield new("echo-new", family, leave(addresses.remote(1), ping), fresh)
    fresh = traffic.fresh_from_remote()
    yield new("ingress-new", family, enter(addresses.remote(1), from_remote), fresh)


def new(name: str, family: Family, packet: Packet, series: Series) -> Case:
    """A case of new connections."""
    return Case(name, family, packet, Reason.NEW, series=series)


def datagrams(traffic: Traffic) -> Iterator[Case]:
    """UDP, and an echo, of flows that are there."""
    addresses, family = traffic.addresses, traffic.addresses.family
    est, reply = Reason.ESTABLISHED, Reason.REPLY
    ask = traffic.leave(addresses.service(), frames.udp(CLIENT_PORT, DNS_PORT))
    told = traffic.enter(addresses.backend(), frames.udp(BACKEND_PORT, CLIENT_PORT))
    yield Case("udp-service-established", family, ask, est, (ask, told), lookups=3)
    yield Case("udp-service-reply", family, told, reply, (ask, told), lookups=2)
    direct = traffic.leave(addresses.remote(), frames.udp(CLIENT_PORT, DNS_PORT))
    yield Case("udp-egress-established", family, direct, est, (direct,), lookups=2)
    ping = traffic.leave(addresses.remote(), frames.echo(addresses, CLIENT_PORT))
    yield Case("echo-established", family, ping, est, (ping,), lookups=2)


def errors(traffic: Traffic) -> Iterator[Case]:
    """A router's error, which quotes a packet of a flow: translated back, or as it is."""
    addresses, family = traffic.addresses, traffic.addresses.family
    translated = traffic.leave(addresses.backend(), frames.tcp(CLIENT_PORT, BACKEND_PORT, "A")).data
    error = traffic.enter(addresses.router, frames.too_big(addresses, translated))
    opening = traffic.service_connection()
    yield Case("icmp-error-service", family, error, Reason.RELATED, opening)
    quoted = frames.too_big(addresses, traffic.direct("A").data)
    opening = traffic.direct("S"), traffic.direct_answer("SA")
    error = traffic.enter(addresses.router, quoted)
    yield Case("icmp-error-direct", family, error, Reason.RELATED, opening)


def fragments(traffic: Traffic) -> Iterator[Case]:
    """A datagram to a service in pieces: a first one with an id of its own, and a later one."""
    family = traffic.addresses.family
    first, later = traffic.first_fragment(), traffic.later_fragment()
    series = Series(IDENTIFICATIONS, IDENTIFICATIONS, frames.identification(traffic.addresses), 1)
    yield Case("fragment-first", family, first, Reason.ESTABLISHED, (first,), series)
    yield Case("fragment-later", family, later, Reason.ESTABLISHED, (first,))
