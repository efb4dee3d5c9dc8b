"""A state that is not set, not reset, or another one."""

from harness.mutate.operator import Example
from harness.mutate.renaming import python_renaming

OTHERS = {
    "established": ("picked_up",),
    "picked_up": ("established",),
    "opener_closing": ("reply_closing",),
    "reply_closing": ("opener_closing",),
    "load_balanced": ("hairpin",),
    "hairpin": ("load_balanced",),
    "FIN": ("RST",),
    "SYN": ("FIN",),
    "RST": ("FIN",),
    "ACK": ("SYN",),
    "URG": ("SYN",),
    "ACTIVE": ("TERMINATING",),
    "TERMINATING": ("QUARANTINED",),
    "QUARANTINED": ("TERMINATING",),
    "internal_local": ("external_local",),
    "external_local": ("internal_local",),
    "opener_packets": ("reply_packets",),
    "opener_bytes": ("reply_bytes",),
    "reply_packets": ("opener_packets",),
    "reply_bytes": ("opener_bytes",),
}

OPERATOR = python_renaming(
    "flag-bit",
    "state taken for another",
    (Example("x = flow.opener_closing", "x = flow.reply_closing"),),
    OTHERS,
)
