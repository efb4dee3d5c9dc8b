"""A packet at a hook, and what becomes of it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import NamedTuple

from model.domain.event import Event, Hook


class Verdict(IntEnum):
    """What the hook returns."""

    PASS = 0
    DROP = 2
    REDIRECT = 7


class Context(NamedTuple):
    """Metadata that travels with a packet; the datapath leaves it alone but for PKT-9a."""

    mark: int = 0
    priority: int = 0
    control_block: tuple[int, int, int, int, int] = (0, 0, 0, 0, 0)


DEFAULT_CONTEXT = Context()


class Packet(NamedTuple):
    """A frame, Ethernet header included, at a hook of an interface."""

    hook: Hook
    interface: int
    data: bytes
    context: Context = DEFAULT_CONTEXT


@dataclass(slots=True)
class Outcome:
    """What one packet brought about, apart from state. Not frozen: every packet makes two.

    `redirect_interface` is 0 unless the verdict is REDIRECT. `data` is the frame afterwards; for
    a dropped packet it is the unchanged frame (CT-10), or left open (PKT-10). `fault` says what is
    wrong with the packet that no byte shows (a stale CHECKSUM_COMPLETE, PKT-8); verdict and frame
    are unknown then. What keeps to the specification has none.
    """

    verdict: Verdict
    data: bytes
    context: Context
    events: tuple[Event, ...] = ()
    redirect_interface: int = 0
    fault: str = ""
