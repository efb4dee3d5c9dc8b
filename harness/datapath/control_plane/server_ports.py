"""Marks of ports that servers have had: what tells packets which look-ups find nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from harness.datapath.control_plane.plan import Phase, Plan
from harness.kernel.loader import Map
from model.domain.flow import FlowKey, Opener
from model.domain.protocol import PORT_PROTOCOLS

PORTS: Final = 1 << 16
MARKED: Final = 1


def server_port(key: FlowKey) -> int:
    """The port at the end that did not open the flow."""
    return key.peer_port if key.opener is Opener.ENDPOINT else key.endpoint_port


def unmarked(keys: Iterable[FlowKey], marks: Sequence[int]) -> Iterator[str]:
    """A line for each entry whose port has no mark: packets may not look it up.

    `marks` are the map's bytes, for each opener a stretch of one for each port.
    """
    for key in keys:
        if key.protocol in PORT_PROTOCOLS:
            mark = marks[key.opener * PORTS + server_port(key)]
            if mark != MARKED:
                place = f"server_ports[opener={key.opener.name} port={server_port(key)}]"
                yield f"{place} is {mark} instead of {MARKED}, and conntrack has an entry there"


class ServerPorts:
    """The map `server_ports`: a stretch of elements for each opener, a byte for each port."""

    def __init__(self, table: Map) -> None:
        self._elements = table.max_entries // len(Opener)
        self._marked = bytes([MARKED]) * table.value_size

    def plan(self, key: FlowKey, plan: Plan) -> None:
        """Mark the server's port of an entry that is going to be written.

        Its neighbours in the element are marked with it: a mark that is there for nothing costs a
        look-up and decides nothing.
        """
        if key.protocol in PORT_PROTOCOLS:
            place = server_port(key) * self._elements // PORTS
            index = key.opener * self._elements + place
            plan.put_index(Phase.PREPARE, "server_ports", index, self._marked)
