"""The steps of one round, one by one: each may follow from what the last ones brought about."""

from __future__ import annotations

from bisect import bisect
from collections import deque
from collections.abc import Callable, Sequence
from itertools import accumulate
from typing import Final

from harness.fuzz.generate.dice import Dice
from harness.fuzz.generate.feature import Feature, Swarm
from harness.fuzz.generate.inventory import Inventory
from harness.fuzz.generate.operations import OperationMaker
from harness.fuzz.traffic.casting import Caster
from harness.fuzz.traffic.conversation import (
    PAYLOADS,
    Conversation,
    answering_flags,
    next_flags,
)
from harness.fuzz.traffic.errors import draw_error
from harness.fuzz.traffic.frame import answer, destination_of, tcp_flags, with_tcp_flags
from harness.fuzz.traffic.havoc import mutate, resize
from harness.fuzz.traffic.memory import Memory
from harness.fuzz.traffic.pieces import draw_extended, draw_fragments
from harness.fuzz.traffic.strays import draw_stray
from harness.step import (
    START_CLOCK,
    ClockStep,
    CollectStep,
    OperationStep,
    PacketStep,
    Step,
)
from harness.subject import Prediction
from model.domain.configuration import SECOND
from model.domain.event import Hook
from model.domain.operation import Operation, PutService, RemoveService
from model.domain.packet import Context, Packet

