"""Differences between two frames by Scapy's names; only frames that differ get here."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from harness.compare.difference import ABSENT, Difference, Kind

Fields = dict[str, Any]


def differing_packet_fields(expected: bytes, actual: bytes) -> Iterator[Difference]:
    """Fields that differ; bytes by offset where Scapy's view of both frames is the same."""
    wanted, got = layers(expected), layers(actual)
    found = [
        difference
        for name in [*wanted, *(name for name in got if name not in wanted)]
        for difference in differing_layer(name, wanted.get(name), got.get(name))
    ]
    yield from found or differing_bytes("frame", "", expected, actual)


def layers(frame: bytes) -> dict[str, Fields]:
    """Fields of every layer of a frame, by layer name; a second layer of a name gets a number."""
    from harness.packets import dissect  # noqa: PLC0415 - Scapy is slow to import

    result: dict[str, Fields] = {}
    for layer in dissect(frame):
        name = type(layer).__name__
        count = sum(1 for known in result if known.split("#")[0] == name)
        result[f"{name}#{count + 1}" if count else name] = dict(layer.fields)
    return result


def differing_layer(
    name: str, expected: Fields | None, actual: Fields | None
) -> Iterator[Difference]:
    """Differences of one layer; None where a frame does not have it."""
    if expected is None:
        yield Difference(Kind.BYTES, name, "layer", ABSENT, "present")
    elif actual is None:
        yield Difference(Kind.BYTES, name, "layer", "present", ABSENT)
    else:
        for field in [*expected, *(field for field in actual if field not in expected)]:
            wanted, got = expected.get(field, ABSENT), actual.get(field, ABSENT)
            if isinstance(wanted, bytes) and isinstance(got, bytes):
                yield from differing_bytes(name, f"{field} ", wanted, got)
            elif wanted != got:
                yield Difference(Kind.BYTES, name, field, wanted, got)


def differing_bytes(
    where: str, prefix: str, expected: bytes, actual: bytes
) -> Iterator[Difference]:
    """The lengths, and the first byte that differs; both by names that begin with `prefix`."""
    if len(expected) != len(actual):
        yield Difference(Kind.BYTES, where, f"{prefix}length", len(expected), len(actual))
    for offset, (wanted, got) in enumerate(zip(expected, actual, strict=False)):
        if wanted != got:
            field = f"{prefix}byte {offset}"
            yield Difference(Kind.BYTES, where, field, f"{wanted:#04x}", f"{got:#04x}")
            return
