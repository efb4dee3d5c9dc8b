"""Another table than the one that is meant."""

from harness.mutate.operator import Example
from harness.mutate.renaming import python_renaming

OTHERS = {
    "conntrack": ("affinities",),
    "affinities": ("datagrams",),
    "datagrams": ("affinities",),
    "event_window": ("reject_window",),
    "reject_window": ("event_window",),
}

OPERATOR = python_renaming(
    "wrong-map",
    "wrong table",
    (Example("x = state.event_window", "x = state.reject_window"),),
    OTHERS,
)