CONVERSATIONS: Final = (3, 6, 10)
SPANS: Final = (1, 1000, SECOND // 10, SECOND, 5 * SECOND)
AFTERWARDS: Final = 4
"""Packets of before that are sent again after an operation: it should matter to them."""

LONGEST_PENDING: Final = 16
MARKS: Final = (0, 1, 0xDEADBEEF, 0xFFFFFFFF)

Make = Callable[[], Step | None]


class Stream:
    """Draws steps for a topology. The caller tells what became of each packet (`saw`)."""

    def __init__(self, dice: Dice, swarm: Swarm, topology: Sequence[Operation]) -> None:
        self.dice = dice
        self.swarm = swarm
        self.inventory = Inventory(topology)
        self.memory = Memory(START_CLOCK)
        self.pending: deque[Step] = deque(maxlen=LONGEST_PENDING)
        self.any_flags = Feature.ANY_FLAGS in swarm
        self.speaking: Conversation | None = None
        self.conversations: list[Conversation] = []
        self.recast()
        kinds = [(make, weight) for make, weight, needs in self.kinds() if needs <= swarm]
        self.makers = [make for make, _ in kinds]
        total = sum(weight for _, weight in kinds)
        self.thresholds = [part / total for part in accumulate(weight for _, weight in kinds)]

    def kinds(self) -> list[tuple[Make, float, Swarm]]:
        """What there is to draw, how often, and what the round must have for it."""
        return [
            (self.talk, 40, frozenset()),
            (self.reply, 22, frozenset()),
            (self.again, 6, frozenset()),
            (self.deliver, 3, frozenset()),
            (self.error, 4, frozenset({Feature.ERRORS})),
            (self.fragments, 3, frozenset({Feature.FRAGMENTS})),
            (self.extended, 3, frozenset({Feature.EXTENSIONS})),
            (self.resized, 3, frozenset({Feature.LENGTHS})),
            (self.mutated, 4, frozenset({Feature.MUTATION})),
            (self.stray, 2, frozenset({Feature.STRAYS})),
            (self.marked, 2, frozenset({Feature.METADATA})),
            (self.wait, 3, frozenset({Feature.TIME})),
            (self.tick, 2, frozenset({Feature.TIME})),
            (self.operate, 1.0, frozenset({Feature.OPERATIONS})),
            (self.collect, 0.3, frozenset({Feature.COLLECTOR})),
        ]

    def next_step(self, now: int) -> Step:
        """The next step; `now` is the clock, in nanoseconds."""
        self.memory.now = now
        while True:
            if self.pending:
                return self.pending.popleft()
            self.speaking = None
            step = self.makers[bisect(self.thresholds, self.dice.random())]()
            if step is not None:
                return step

    def saw(self, step: PacketStep, prediction: Prediction) -> None:
        """Take in what became of a packet."""
        passed = self.memory.saw(step, prediction)
        if passed is not None and self.speaking is not None:
            self.speaking.latest = passed.hook, passed.frame

    def applied(self, operations: Sequence[Operation]) -> None:
        """Take in operations that did not come from here."""
        for operation in operations:
            self.inventory.apply(operation)

    def recast(self) -> None:
        """New conversations, for what is there now."""
        caster = Caster(self.dice, self.swarm, self.inventory)
        self.conversations = caster.cast(self.dice.pick(CONVERSATIONS))

    def conversation(self) -> Conversation:
        """Some conversation."""
        return self.dice.pick(self.conversations)

    def talk(self) -> Step:
        """The opener of a conversation says something."""
        dice, conversation = self.dice, self.conversation()
        self.speaking = conversation
        payload = dice.pick(PAYLOADS) if dice.chance(0.3) else 0
        return conversation.say(next_flags(dice, conversation, self.any_flags), payload)

    def reply(self) -> Step | None:
        """The other end answers what it has got last in a conversation."""
        conversation = self.conversation()
        if conversation.latest is None:
            return None
        hook, frame = conversation.latest
        return self.answer_to(hook, conversation.interface, frame)

    def answer_to(self, hook: Hook, interface: int, frame: bytes) -> Step | None:
        """An answer to a packet that travels the way of a hook."""
        back = answer(frame)
        if back is None:
            return None
        flags = tcp_flags(frame)
        if flags:
            back = with_tcp_flags(back, answering_flags(self.dice, flags, self.any_flags))
        other = Hook.TO_CONTAINER if hook is Hook.FROM_CONTAINER else Hook.FROM_CONTAINER
        return PacketStep(Packet(other, interface, back))

    def again(self) -> Step | None:
        """A packet of the latest once more, or an answer to it."""
        if not self.memory.passed:
            return None
        hook, interface, frame = self.dice.pick(self.memory.passed)
        if self.dice.chance(0.5):
            return self.answer_to(hook, interface, frame)
        step, _ = self.dice.pick(self.memory.touched)
        return step

    def deliver(self) -> Step | None:
        """A packet arrives: at another pod of this node, or at its own if it was redirected."""
        if not self.memory.passed:
            return None
        hook, interface, frame = self.dice.pick(self.memory.passed)
        if hook is Hook.TO_CONTAINER:
            return PacketStep(Packet(hook, interface, frame))
        destination = destination_of(frame)
        for endpoint in self.inventory.endpoints.values():
            if destination in (endpoint.ipv4, endpoint.ipv6):
                return PacketStep(Packet(Hook.TO_CONTAINER, endpoint.interface, frame))
        return None

    def error(self) -> Step | None:
        """An ICMP error about a packet that went by."""
        if not self.memory.passed:
            return None
        packet = draw_error(self.dice, *self.dice.pick(self.memory.passed))
        return None if packet is None else PacketStep(packet)

    def fragments(self) -> Step | None:
        """The pieces of a datagram."""
        pieces = draw_fragments(self.dice, self.conversation())
        self.pending.extend(PacketStep(piece) for piece in pieces)
        return None

    def extended(self) -> Step:
        """A packet behind extension headers or options."""
        return PacketStep(draw_extended(self.dice, self.conversation()))

    def some_packet(self) -> Packet:
        """A packet to be changed."""
        if self.memory.touched and self.dice.chance(0.5):
            step, _ = self.dice.pick(self.memory.touched)
            return step.packet
        conversation = self.conversation()
        return conversation.say(next_flags(self.dice, conversation, self.any_flags), 8).packet

    def resized(self) -> Step:
        """A packet of another length."""
        packet = self.some_packet()
        return PacketStep(packet._replace(data=resize(self.dice, packet.data)))

    def mutated(self) -> Step | None:
        """A packet with other bytes."""
        packet = self.some_packet()
        return PacketStep(packet._replace(data=mutate(self.dice, packet.data)))

    def stray(self) -> Step:
        """A packet that belongs nowhere."""
        return PacketStep(draw_stray(self.dice, self.conversation()))

    def marked(self) -> Step:
        """A packet with metadata of its own (PKT-9)."""
        dice = self.dice
        block = (dice.below(9), 0, dice.pick(MARKS), 1, dice.pick(MARKS))
        context = Context(dice.pick(MARKS), dice.pick(MARKS), block)
        return PacketStep(self.some_packet()._replace(context=context))

    def wait(self) -> Step | None:
        """Time until something is over, and the packet again that it matters to."""
        found = self.memory.wait(self.dice, self.inventory)
        if found is None:
            return None
        advance, step = found
        self.pending.append(step)
        return ClockStep(advance)

    def tick(self) -> Step:
        """Some time passes."""
        return ClockStep(self.dice.pick(SPANS))

    def operate(self) -> Step | None:
        """The control plane changes something; at times others talk from then on."""
        memory = self.memory
        keys, used = memory.keys(), memory.backends()
        operations = OperationMaker(self.dice, self.swarm, self.inventory, keys, used).make()
        self.pending.extend(self.afterwards(operations))
        if self.dice.chance(0.3):
            self.recast()
        return OperationStep(operations) if operations else None

    def afterwards(self, operations: Sequence[Operation]) -> list[PacketStep]:
        """Packets of before that are sent again: of the services that have changed, and others."""
        changed = {number for one in operations if (number := service_changed_by(one))}
        concerned = self.memory.concerned(changed) if changed else []
        others = [step for step, _ in self.memory.touched]
        count = AFTERWARDS // 2
        return self.dice.sample(concerned or others, count) + self.dice.sample(others, count)

    def collect(self) -> Step:
        """The collector runs."""
        return CollectStep()


def service_changed_by(operation: Operation) -> int:
    """The service that an operation puts or removes; 0 for others."""
    match operation:
        case PutService(service):
            return service.identifier
        case RemoveService(identifier):
            return identifier
    return 0
