"""What is around the pod: services with one backend each, so that no hash decides, and changes."""

from __future__ import annotations

from model.domain.configuration import NoBackendAction
from model.domain.operation import Operation, PutEndpoint
from model.domain.protocol import TCP, UDP
from tests.model.builder import SECOND, End, Network
from tests.model.node import (
    ALLOW,
    DENY,
    EGRESS,
    INGRESS,
    backend,
    cidr,
    configure,
    frontend,
    identify,
    pod,
    rule,
    service,
)
from tests.model.traffic import SERVER_PORT, far_end

WEB, ITSELF = 1, 2
BACKEND_OF_WEB, BACKEND_OF_ITSELF, UNUSED_BACKENDS = 1, 2, 3


def host_length(net: Network) -> int:
    """Bits of an address."""
    return 32 if net.family == 4 else 128


def served(net: Network, *servers: tuple[int, str]) -> Operation:
    """The service over TCP and UDP, with affinity; servers by identifier and role."""
    return service(
        WEB,
        [frontend(net.service, 80, kind) for kind in (TCP, UDP)],
        [backend(number, far_end(net, role)) for number, role in servers],
        affinity_timeout=20 * SECOND,
    )


def standing(net: Network) -> list[Operation]:
    """What is there before the first packet: a service, and one that the pod serves itself."""
    looped = service(
        ITSELF,
        [frontend(net.other_service, 80, kind) for kind in (TCP, UDP)],
        [backend(BACKEND_OF_ITSELF, End(net.pod, SERVER_PORT))],
    )
    return [served(net, (BACKEND_OF_WEB, "backend")), looped]


def change(net: Network, number: int, unused: int) -> list[Operation]:
    """A change by its number; `unused` identifies a backend that has not been there yet (LB-6a)."""
    peer = f"{net.peer}/{host_length(net)}"
    changes: list[list[Operation]] = [
        [rule(1, DENY, EGRESS, peer=cidr(peer))],
        [rule(1, ALLOW, EGRESS, peer=cidr(peer))],
        [rule(2, DENY, INGRESS, protocol=TCP)],
        [rule(2, ALLOW, INGRESS, protocol=TCP)],
        [served(net)],
        [served(net, (unused, "backend"))],
        [served(net, (unused, "other backend"))],
        [PutEndpoint(pod(isolated=[INGRESS])), identify(peer, 200)],
        [PutEndpoint(pod())],
        [configure(no_backend=NoBackendAction.REJECT)],
        [configure(defragmentation_interface=33, pick_up_mid_stream=False)],
    ]
    return changes[number % len(changes)]
