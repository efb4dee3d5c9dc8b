"""Domain values as JSON, exactly and quickly: how processes of a campaign tell each other cases.

People read scenario files; those take milliseconds for each packet.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import fields, is_dataclass
from enum import Enum
from typing import Any, Final

from harness import step as steps
from harness.errors import UserError
from harness.step import PacketStep, Scenario, Step
from model.domain import address, configuration, endpoint, event, flow, operation, packet, policy
from model.domain import service as services
from model.domain.event import Hook
from model.domain.operation import Operation
from model.domain.packet import Context, Packet

MODULES: Final = (
    steps,
    address,
    configuration,
    endpoint,
    event,
    flow,
    operation,
    packet,
    policy,
    services,
)


class WireError(UserError):
    """A text that is no case."""


def known_classes() -> dict[str, Any]:
    """Every class that a case may hold, by name."""
    found: dict[str, Any] = {}
    for module in MODULES:
        for name, value in vars(module).items():
            if isinstance(value, type) and value.__module__ == module.__name__:
                found[name] = value
    return found


CLASSES: Final = known_classes()


def write_case(topology: tuple[Operation, ...], case: tuple[Step, ...]) -> str:
    """A topology and steps as one line."""
    whole = {"topology": encode(topology), "steps": [encode_step(step) for step in case]}
    return json.dumps(whole, separators=(",", ":"))


def read_case(text: str, name: str = "case") -> Scenario:
    """The scenario of such a line. Raises WireError."""
    try:
        whole = json.loads(text)
        topology = decode(whole["topology"])
        case = tuple(decode_step(one) for one in whole["steps"])
    except (ValueError, KeyError, TypeError, AttributeError, IndexError) as error:
        raise WireError(
            f"{name}: is no case of a campaign ({type(error).__name__}); leave it out"
        ) from error
    return Scenario(name, name, topology, case)


def encode_step(step: Step) -> Any:
    """A step; packets, which are most of them, as a short list."""
    if isinstance(step, PacketStep):
        hook, interface, data, context = step.packet
        return [int(hook), interface, data.hex(), [context.mark, context.priority, *context[2]]]
    return encode(step)


def decode_step(value: Any) -> Any:
    """The step that `encode_step` wrote."""
    if isinstance(value, list):
        hook, interface, data, (mark, priority, *block) = value
        first, second, third, fourth, fifth = block
        context = Context(mark, priority, (first, second, third, fourth, fifth))
        return PacketStep(Packet(Hook(hook), interface, bytes.fromhex(data), context))
    return decode(value)


def encode(value: Any) -> Any:
    """A value as JSON has it; a class, bytes or a set as an object with one key."""
    if value is None or type(value) in (bool, int, str):
        return value
    if isinstance(value, bytes):
        return {"bytes": value.hex()}
    if isinstance(value, Enum):
        return {type(value).__name__: value.name}
    if isinstance(value, frozenset):
        return {"set": [encode(one) for one in sorted(value)]}
    if is_dataclass(value):
        parts = [getattr(value, field.name) for field in fields(value)]
        return {type(value).__name__: [encode(part) for part in parts]}
    if type(value) is tuple:
        return [encode(one) for one in value]
    return {type(value).__name__: [encode(one) for one in value]}


def decode(value: Any) -> Any:
    """The value that `encode` wrote. Raises KeyError, ValueError, TypeError."""
    if isinstance(value, list):
        return tuple([decode(one) for one in value])
    if not isinstance(value, dict):
        return value
    ((name, content),) = value.items()
    if name in PLAIN:
        return PLAIN[name](content)
    kind = CLASSES[name]
    if isinstance(content, str):
        return kind[content]
    return kind(*(decode(part) for part in content))


PLAIN: Final[dict[str, Callable[[Any], Any]]] = {
    "bytes": bytes.fromhex,
    "set": lambda items: frozenset(decode(one) for one in items),
}
