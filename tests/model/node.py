"""A node as the specification sees it: one pod, services, rules, and packets that come and go."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from harness.reference import ModelReference
from model.domain.address import Network as Prefix
from model.domain.address import parse_address
from model.domain.configuration import Configuration, EventSwitches, Timeouts
from model.domain.endpoint import Direction, Endpoint, IdentityPrefix
from model.domain.event import DropEvent, Event, Hook, PolicyVerdictEvent, SelectionEvent
from model.domain.failure import Failure
from model.domain.flow import Entry, Flow, FlowKey, Opener, Selection
from model.domain.limits import UNLIMITED, Limits
from model.domain.operation import (
    Operation,
    PutEndpoint,
    PutEntry,
    PutIdentity,
    PutRule,
    PutService,
    SetConfiguration,
)
from model.domain.packet import Context, Packet, Verdict
from model.domain.policy import (
    AnyPeer,
    CidrPeer,
    IdentityPeer,
    Peer,
    PolicyRule,
    PortRange,
    RuleVerdict,
)
from model.domain.protocol import TCP
from model.domain.reason import Reason
from model.domain.service import (
    Algorithm,
    Backend,
    BackendState,
    Frontend,
    FrontendKey,
    FrontendKind,
    Service,
)
from model.domain.state import Counter, CounterKey, State
from tests.model.builder import IPV4, IPV6, SECOND, Connection, End, Network

START = 1_000 * SECOND
POD = 7
POD_IDENTITY = 100
POD_INTERFACE = 10
EGRESS, INGRESS = Direction.EGRESS, Direction.INGRESS
ALLOW, DENY = RuleVerdict.ALLOW, RuleVerdict.DENY

Draw = Callable[[int], int]


@dataclass(frozen=True)
class Handled:
    """What became of one packet.

    `clauses` are those that the specification says it followed, `draws` the sizes of free choices.
    """

    reason: Reason
    verdict: Verdict
    data: bytes
    context: Context
    events: tuple[Event, ...]
    redirect_interface: int
    clauses: frozenset[str]
    draws: tuple[int, ...]

    @property
    def drop_events(self) -> list[DropEvent]:
        return [event for event in self.events if isinstance(event, DropEvent)]

    @property
    def policy_events(self) -> list[PolicyVerdictEvent]:
        return [event for event in self.events if isinstance(event, PolicyVerdictEvent)]

    @property
    def selection_events(self) -> list[SelectionEvent]:
        return [event for event in self.events if isinstance(event, SelectionEvent)]


def pod(isolated: Iterable[Direction] = (), **changes: object) -> Endpoint:
    """The node's pod, with an address of each family."""
    endpoint = Endpoint(
        identifier=POD,
        name="pod",
        interface=POD_INTERFACE,
        identity=POD_IDENTITY,
        ipv4=parse_address(IPV4.pod),
        ipv6=parse_address(IPV6.pod),
        isolated=frozenset(isolated),
    )
    return replace(endpoint, **changes)  # type: ignore[arg-type]  # by name


class Node:
    """The executable specification with one pod, at 1000 s on its clock."""

    def __init__(
        self,
        *operations: Operation,
        isolated: Iterable[Direction] = (),
        limits: Limits = UNLIMITED,
    ) -> None:
        self.model = ModelReference().resized(limits)
        self.model.reset()
        self.now = START
        self.model.set_clock(self.now)
        self.model.apply([PutEndpoint(pod(isolated))])
        for operation in operations:
            self.model.apply([operation])

    def apply(self, *operations: Operation) -> None:
        """One transaction."""
        self.model.apply(operations)

    def put(self, key: FlowKey, entry: Entry) -> None:
        """An entry as if packets had left it there."""
        self.model.apply([PutEntry(key, entry)])

    def wait(self, nanoseconds: int) -> None:
        """Let time pass."""
        self.now += nanoseconds
        self.model.set_clock(self.now)

    def send(self, data: bytes, **options: object) -> Handled:
        """A packet that leaves the pod."""
        return self.handle(Hook.FROM_CONTAINER, data, **options)  # type: ignore[arg-type]  # by name

    def receive(self, data: bytes, **options: object) -> Handled:
        """A packet that enters the pod."""
        return self.handle(Hook.TO_CONTAINER, data, **options)  # type: ignore[arg-type]  # by name

    def handle(
        self,
        hook: Hook,
        data: bytes,
        *,
        interface: int = POD_INTERFACE,
        context: Context = Context(),  # noqa: B008 - immutable
        draw: Draw = lambda _count: 0,
        failure: Failure | None = None,
        commit: bool = True,
    ) -> Handled:
        """A packet at a hook."""
        packet = Packet(hook, interface, data, context)
        prediction = self.model.predict_failing(packet, draw, failure)
        if commit:
            self.model.commit(prediction)
        outcome = prediction.outcome
        return Handled(
            prediction.reason,
            outcome.verdict,
            outcome.data,
            outcome.context,
            outcome.events,
            outcome.redirect_interface,
            frozenset(note.clause for note in prediction.notes),
            tuple(choice.size for choice in prediction.draws),
        )

    def run(self, connection: Connection, steps: Sequence[str]) -> list[Handled]:
        """Packets of a connection: `>S` leaves the pod with SYN, `<SA` enters it with SYN-ACK."""
        return [self.step(connection, step) for step in steps]

    def step(self, connection: Connection, step: str) -> Handled:
        """One packet of a connection; far ends of load-balanced ones answer as the backend."""
        direction, flags = step[0], step[1:]
        if direction == ">":
            return self.send(connection.out(flags))
        return self.receive(connection.back(flags))

    @property
    def state(self) -> State:
        """Everything that packets change."""
        return self.model.state()

    @property
    def table(self) -> dict[FlowKey, Entry]:
        """The conntrack table."""
        return self.state.conntrack

    @property
    def flows(self) -> dict[FlowKey, Flow]:
        """The flows of the conntrack table."""
        return {key: entry for key, entry in self.table.items() if isinstance(entry, Flow)}

    @property
    def selections(self) -> dict[FlowKey, Selection]:
        """The selections of the conntrack table, whatever service revision they have (LB-15)."""
        return {
            key: replace(entry, service_revision=0)
            for key, entry in self.table.items()
            if isinstance(entry, Selection)
        }

    @property
    def flow(self) -> Flow:
        """The only flow there is."""
        (flow,) = self.flows.values()
        return flow

    def counter(self, hook: Hook, reason: Reason) -> Counter:
        """One counter."""
        return self.state.counters.get(CounterKey(hook, reason), Counter(0, 0))


