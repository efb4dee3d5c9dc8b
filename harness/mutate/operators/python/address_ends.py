"""Source and destination swapped, endpoint and peer swapped."""

from harness.mutate.operator import Example
from harness.mutate.renaming import python_renaming

OPPOSITE = {
    "source": ("destination",),
    "destination": ("source",),
    "endpoint_address": ("peer_address",),
    "peer_address": ("endpoint_address",),
}

OPERATOR = python_renaming(
    "address-ends",
    "source and destination, or endpoint and peer, swapped",
    (Example("key = Key(view.source)", "key = Key(view.destination)"),),
    OPPOSITE,
)
