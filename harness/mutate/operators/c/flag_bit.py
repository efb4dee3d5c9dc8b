"""A state bit that is not set, not reset, or another one."""

from __future__ import annotations

from collections.abc import Iterator

from harness.mutate.c_source import CSource
from harness.mutate.operator import Example, Operator, Replacement

OTHERS = {
    b"ENTRY_ESTABLISHED": (b"ENTRY_PICKED_UP",),
    b"ENTRY_OPENER_CLOSING": (b"ENTRY_REPLY_CLOSING",),
    b"ENTRY_REPLY_CLOSING": (b"ENTRY_OPENER_CLOSING",),
    b"ENTRY_PICKED_UP": (b"ENTRY_ESTABLISHED",),
    b"ENTRY_CLOSED": (b"ENTRY_OPENER_CLOSING",),
    b"ENTRY_LOAD_BALANCED": (b"ENTRY_HAIRPIN",),
    b"ENTRY_HAIRPIN": (b"ENTRY_LOAD_BALANCED",),
    b"ENTRY_SELECTION": (b"ENTRY_LOAD_BALANCED",),
    b"TCP_FIN": (b"TCP_RST",),
    b"TCP_SYN": (b"TCP_FIN",),
    b"TCP_RST": (b"TCP_FIN",),
    b"TCP_ACK": (b"TCP_SYN",),
    b"TCP_URG": (b"TCP_PSH",),
    b"ENDPOINT_HAS_IPV4": (b"ENDPOINT_HAS_IPV6",),
    b"ENDPOINT_HAS_IPV6": (b"ENDPOINT_HAS_IPV4",),
    b"ENDPOINT_ISOLATED_EGRESS": (b"ENDPOINT_ISOLATED_INGRESS",),
    b"ENDPOINT_ISOLATED_INGRESS": (b"ENDPOINT_ISOLATED_EGRESS",),
    b"BACKEND_LOCAL": (b"BACKEND_SERVING",),
    b"BACKEND_SERVING": (b"BACKEND_LOCAL",),
    b"BACKEND_ACTIVE": (b"BACKEND_TERMINATING",),
    b"BACKEND_TERMINATING": (b"BACKEND_QUARANTINED",),
    b"BACKEND_QUARANTINED": (b"BACKEND_TERMINATING",),
    b"EVENT_SWITCH_SELECTIONS": (b"EVENT_SWITCH_DROPS",),
    b"EVENT_SWITCH_POLICY_VERDICTS": (b"EVENT_SWITCH_SELECTIONS",),
    b"EVENT_SWITCH_DROPS": (b"EVENT_SWITCH_POLICY_VERDICTS",),
    b"EVENT_SWITCH_TRACES": (b"EVENT_SWITCH_DROPS",),
    b"IPV4_MORE_FRAGMENTS": (b"IPV4_DONT_FRAGMENT",),
    b"FRAGMENT_FIRST": (b"FRAGMENT_LATER",),
    b"FRAGMENT_LATER": (b"FRAGMENT_FIRST",),
}


def find(source: CSource) -> Iterator[Replacement]:
    """Bits taken for others; bits that are neither set nor reset."""
    yield from source.renamed(OTHERS)
    for place in source.walk("assignment_expression"):
        sign = source.text(place.part("operator"))
        if sign in (b"|=", b"&="):
            nothing = b"0" if sign == b"|=" else b"~0"
            yield source.replace(place.part("right"), nothing)


OPERATOR = Operator(
    "flag-bit",
    "state bit not set, not reset, or another",
    (
        Example("void f(void) { flags |= ENTRY_CLOSED; }", "void f(void) { flags |= 0; }"),
        Example("void f(void) { flags &= ~ENTRY_PICKED_UP; }", "void f(void) { flags &= ~0; }"),
        Example(
            "int f(void) { return flags & ENTRY_HAIRPIN; }",
            "int f(void) { return flags & ENTRY_LOAD_BALANCED; }",
        ),
    ),
    find,
)
