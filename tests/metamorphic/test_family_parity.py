"""The same traffic in IPv4 and in IPv6 meets the same fate and leaves the same behind."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from typing import Any

from harness.datapath.subject import KernelSubject
from model.domain.address import Family, parse_address
from model.domain.protocol import ICMP, ICMPV6
from tests.metamorphic.conftest import Plant
from tests.metamorphic.fault import Fault
from tests.metamorphic.pod import Pod, Seen
from tests.metamorphic.scripts import scripts
from tests.metamorphic.search import holds, is_refuted
from tests.model.builder import IPV4, IPV6, Network
from tests.model.traffic import LOOPBACK, ROUTER, Action

LENGTHS = ("opener_bytes", "reply_bytes")
"""Headers of the two families differ in length."""

TYPES = {128 << 8: 8 << 8, 129 << 8: 0, 1 << 8: 3 << 8}
"""Types of ICMPv6 and their counterparts in ICMP, as ports (CT-8)."""


def roles(net: Network) -> dict[bytes, str]:
    """What each address is to the pod."""
    named = {name: getattr(net, name) for name in ("pod", "peer", "service", "other_service")}
    named |= {f"backend {index}": address for index, address in enumerate(net.backends)}
    named |= {"loopback": LOOPBACK[net.family], "router": ROUTER[net.family]}
    return {parse_address(address): role for role, address in named.items()}


def in_words(value: Any, names: dict[bytes, str]) -> Any:
    """A domain value without what is peculiar to a family."""
    if isinstance(value, bytes):
        return names[value] if value else ""
    if isinstance(value, tuple) and hasattr(value, "_asdict"):
        return in_common(value._asdict(), names)
    if is_dataclass(value):
        named = {field.name: getattr(value, field.name) for field in fields(value)}
        return in_common({k: v for k, v in named.items() if k not in LENGTHS}, names)
    return value


def in_common(named: dict[str, Any], names: dict[bytes, str]) -> tuple[tuple[str, Any], ...]:
    if named.get("protocol") == ICMPV6:
        named["protocol"] = ICMP
        for port in ("peer_port", "destination_port"):
            if port in named:
                named[port] = TYPES[named[port]]
    return tuple((name, in_words(one, names)) for name, one in named.items())


def told(net: Network, seen: list[Seen | None]) -> list[Any]:
    """What became of each packet, but for its bytes."""
    names = roles(net)
    return [
        one
        and (
            one.reason,
            one.verdict,
            one.redirect_interface,
            [in_words(event, names) for event in one.events],
        )
        for one in seen
    ]


def left_behind(pod: Pod) -> list[Any]:
    names = roles(pod.net)
    state = pod.state
    tables = (state.conntrack, state.affinities, state.datagrams)
    entries = [
        {in_words(key, names): in_words(value, names) for key, value in table.items()}
        for table in tables
    ]
    counters = {key: counter.packets for key, counter in state.counters.items()}
    return [*entries, counters, state.event_window, state.reject_window]


def run(subject: KernelSubject, net: Network, script: list[Action]) -> tuple[Any, Any]:
    pod = Pod(subject, net)
    return told(net, pod.run(script)), left_behind(pod)


def parity(subject: KernelSubject, script: list[Action]) -> None:
    assert run(subject, IPV4, script) == run(subject, IPV6, script)


def test_both_families_agree(shipped: KernelSubject) -> None:
    holds(lambda script: parity(shipped, script), scripts())


def test_a_fault_in_one_family_is_seen(planted: Plant) -> None:
    fault = Fault(
        "conntrack.h",
        "wide ? ICMPV6_TYPE_ECHO_REQUEST",
        "wide ? ICMPV6_TYPE_ECHO_REPLY",
        "an echo reply in IPv6 answers no request",
    )
    faulty = planted(fault)
    is_refuted(lambda script: parity(faulty, script), scripts())


def test_families_have_the_same_roles() -> None:
    assert sorted(roles(IPV4).values()) == sorted(roles(IPV6).values())
    assert {Family.IPV4, Family.IPV6} == {IPV4.family, IPV6.family}
