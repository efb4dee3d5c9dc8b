"""Differences between two frames by Scapy's names; only frames that differ get here."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from harness.compare.difference import ABSENT, Difference, Kind


def differing_packet_fields(expected: bytes, actual: bytes) -> Iterator[Difference]:
    """Fields that differ; bytes by offset where Scapy's view of both frames is the same."""
    found = False
    wanted, got = layers(expected), layers(actual)
    for name, wanted_fields in wanted.items():
        got_fields = got.get(name, {})
        for field_name, value in wanted_fields.items():
            other = got_fields.get(field_name, ABSENT)
            if value != other:
                found = True
                yield Difference(Kind.BYTES, name, field_name, value, other)
    for name in got:
        if name not in wanted:
            found = True
            yield Difference(Kind.BYTES, name, "layer", ABSENT, "present")
    if not found:
        yield from differing_bytes(expected, actual)


def layers(frame: bytes) -> dict[str, dict[str, Any]]:
    """Fields of every layer of a frame, by layer name; a second layer of a name gets a number."""
    from harness.packets import dissect  # noqa: PLC0415 - Scapy is slow to import

    result: dict[str, dict[str, Any]] = {}
    for layer in dissect(frame):
        name = type(layer).__name__
        count = sum(1 for known in result if known.split("#")[0] == name)
        result[f"{name}#{count + 1}" if count else name] = dict(layer.fields)
    return result


def differing_bytes(expected: bytes, actual: bytes) -> Iterator[Difference]:
    """The first byte that differs, and the lengths."""
    if len(expected) != len(actual):
        yield Difference(Kind.BYTES, "frame", "length", len(expected), len(actual))
    for offset, (wanted, got) in enumerate(zip(expected, actual, strict=False)):
        if wanted != got:
            yield Difference(Kind.BYTES, "frame", f"byte {offset}", f"{wanted:#04x}", f"{got:#04x}")
            return
