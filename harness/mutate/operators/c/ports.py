"""Ports of the two ends swapped."""

from harness.mutate.operator import Example
from harness.mutate.renaming import c_renaming

OPPOSITE = {
    b"source_port": (b"destination_port",),
    b"destination_port": (b"source_port",),
    b"endpoint_port": (b"peer_port",),
    b"peer_port": (b"endpoint_port",),
    b"old_port": (b"port",),
}

OPERATOR = c_renaming(
    "ports",
    "ports swapped",
    (
        Example(
            "void f(void) { tuple->peer_port = packet->source_port; }",
            "void f(void) { tuple->endpoint_port = packet->source_port; }",
        ),
    ),
    OPPOSITE,
)
