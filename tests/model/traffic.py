"""Traffic drawn by Hypothesis: packets of a few connections, time, and control-plane changes.

Everything is said by roles, so that the same traffic can be made in IPv4 and IPv6.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from hypothesis import strategies as st

from model.domain.address import Family
from model.domain.configuration import NoBackendAction
from model.domain.operation import Operation
from model.domain.protocol import TCP, UDP
from model.domain.reason import Reason
from model.domain.service import Algorithm
from tests.model.builder import SECOND, Connection, End, Network, icmp
from tests.model.errors import error
from tests.model.fragment import first_fragment, last_fragment
from tests.model.node import (
    ALLOW,
    DENY,
    EGRESS,
    INGRESS,
    Handled,
    Node,
    backend,
    cidr,
    configure,
    frontend,
    rule,
    service,
)

ECHO = 1
LOOPBACK = {Family.IPV4: "169.254.42.1", Family.IPV6: "fd00:2a::1"}
ROUTER = {Family.IPV4: "192.0.2.254", Family.IPV6: "2001:db8::fe"}
CLIENT_PORT, SERVER_PORT = 40000, 8080
FAR = ["peer", "service", "backend", "other backend", "no frontend", "itself", "loopback"]
FLAGS = ["S", "A", "SA", "FA", "R", "RA", "PA", "SF"]
WAITS = [1, SECOND, 10 * SECOND, 60 * SECOND - 1, 60 * SECOND]
CHANGES = 10


def far_end(net: Network, role: str) -> End:
    """The far end of a connection by its role."""
    return {
        "peer": End(net.peer, 80),
        "service": End(net.service, 80),
        "backend": End(net.backends[0], SERVER_PORT),
        "other backend": End(net.backends[1], SERVER_PORT),
        "no frontend": End(net.service, 81),
        "itself": End(net.other_service, 80),
        "loopback": End(LOOPBACK[net.family], CLIENT_PORT),
    }[role]


@dataclass(frozen=True)
class Speak:
    """A packet of a connection. `part` is the whole of it, or a fragment."""

    leaves: bool
    far: str
    kind: int
    near_port: int = CLIENT_PORT
    flags: str = "S"
    part: str = "whole"

    def data(self, net: Network) -> bytes:
        """The frame."""
        near, far = End(net.pod, self.near_port), far_end(net, self.far)
        if self.kind == ECHO:
            return self.echo(net, far)
        seen = Connection(near, far, self.kind)
        payload = b"" if self.part == "whole" else bytes(150)
        whole = seen.out(self.flags, payload) if self.leaves else seen.back(self.flags, payload)
        if self.part == "whole":
            return whole
        return (first_fragment if self.part == "first" else last_fragment)(net, whole)

    def echo(self, net: Network, far: End) -> bytes:
        """A ping, or with any other flag than SYN its answer."""
        ends = (net.pod, far.address) if self.leaves else (far.address, net.pod)
        kind = net.echo_request if self.flags == "S" else net.echo_reply
        return icmp(*ends, kind, identifier=self.near_port)


@dataclass(frozen=True)
class Complain:
    """An ICMP error that enters the pod, about what left it last."""


@dataclass(frozen=True)
class Wait:
    """Time passes."""

    nanoseconds: int


@dataclass(frozen=True)
class Change:
    """The control plane does something."""

    number: int


@dataclass(frozen=True)
class Collect:
    """The collector runs."""


Action = Speak | Complain | Wait | Change | Collect

speaks = st.builds(
    Speak,
    leaves=st.booleans(),
    far=st.sampled_from(FAR) | st.sampled_from(FAR[:3]),
    kind=st.sampled_from([TCP, TCP, UDP, ECHO]),
    near_port=st.sampled_from([CLIENT_PORT, CLIENT_PORT, SERVER_PORT]),
    flags=st.sampled_from(FLAGS) | st.sampled_from(FLAGS[:2]),
    part=st.just("whole") | st.sampled_from(["whole", "first", "last"]),
)
ANSWERING = {"service": (CLIENT_PORT, "backend"), "itself": (SERVER_PORT, "loopback")}
"""Where the answers to a service come from: its backend, or the pod itself."""


@st.composite
def conversations(draw: st.DrawFn) -> list[Action]:
    """Some packets of one connection, as its ends would send them."""
    first = replace(draw(speaks), flags="S", part="whole")
    steps = draw(st.lists(st.tuples(st.booleans(), st.sampled_from(FLAGS[1:])), max_size=4))
    return [first, *(step(first, opens, flags) for opens, flags in steps)]


def step(first: Speak, opens: bool, flags: str) -> Speak:
    """A further packet of a connection; `opens` says that it comes from the opener's end."""
    if opens or first.far not in ANSWERING or not first.leaves:
        return replace(first, leaves=first.leaves == opens, flags=flags)
    port, far = ANSWERING[first.far]
    return replace(first, leaves=far == "loopback", far=far, near_port=port, flags=flags)


