"""Fragments of packets, cut as RFC 791 and RFC 8200 say."""

from __future__ import annotations

from model.domain.address import Family
from tests.model.builder import ETHERNET_LENGTH, Network, with_bytes, with_ip_payload

IDENTIFICATION = 0xBEEF
FRAGMENT_HEADER = 44


def piece(
    net: Network,
    whole: bytes,
    offset: int,
    length: int | None,
    *,
    more: bool,
    identification: int = IDENTIFICATION,
) -> bytes:
    """A fragment of a packet: `length` bytes of its IP payload from `offset` on."""
    head, payload = whole[: net.transport], whole[net.transport :][offset:]
    payload = payload[:length]
    if net.family is Family.IPV4:
        field = offset // 8 | (0x2000 if more else 0)
        head = with_bytes(head, ETHERNET_LENGTH + 4, identification.to_bytes(2, "big"))
        head = with_bytes(head, ETHERNET_LENGTH + 6, field.to_bytes(2, "big"))
        return with_ip_payload(net, head + payload, len(payload))
    protocol = head[ETHERNET_LENGTH + 6]
    header = bytes([protocol, 0]) + (offset | more).to_bytes(2, "big")
    header += identification.to_bytes(4, "big")
    head = with_bytes(head, ETHERNET_LENGTH + 6, bytes([FRAGMENT_HEADER]))
    return with_ip_payload(net, head + header + payload, len(header) + len(payload))


def first_fragment(net: Network, whole: bytes, length: int = 48, **options: int) -> bytes:
    """The first bytes of the IP payload."""
    return piece(net, whole, 0, length, more=True, **options)


def middle_fragment(net: Network, whole: bytes, **options: int) -> bytes:
    """What follows 48 bytes, but not to the end."""
    return piece(net, whole, 48, 48, more=True, **options)


def last_fragment(net: Network, whole: bytes, **options: int) -> bytes:
    """What follows 96 bytes."""
    return piece(net, whole, 96, None, more=False, **options)


def fragments(net: Network, whole: bytes) -> list[bytes]:
    """A packet of more than 96 bytes of IP payload in three fragments, in order."""
    return [first_fragment(net, whole), middle_fragment(net, whole), last_fragment(net, whole)]
