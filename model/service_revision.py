"""The service revision: what the services were asked once is not asked again (LB-15)."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from model.conntrack import Match
from model.domain.flow import Flow, Opener
from model.domain.service import Service
from model.domain.state import TableKey, TableValue
from model.passage import Passage

NEVER: Final = 0
"""The revision of an entry about whose packets the services are asked each time."""


def of_new_flow(passage: Passage, service: Service) -> int:
    """The revision of a new flow of a service."""
    return passage.world.service_revision if service.affinity_timeout is None else NEVER


def renewed(passage: Passage, match: Match, flow: Flow) -> dict[TableKey, TableValue | None]:
    """A passing packet of a known flow renews `flow`; what becomes of its selection."""
    revision = passage.world.service_revision
    if flow.service_revision != revision and is_settled(passage, match):
        passage.trace.note("LB-15", "the flow needs no asking as of revision", revision)
        flow.service_revision = revision
    if match.selection is None:
        return {}
    key, selection = match.selection
    if selection.service_revision != revision:
        passage.trace.note("LB-15", "the selection needs no asking as of revision", revision)
    return {key: replace(selection, service_revision=revision)}


def is_settled(passage: Passage, match: Match) -> bool:
    """Whether the services have nothing more to say about a flow's packets.

    Of a load-balanced flow they tell whether its service has affinity (LB-7), of what the endpoint
    sends on a direct flow of its own whether the peer is a service (LB-13).
    """
    if match.flow.load_balanced:
        service = passage.world.services.get(match.flow.service)
        return service is None or service.affinity_timeout is None
    return match.key.opener is Opener.ENDPOINT and not match.is_reply
