"""Traffic in which the same few connections come up again and again, among changes and waits.

A script follows from one number, so that Hypothesis can draw many long ones cheaply; it shortens
them from the end.
"""

from __future__ import annotations

from dataclasses import replace
from random import Random

from hypothesis import strategies as st

from model.domain.protocol import TCP, UDP
from tests.model.builder import SECOND
from tests.model.traffic import (
    CHANGES,
    ECHO,
    FLAGS,
    Action,
    Change,
    Collect,
    Complain,
    Speak,
    Wait,
    step,
)

LONGEST = 60
FAR = ["service", "service", "itself", "peer", "peer", "backend", "no frontend", "loopback"]
PORTS = [40000, 40000, 40001, 8080]
PARTS = ["whole"] * 4 + ["first", "last"]
ANSWERS = ["A", "A", "SA", "PA", "FA", "R", "S", "SF"]
WAITS = [1, SECOND, 10 * SECOND, 30 * SECOND, 60 * SECOND - 1]


def conversation(random: Random) -> list[Speak]:
    """What both ends of a connection may say, its opening first."""
    far = random.choice(FAR)
    opening = Speak(
        leaves=far in ("service", "itself", "no frontend") or random.random() < 0.6,
        far=far,
        kind=random.choice([TCP, TCP, UDP, ECHO]),
        near_port=random.choice(PORTS),
    )
    flags = [random.choice(ANSWERS) for _ in range(6)]
    said = [step(opening, random.random() < 0.5, one) for one in flags]
    if opening.kind == UDP:
        said = [replace(one, part=random.choice(PARTS)) for one in said]
    return [opening, *said]


def other(random: Random, *, changes: bool) -> Action:
    """Something that is no packet of a conversation's."""
    actions: list[Action] = [
        Wait(random.choice(WAITS)),
        Complain(),
        Complain(),
        Collect(),
        replace(conversation(random)[0], flags=random.choice(FLAGS)),
        *([Change(random.randint(0, CHANGES)) for _ in range(3)] if changes else []),
    ]
    return random.choice(actions)


def script(number: int, length: int, *, changes: bool = True) -> list[Action]:
    """So many actions."""
    random = Random(number)  # noqa: S311 - no secret
    talks = [conversation(random) for _ in range(random.randint(1, 3))]
    known = [one for talk in talks for one in talk]
    result: list[Action] = [talk[0] for talk in talks]
    while len(result) < length:
        says = random.random() < 0.7
        result.append(random.choice(known) if says else other(random, changes=changes))
    return result[:length]


def scripts(longest: int = LONGEST, *, changes: bool = True) -> st.SearchStrategy[list[Action]]:
    """Scripts of up to so many actions."""
    return st.builds(
        lambda number, length: script(number, length, changes=changes),
        st.integers(0, 2**32),
        st.integers(1, longest),
    )
