"""Ports of the two ends swapped."""

from harness.mutate.operator import Example
from harness.mutate.renaming import python_renaming

OPPOSITE = {
    "source_port": ("destination_port",),
    "destination_port": ("source_port",),
    "endpoint_port": ("peer_port",),
    "peer_port": ("endpoint_port",),
}

OPERATOR = python_renaming(
    "ports",
    "ports swapped",
    (Example("port = view.source_port", "port = view.destination_port"),),
    OPPOSITE,
)
