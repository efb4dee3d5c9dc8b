"""The sentence that says a policy rule.

    ENDPOINT allows|denies ingress from|egress to PEER [on PROTOCOL[/PORTS]] [priority NUMBER]

PEER is `any`, `identity NAME`, or `cidr NETWORK [except NETWORK ...]`. Networks may be named; a
rule about a name with prefixes of both families is two rules.
"""

from __future__ import annotations

import re
from collections.abc import Mapping as MappingOf
from dataclasses import dataclass
from typing import Final, TypeVar

from harness.scenario.address import resolve_networks
from harness.scenario.document import Scalar
from harness.scenario.endpoint import find_endpoint
from harness.scenario.error import FormatError, one_of, shown
from harness.scenario.protocol import format_port, format_protocol, parse_ports, parse_protocol
from harness.scenario.reading import integer, unknown
from harness.scenario.registry import Registry
from model.domain.address import Network
from model.domain.endpoint import Direction
from model.domain.policy import (
    AnyPeer,
    CidrPeer,
    IdentityPeer,
    Peer,
    PolicyRule,
    PortRange,
    RuleVerdict,
)

T = TypeVar("T")

DEFAULT_PRIORITY: Final = 100
PRIORITY: Final = integer(0, 0xFFFF)
VERDICTS: Final = {"allows": RuleVerdict.ALLOW, "denies": RuleVerdict.DENY}
DIRECTIONS: Final = {"ingress": Direction.INGRESS, "egress": Direction.EGRESS}
PREPOSITIONS: Final = {Direction.INGRESS: "from", Direction.EGRESS: "to"}
PEERS: Final = ("any", "identity", "cidr")
CLAUSES: Final = ("on", "priority")


@dataclass(frozen=True, slots=True)
class RuleText:
    """A rule as written, before it has numbers; one peer for each rule that it becomes."""

    endpoint: int
    direction: Direction
    verdict: RuleVerdict
    peers: tuple[Peer, ...]
    protocol: int | None
    ports: PortRange | None
    priority: int


class Sentence:
    """The words of a rule, taken one by one."""

    def __init__(self, node: Scalar) -> None:
        self.node = node
        found = re.finditer(r"[^\s,]+", node.text)
        self.words = [Scalar(node.at(match.start()), match[0]) for match in found]
        self.position = 0

    def next(self, what: str) -> Scalar:
        """The next word, which has to be there."""
        if self.position == len(self.words):
            place = self.node.at(len(self.node.text))
            raise FormatError(
                place, f"the rule ends before its {what}", "see docs/formats/topology.md"
            )
        self.position += 1
        return self.words[self.position - 1]

    def peek(self) -> str:
        """The next word, or nothing."""
        return self.words[self.position].text if self.position < len(self.words) else ""

    def accept(self, word: str) -> bool:
        """Take the next word if it is this one."""
        if self.peek() != word:
            return False
        self.position += 1
        return True

    def pick(self, what: str, words: MappingOf[str, T]) -> T:
        """Take the next word, which has to be one of these; what it stands for."""
        word = self.next(what)
        if word.text not in words:
            raise unknown(word, what, words)
        return words[word.text]


def parse_rule(registry: Registry, node: Scalar) -> RuleText:
    """The parts of a rule's sentence."""
    sentence = Sentence(node)
    endpoint = find_endpoint(registry, sentence.next("endpoint"))
    verdict = sentence.pick("verdict", VERDICTS)
    direction = sentence.pick("direction", DIRECTIONS)
    sentence.pick("word", {PREPOSITIONS[direction]: None})
    peers = parse_peers(registry, sentence)
    protocol, ports = parse_on(sentence)
    priority = DEFAULT_PRIORITY
    if sentence.accept("priority"):
        priority = PRIORITY(sentence.next("priority"))
    if sentence.peek():
        raise unknown(sentence.next("end"), "word", CLAUSES)
    return RuleText(endpoint.identifier, direction, verdict, peers, protocol, ports, priority)


def parse_peers(registry: Registry, sentence: Sentence) -> tuple[Peer, ...]:
    """The peer, for each family if it is a network of both."""
    word = sentence.next("peer")
    if word.text == "any":
        return (AnyPeer(),)
    if word.text == "identity":
        name = sentence.next("identity")
        if name.text not in registry.identities:
            raise unknown(name, "identity", registry.identities)
        return (IdentityPeer(registry.identities[name.text]),)
    if word.text == "cidr":
        return parse_cidr(registry, sentence)
    raise FormatError(word.place, f"unknown peer {shown(word.text)}", one_of(PEERS, word.text))


def parse_cidr(registry: Registry, sentence: Sentence) -> tuple[Peer, ...]:
    """A network with its exceptions, each exception with the network of its family."""
    word = sentence.next("network")
    networks = resolve_networks(registry, word.text, word.place)
    families = {network.family for network in networks}
    exceptions: list[Network] = []
    if sentence.accept("except"):
        while not exceptions or sentence.peek() not in ("", *CLAUSES):
            inner = sentence.next("exception")
            found = resolve_networks(registry, inner.text, inner.place)
            if not families & {network.family for network in found}:
                problem = f"exception {inner.text} is not of the network's family"
                raise FormatError(inner.place, problem, "remove it")
            exceptions += found
    return tuple(
        CidrPeer(network, tuple(one for one in exceptions if one.family is network.family))
        for network in networks
    )


def parse_on(sentence: Sentence) -> tuple[int | None, PortRange | None]:
    """Protocol and ports, where they are given."""
    if not sentence.accept("on"):
        return None, None
    word = sentence.next("protocol")
    name, slash, ports = word.text.partition("/")
    protocol = parse_protocol(name, word.place)
    return protocol, parse_ports(ports, protocol, word.place) if slash else None


def format_rule(rule: PolicyRule, endpoint: str, identities: MappingOf[int, str]) -> str:
    """The sentence that `parse_rule` reads as this rule."""
    verdict = "allows" if rule.verdict is RuleVerdict.ALLOW else "denies"
    direction = f"{rule.direction.name.lower()} {PREPOSITIONS[rule.direction]}"
    on = ""
    if rule.protocol is not None:
        on = f" on {format_protocol(rule.protocol)}{format_ports(rule.ports, rule.protocol)}"
    peer = format_peer(rule.peer, identities)
    return f"{endpoint} {verdict} {direction} {peer}{on} priority {rule.priority}"


def format_ports(ports: PortRange | None, protocol: int) -> str:
    """A range of ports with the slash before it."""
    if ports is None:
        return ""
    first, last = (format_port(port, protocol) for port in (ports.first, ports.last))
    return f"/{first}" if first == last else f"/{first}-{last}"


def format_peer(peer: Peer, identities: MappingOf[int, str]) -> str:
    """A rule's peer."""
    match peer:
        case IdentityPeer(identity):
            return f"identity {identities[identity]}"
        case CidrPeer(network, exceptions):
            listed = " ".join(str(exception) for exception in exceptions)
            return f"cidr {network} except {listed}" if listed else f"cidr {network}"
        case AnyPeer():
            return "any"
