"""The checksum of SCTP (RFC 9260, appendix A): CRC-32C, lowest bit first."""

from __future__ import annotations

from typing import Final

POLYNOMIAL: Final = 0x82F63B78
ALL_ONES: Final = 0xFFFFFFFF


def remainder(value: int) -> int:
    """What a byte leaves behind."""
    for _ in range(8):
        value = value >> 1 ^ (POLYNOMIAL if value & 1 else 0)
    return value


TABLE: Final = tuple(remainder(value) for value in range(256))


def crc32c(data: bytes) -> bytes:
    """The checksum as it stands in the packet, of data whose checksum field is 0."""
    total = ALL_ONES
    for byte in data:
        total = total >> 8 ^ TABLE[(total ^ byte) & 0xFF]
    return (total ^ ALL_ONES).to_bytes(4, "little")
