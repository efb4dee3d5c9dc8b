"""Bytes changed at random, and lengths at their boundaries (PKT-2, PKT-3, PKT-5)."""

from __future__ import annotations

from typing import Final

from harness.fuzz.generate import pool
from harness.fuzz.generate.dice import Dice
from model.domain.address import Family

INTERESTING: Final = (0, 1, 4, 5, 6, 7, 15, 16, 17, 44, 58, 64, 69, 96, 127, 128, 132, 136, 255)
WORDS: Final = (0, 1, 20, 21, 28, 40, 80, 255, 256, 0x2000, 0x1FFF, 0x7FFF, 0x8000, 0xFFFF)
DICTIONARY: Final = tuple(
    address
    for addresses in (pool.PODS, pool.REMOTE, pool.VIRTUAL, pool.NODES)
    for family in Family
    for address in addresses[family]
)
CUTS: Final = (14, 15, 18, 33, 34, 35, 41, 42, 46, 53, 54, 55, 61, 62, 66, 73, 74, 75)
"""Frame lengths around the ends of headers."""

LENGTH_AT: Final = {b"\x08\x00": 16, b"\x86\xdd": 18}
HEADER_BYTES: Final = 90
SHORTEST: Final = 14
LONG: Final = (1400, 3000, 9000, 15000)


def mutate(dice: Dice, frame: bytes) -> bytes:
    """The frame with one to three changes in its headers."""
    changed = bytearray(frame)
    for _ in range(dice.pick((1, 1, 2, 3))):
        change_once(dice, changed)
    return bytes(changed)


def change_once(dice: Dice, frame: bytearray) -> None:
    """One change; the length stays."""
    kind = dice.below(5)
    limit = min(len(frame), HEADER_BYTES)
    at = 12 + dice.below(limit - 12)
    if kind == 0:
        frame[at] ^= 1 << dice.below(8)
    elif kind == 1:
        frame[at] = dice.pick(INTERESTING)
    elif kind == 2:
        frame[at] = frame[at] + dice.pick((1, -1)) & 0xFF
    elif kind == 3:
        put(frame, at, dice.pick(WORDS).to_bytes(2, "big"))
    else:
        put(frame, dice.pick((22, 26, 30, 38)), dice.pick(DICTIONARY))


def put(frame: bytearray, at: int, data: bytes) -> None:
    """Write data over a frame, as far as it goes."""
    room = max(len(frame) - at, 0)
    frame[at : at + min(room, len(data))] = data[:room]


def resize(dice: Dice, frame: bytes) -> bytes:
    """A frame that is cut or padded, or whose IP length says something else."""
    kind = dice.below(5)
    if kind == 0:
        return frame[: max(dice.pick(CUTS), SHORTEST)]
    if kind == 1:
        return frame[: max(len(frame) - dice.between(1, 12), SHORTEST)]
    if kind == 2:
        return frame + bytes(dice.between(1, 20))
    at = LENGTH_AT.get(frame[12:14])
    if at is None or len(frame) < at + 2:
        return frame
    if kind == 3 and dice.chance(0.05):
        return frame + bytes(dice.pick(LONG))
    length = int.from_bytes(frame[at : at + 2], "big") - dice.between(-2, 24)
    return frame[:at] + (length & 0xFFFF).to_bytes(2, "big") + frame[at + 2 :]