def flow_key(connection: Connection, opener: Opener = Opener.ENDPOINT) -> FlowKey:
    """Key of a connection's entry."""
    near, far = connection.near, connection.far
    return FlowKey(
        parse_address(near.address),
        parse_address(far.address),
        near.port,
        far.port,
        connection.kind,
        opener,
    )


def icmp_key(net: Network, far: str, identifier: int, kind: int, opener: Opener) -> FlowKey:
    """Key of an ICMP flow; `kind` is type * 256 + code."""
    ends = parse_address(net.pod), parse_address(far)
    return FlowKey(*ends, identifier, kind, net.icmp, opener)


def opened(opener: str) -> Opener:
    """Who opened a flow whose first step this is."""
    return Opener.ENDPOINT if opener[0] == ">" else Opener.PEER


def rule(
    identifier: int,
    verdict: RuleVerdict,
    direction: Direction = EGRESS,
    *,
    peer: Peer = AnyPeer(),  # noqa: B008 - immutable
    protocol: int | None = None,
    ports: tuple[int, int] | None = None,
    priority: int = 10,
) -> PutRule:
    """A policy rule of the pod; `ports` are the first and the last."""
    span = None if ports is None else PortRange(*ports)
    return PutRule(PolicyRule(identifier, POD, direction, priority, verdict, peer, protocol, span))


def cidr(network: str, *exceptions: str) -> CidrPeer:
    """Peers by address."""
    return CidrPeer(Prefix.parse(network), tuple(Prefix.parse(text) for text in exceptions))


def identity(number: int) -> IdentityPeer:
    """Peers by identity."""
    return IdentityPeer(number)


def identify(network: str, number: int) -> PutIdentity:
    """Give a prefix an identity."""
    return PutIdentity(IdentityPrefix(Prefix.parse(network), number))


def configure(**settings: object) -> SetConfiguration:
    """A configuration with some settings that are not the default."""
    return SetConfiguration(replace(Configuration(), **settings))  # type: ignore[arg-type]  # by name


def timeouts(**seconds: int) -> SetConfiguration:
    """A configuration with other timeouts, in nanoseconds."""
    return configure(timeouts=replace(Timeouts(), **seconds))


def switches(**settings: object) -> SetConfiguration:
    """A configuration with other event switches."""
    return configure(events=replace(EventSwitches(), **settings))  # type: ignore[arg-type]  # by name


def backend(
    identifier: int,
    end: End,
    state: BackendState = BackendState.ACTIVE,
    serving: bool = True,
    local: bool = True,
) -> Backend:
    """A server of a service."""
    return Backend(identifier, parse_address(end.address), end.port, state, serving, local)


def backends(net: Network, count: int, port: int = 8080, first: int = 1) -> tuple[Backend, ...]:
    """Some servers with identifiers from `first` on, in order of their addresses."""
    return tuple(
        backend(first + number, End(net.backends[first + number - 1], port))
        for number in range(count)
    )


def frontend(
    address: str, port: int = 80, protocol: int = TCP, kind: FrontendKind = FrontendKind.CLUSTER_IP
) -> Frontend:
    """A way to reach a service."""
    return Frontend(kind, FrontendKey(parse_address(address), port, protocol))


def service(
    identifier: int,
    frontends: Iterable[Frontend],
    servers: Iterable[Backend],
    algorithm: Algorithm = Algorithm.MAGLEV,
    maglev_size: int = 251,
    **settings: object,
) -> PutService:
    """A service; a small Maglev table keeps tests fast."""
    return PutService(
        Service(
            identifier,
            f"service {identifier}",
            tuple(frontends),
            tuple(servers),
            algorithm,
            maglev_size,
            **settings,  # type: ignore[arg-type]  # by name
        )
    )
