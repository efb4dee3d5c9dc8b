"""Marks of ports that servers have had: what tells packets which look-ups find nothing."""

from __future__ import annotations

from typing import Final

from harness.datapath.control_plane.plan import Phase, Plan
from harness.kernel.loader import Map
from model.domain.flow import FlowKey, Opener
from model.domain.protocol import PORT_PROTOCOLS

PORTS: Final = 1 << 16


class ServerPorts:
    """The map `server_ports`: a stretch of elements for each opener, a byte for each port."""

    def __init__(self, table: Map) -> None:
        self._elements = table.max_entries // len(Opener)
        self._marked = b"\x01" * table.value_size

    def plan(self, key: FlowKey, plan: Plan) -> None:
        """Mark the server's port of an entry that is going to be written.

        Its neighbours in the element are marked with it: a mark that is there for nothing costs a
        look-up and decides nothing.
        """
        if key.protocol in PORT_PROTOCOLS:
            by_endpoint = key.opener is Opener.ENDPOINT
            port = key.peer_port if by_endpoint else key.endpoint_port
            index = key.opener * self._elements + port * self._elements // PORTS
            plan.put_index(Phase.PREPARE, "server_ports", index, self._marked)
