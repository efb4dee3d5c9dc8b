"""Packet steps: where a packet goes in, what it is, how it is damaged, what comes with it."""

from __future__ import annotations

import re
from functools import partial
from typing import Final

from harness.scenario.address import resolve_address
from harness.scenario.document import Node, Scalar
from harness.scenario.endpoint import find_endpoint
from harness.scenario.error import FormatError, shown
from harness.scenario.expectation import read_expectation
from harness.scenario.files import beside
from harness.scenario.notation.build import Surroundings, build_frame
from harness.scenario.notation.expression import Layer, parse_layers
from harness.scenario.notation.values import Resolve
from harness.scenario.reading import Fields, integer, listing, mapping, scalar, text
from harness.scenario.scope import Scope
from harness.step import PacketStep
from model.domain.event import Hook
from model.domain.packet import Context, Packet

SOURCES: Final = ("packet", "hex", "capture")
DAMAGE: Final = ("set", "truncate", "cut", "pad")
CONTEXT: Final = ("mark", "priority", "cb")
KEYS: Final = ("from", "to", *SOURCES, "record", *DAMAGE, *CONTEXT, "note", "expect")
HOOKS: Final = {"from": Hook.FROM_CONTAINER, "to": Hook.TO_CONTAINER}

LONGEST_FRAME: Final = 256 << 10
SHORTEST_FRAME: Final = 14
WORD: Final = integer(0, 0xFFFFFFFF)
BYTE: Final = integer(0, 0xFF)
INTERFACE: Final = integer(1, 0x7FFFFFFF)
RECORD: Final = integer(1, 1 << 32)
CONTROL_BLOCK_WORDS: Final = 5
LONGEST_NOTE: Final = 200


def read_packet_step(scope: Scope, given: Fields, origin: str) -> PacketStep:
    """A packet at a hook of an endpoint."""
    side = given.only_one(HOOKS)
    interface, own = read_place(scope, given.required(side, scalar))
    source = given.only_one(SOURCES)
    if "record" in given and source != "capture":
        raise FormatError(given.value("record").place, "'record' without 'capture'", "remove it")
    layers: tuple[Layer, ...] = ()
    if source == "packet":
        word = given.required("packet", scalar)
        layers = parse_layers(word)
        surroundings = Surroundings(HOOKS[side], interface, own, scope.family, resolve_in(scope))
        frame = build_frame(word, layers, surroundings)
    else:
        frame = read_frame(scope, given, source)
    frame = damaged(given, frame)
    packet = Packet(HOOKS[side], interface, frame, read_context(given))
    expectation = None
    if "expect" in given:
        expectation = read_expectation(scope, given.value("expect"), layers)
    return PacketStep(packet, origin, given.optional("note", read_note, ""), expectation)


def read_place(scope: Scope, word: Scalar) -> tuple[int, str | None]:
    """The interface index, and the name of the endpoint there if it was given by name."""
    if word.text[:1].isdigit():
        return INTERFACE(word), None
    return find_endpoint(scope.registry, word).interface, word.text


def resolve_in(scope: Scope) -> Resolve:
    """Resolves the addresses in a packet's text."""
    return partial(resolve_address, scope.registry)


def read_frame(scope: Scope, given: Fields, source: str) -> bytes:
    """A whole frame, in hexadecimal or out of a capture."""
    if scope.translated and "only" not in given:
        problem = f"{source} in a scenario of both families"
        raise FormatError(given.node.place, problem, "add `only: ipv4` or `only: ipv6`")
    if source == "hex":
        return read_hex(given.required("hex", scalar))
    from harness.capture.frame import frame_of_capture  # noqa: PLC0415 - rarely needed

    word = given.required("capture", scalar)
    record = given.required("record", RECORD)
    path = beside(scope.file, word)
    try:
        return frame_of_capture(path, record)
    except FormatError as error:
        raise FormatError(word.place, f"{path.name}: {error.problem}", error.remedy) from None


def read_hex(word: Scalar) -> bytes:
    """Bytes in hexadecimal; blanks between them do not matter."""
    digits = "".join(word.text.split())
    if not re.fullmatch(r"([0-9a-fA-F]{2})*", digits):
        raise FormatError(word.place, f"{shown(word.text)} is not hexadecimal", "write 0a1b ...")
    return bytes.fromhex(digits)


def damaged(given: Fields, frame: bytes) -> bytes:
    """The frame with bytes set, cut and padded, in this order."""
    changed = bytearray(frame)
    if "set" in given:
        table = mapping(given.value("set"))
        for key, value in table.entries.items():
            offset = integer(0, max(len(frame) - 1, 0))(table.keys[key])
            changed[offset] = BYTE(value)
    if "truncate" in given:
        del changed[given.required("truncate", integer(SHORTEST_FRAME, len(frame))) :]
    if "cut" in given:
        remaining = len(changed) - SHORTEST_FRAME
        del changed[len(changed) - given.required("cut", integer(1, remaining)) :]
    changed += bytes(given.optional("pad", integer(0, LONGEST_FRAME), 0))
    if not SHORTEST_FRAME <= len(changed) <= LONGEST_FRAME:
        problem = f"a frame of {len(changed)} bytes"
        remedy = f"frames have {SHORTEST_FRAME} to {LONGEST_FRAME} bytes"
        raise FormatError(given.node.place, problem, remedy)
    return bytes(changed)


def read_context(given: Fields) -> Context:
    """The metadata that travels with the packet (PKT-9)."""
    block = given.optional("cb", listing(WORD), (0,) * CONTROL_BLOCK_WORDS)
    if len(block) > CONTROL_BLOCK_WORDS:
        raise FormatError(given.value("cb").place, f"cb has {CONTROL_BLOCK_WORDS} words at most")
    first, second, third, fourth, fifth = block + (0,) * (CONTROL_BLOCK_WORDS - len(block))
    return Context(
        given.optional("mark", WORD, 0),
        given.optional("priority", WORD, 0),
        (first, second, third, fourth, fifth),
    )


def read_note(node: Node) -> str:
    """A short text for reports."""
    note = text(node)
    if len(note) > LONGEST_NOTE or "\n" in note:
        problem = f"a note of more than one line or {LONGEST_NOTE} characters"
        raise FormatError(node.place, problem, "shorten it")
    return note
