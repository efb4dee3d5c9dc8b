"""Bytes that no clause reads decide nothing, and pass through as they came (PKT-9)."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

import pytest
from hypothesis import strategies as st

from harness.datapath.subject import KernelSubject
from model.domain.address import Family
from model.domain.event import Event
from model.domain.packet import Context, Verdict
from model.domain.protocol import TCP, UDP
from model.domain.reason import Reason
from model.domain.state import State
from tests.metamorphic.conftest import Plant
from tests.metamorphic.fault import Fault
from tests.metamorphic.pod import Pod, Seen
from tests.metamorphic.scripts import scripts
from tests.metamorphic.search import holds, is_refuted
from tests.model.builder import ETHERNET_LENGTH, IPV4, IPV6, Network
from tests.model.traffic import Action, Complain, Speak

MASK = 0xFF
FLAGS_UNREAD = 0xC8
"""CWR, ECE and PSH (PKT-6)."""

LINK = dict.fromkeys(range(12), MASK)
HEADER = {
    Family.IPV4: {15: MASK, 22: MASK, 24: MASK, 25: MASK},
    Family.IPV6: {14: 0x0F, 15: MASK, 16: MASK, 17: MASK, 21: MASK},
}
"""Bits of the IP header: type of service, time to live, header checksum; class, label, hops."""

TRANSPORT = {
    TCP: {4 + byte: MASK for byte in range(8)}
    | {13: FLAGS_UNREAD}
    | {14 + byte: MASK for byte in range(6)},
    UDP: {4: MASK, 5: MASK},
}
"""Bits behind the ports: numbers, window, checksum, urgent pointer; UDP's length."""

SUMS = {TCP: (16, 17)}
ECHO_UNREAD = {2: MASK, 3: MASK, 6: MASK, 7: MASK}
REPLACED = (Reason.REJECTED,)

Told = tuple[Reason, Verdict, int, tuple[Event, ...]]
"""Reason, verdict, interface of a redirect and events: what no unread byte decides."""


@dataclass(frozen=True)
class Noise:
    """A script, and the seed of what its packets carry besides."""

    net: Network
    script: list[Action]
    seed: int


noises = st.builds(Noise, st.sampled_from([IPV4, IPV6]), scripts(), st.integers(0, 2**32))


def unread(net: Network, action: Action) -> dict[int, int]:
    """Offsets in an action's frame of bytes that nothing reads, and which bits of them."""
    bits = LINK | HEADER[net.family]
    if not isinstance(action, Speak) or action.part != "whole":
        return bits
    transport = TRANSPORT.get(action.kind, ECHO_UNREAD)
    return bits | {net.transport + offset: mask for offset, mask in transport.items()}


def with_noise(data: bytes, bits: dict[int, int], random: Random) -> bytes:
    """The frame with other values in some bits."""
    noisy = bytearray(data)
    for offset, mask in bits.items():
        noisy[offset] ^= random.getrandbits(8) & mask
    return bytes(noisy)


def any_context(random: Random) -> Context:
    words = [random.getrandbits(32) for _ in range(7)]
    return Context(words[0], words[1], (words[2], words[3], words[4], words[5], words[6]))


def told(seen: Seen | None) -> Told | None:
    if seen is None:
        return None
    return seen.reason, seen.verdict, seen.redirect_interface, seen.events


def plain(subject: KernelSubject, noise: Noise) -> tuple[list[Told | None], State]:
    pod = Pod(subject, noise.net)
    return [told(seen) for seen in pod.run(noise.script)], pod.state


def noisy(subject: KernelSubject, noise: Noise) -> tuple[list[Told | None], State]:
    pod, random = Pod(subject, noise.net), Random(noise.seed)  # noqa: S311 - no secret
    result: list[Told | None] = []
    for action in noise.script:
        data = pod.frame_of(action)
        if data is None:
            pod.act(action)
            result.append(None)
            continue
        bits = unread(noise.net, action)
        data, context = with_noise(data, bits, random), any_context(random)
        seen = pod.act(action, data, context)
        assert seen is not None
        result.append(told(seen))
        check_passage(noise.net, action, data, context, seen)
    return result, pod.state


def check_passage(net: Network, action: Action, data: bytes, context: Context, seen: Seen) -> None:
    """Nothing that was not read has been changed either; word 4 names a redirect (PKT-9a)."""
    redirected = bool(seen.redirect_interface)
    words = 4 if redirected else 5
    assert seen.context[:2] == context[:2]
    assert seen.context.control_block[:words] == context.control_block[:words]
    if seen.reason in REPLACED:
        return
    sums = {24, 25} if net.family is Family.IPV4 else set()
    if isinstance(action, Speak):
        sums |= {net.transport + offset for offset in SUMS.get(action.kind, ())}
    for offset, mask in unread(net, action).items():
        if offset not in sums and not (redirected and offset < ETHERNET_LENGTH):
            assert (seen.data[offset] ^ data[offset]) & mask == 0, f"byte {offset}"


def unread_bytes_decide_nothing(subject: KernelSubject, noise: Noise) -> None:
    assert noisy(subject, noise) == plain(subject, noise)


@pytest.mark.clause(hits=["PKT-2a", "PKT-9"])
def test_unread_bytes_decide_nothing(shipped: KernelSubject) -> None:
    holds(lambda noise: unread_bytes_decide_nothing(shipped, noise), noises)


def test_a_fault_that_reads_too_much_is_seen(planted: Plant) -> None:
    fault = Fault(
        "l4.h",
        "(flags & TCP_FLAGS_CHECKED)",
        "(flags & (TCP_FLAGS_CHECKED | TCP_PSH))",
        "a SYN with PSH is taken for one that no TCP sends",
    )
    faulty = planted(fault)
    is_refuted(lambda noise: unread_bytes_decide_nothing(faulty, noise), noises)


def test_errors_quote_noise_as_well() -> None:
    """The offsets are those of a frame without options; an error has no ports."""
    assert unread(IPV4, Complain()) == LINK | HEADER[Family.IPV4]
    assert max(unread(IPV6, Speak(True, "peer", TCP))) == IPV6.transport + 19
