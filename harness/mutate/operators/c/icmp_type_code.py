"""ICMP's type taken for its code, and one type for another."""

from harness.mutate.operator import Example
from harness.mutate.renaming import c_renaming

OTHERS = {
    b"type": (b"code",),
    b"code": (b"type",),
    b"ICMP_TYPE_ECHO_REPLY": (b"ICMP_TYPE_ECHO_REQUEST",),
    b"ICMP_TYPE_ECHO_REQUEST": (b"ICMP_TYPE_ECHO_REPLY",),
    b"ICMPV6_TYPE_ECHO_REPLY": (b"ICMPV6_TYPE_ECHO_REQUEST",),
    b"ICMPV6_TYPE_ECHO_REQUEST": (b"ICMPV6_TYPE_ECHO_REPLY",),
    b"PROTOCOL_ICMP": (b"PROTOCOL_ICMPV6",),
    b"PROTOCOL_ICMPV6": (b"PROTOCOL_ICMP",),
}

OPERATOR = c_renaming(
    "icmp-type-code",
    "ICMP type taken for code, or one type for another",
    (
        Example(
            "int f(void) { return icmp->type << 8 | icmp->code; }",
            "int f(void) { return icmp->code << 8 | icmp->code; }",
        ),
    ),
    OTHERS,
)
