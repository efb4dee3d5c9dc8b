"""Another map than the one that is meant."""

from harness.mutate.operator import Example
from harness.mutate.renaming import c_renaming

FAMILIES = (b"conntrack", b"frontends", b"affinities", b"addresses", b"prefixes", b"datagrams")
OTHERS = {
    **{name + b"_ipv4": (name + b"_ipv6",) for name in FAMILIES},
    **{name + b"_ipv6": (name + b"_ipv4",) for name in FAMILIES},
    b"eligible_backends": (b"maglev_tables",),
    b"maglev_tables": (b"eligible_backends",),
    b"WINDOW_EVENTS": (b"WINDOW_REJECTS",),
    b"WINDOW_REJECTS": (b"WINDOW_EVENTS",),
}

OPERATOR = c_renaming(
    "wrong-map",
    "wrong map",
    (
        Example(
            "void *f(void) { return map_lookup(conntrack_ipv4, key); }",
            "void *f(void) { return map_lookup(conntrack_ipv6, key); }",
        ),
    ),
    OTHERS,
)