others: st.SearchStrategy[Action] = st.one_of(
    speaks,
    st.builds(Change, st.sampled_from(range(CHANGES))),
    st.builds(Change, st.sampled_from(range(CHANGES))),
    st.builds(Complain),
    st.builds(Wait, st.sampled_from(WAITS)),
    st.builds(Collect),
)
traffic: st.SearchStrategy[list[Action]] = st.lists(
    conversations() | others.map(lambda action: [action]), min_size=12, max_size=30
).map(lambda parts: [action for part in parts for action in part])


def served(net: Network, *numbers: int) -> Operation:
    """The service with some of its backends; draws decide, so that both families agree."""
    servers = [backend(number, far_end(net, FAR[number + 1])) for number in numbers]
    frontends = [frontend(net.service, 80, kind) for kind in (TCP, UDP)]
    return service(1, frontends, servers, Algorithm.RANDOM, affinity_timeout=20 * SECOND)


def change(net: Network, number: int) -> Operation:
    """A change by its number."""
    to_peer = cidr(f"{net.peer}/{32 if net.family is Family.IPV4 else 128}")
    return [
        rule(1, DENY, EGRESS, peer=to_peer),
        rule(1, ALLOW, EGRESS, peer=to_peer),
        rule(2, DENY, INGRESS, protocol=TCP),
        rule(2, ALLOW, INGRESS, protocol=TCP),
        served(net),
        served(net, 1),
        served(net, 2),
        served(net, 1, 2),
        configure(no_backend=NoBackendAction.REJECT),
        configure(defragmentation_interface=33, pick_up_mid_stream=False),
    ][number]


class Driver:
    """A node that carries actions out."""

    def __init__(self, net: Network) -> None:
        self.net = net
        looped = service(2, [frontend(net.other_service)], [backend(9, End(net.pod, SERVER_PORT))])
        self.node = Node(served(net, 1, 2), looped)
        self.left_last = Connection(End(net.pod, 1), End(net.peer, 1)).out("S")

    def act(self, action: Action, *, commit: bool = True) -> Handled | None:
        """Carry an action out; what became of its packet, if it has one."""
        match action:
            case Speak():
                handle = self.node.send if action.leaves else self.node.receive
                handled = handle(action.data(self.net), commit=commit)
                if action.leaves and not handled.reason.is_drop and commit:
                    self.left_last = handled.data
                return handled
            case Complain():
                quoted = self.left_last
                data = error(self.net, ROUTER[self.net.family], self.net.pod, quoted)
                return self.node.receive(data, commit=commit)
            case Wait(nanoseconds):
                self.node.wait(nanoseconds)
            case Change(number):
                self.node.apply(change(self.net, number))
            case Collect():
                self.node.model.collect()
        return None

    def run(self, script: list[Action]) -> Iterator[Handled | None]:
        """Carry actions out one after the other."""
        for action in script:
            yield self.act(action)


def reasons(net: Network, script: list[Action]) -> list[Reason | None]:
    """The reason of each packet of a script; None where an action is no packet."""
    carried_out = Driver(net).run(script)
    return [None if handled is None else handled.reason for handled in carried_out]
