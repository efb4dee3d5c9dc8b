"""A record of a capture, and the file that it is read from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import BinaryIO, Final

LARGEST_RECORD: Final = 256 << 10
"""Bytes; libpcap's own limit on the length of a packet."""


@dataclass(frozen=True, slots=True)
class Record:
    """One captured packet.

    `number` counts from 1 as other tools do, `offset` is its first byte in the (unpacked) file,
    `time` is in nanoseconds since 1970, `length` is what the packet had on the wire.
    """

    number: int
    offset: int
    time: int
    link_type: int
    data: bytes
    length: int

    @property
    def is_cut(self) -> bool:
        """Whether the capture holds less than the whole packet."""
        return len(self.data) < self.length


class Source:
    """A file that is read forwards, with its position; nothing is ever held but one record."""

    def __init__(self, path: str, file: BinaryIO) -> None:
        self.path = path
        self.position = 0
        self._file = file

    def read(self, count: int) -> bytes:
        """So many bytes, fewer at the end of the file."""
        data = self._file.read(count)
        self.position += len(data)
        return data
