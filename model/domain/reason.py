"""Why a packet was forwarded or dropped: one reason per packet (OBS-1).

The numbers are part of the specification and stay for ever.
"""

from __future__ import annotations

from enum import IntEnum


class Reason(IntEnum):
    """Reason of a verdict, numbered as in docs/specification.md."""

    __hash__ = int.__hash__  # in every key: enum's own is a Python function

    UNTRACKED = 1
    NEW = 2
    ESTABLISHED = 3
    REPLY = 4
    RELATED = 5
    REASSEMBLY = 6
    UNKNOWN_L3 = 32
    INVALID_HEADER = 33
    INVALID_EXTENSION_HEADER = 34
    INVALID_L4_HEADER = 35
    INVALID_TCP_FLAGS = 36
    UNKNOWN_ENDPOINT = 37
    INVALID_SOURCE = 38
    MID_STREAM = 39
    CONNTRACK_CREATE_FAILED = 40
    NO_SERVICE = 41
    NO_BACKEND = 42
    UNSUPPORTED = 43
    NO_TRANSLATION_DATA = 44
    TUPLE_CLASH = 45
    POLICY_DENIED = 46
    POLICY_REVOKED = 47
    FRAGMENT_NOT_FOUND = 48
    INVALID_FRAGMENT = 49
    REWRITE_FAILED = 50
    REJECTED = 51

    @property
    def is_drop(self) -> bool:
        """Whether the packet itself does not go on."""
        return self >= Reason.UNKNOWN_L3

    @property
    def is_late(self) -> bool:
        """Whether it drops a packet when its frame may have been changed already (PKT-10)."""
        return self in {Reason.REWRITE_FAILED, Reason.CONNTRACK_CREATE_FAILED}
