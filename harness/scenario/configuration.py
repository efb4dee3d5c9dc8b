"""The `configuration:` section: settings by the names of the domain, each optional (OBS-4)."""

from __future__ import annotations

from dataclasses import fields, replace

from harness.scenario.address import address_reader
from harness.scenario.document import Node
from harness.scenario.duration import duration
from harness.scenario.reading import Fields, boolean, choice, integer
from model.domain.address import Family
from model.domain.configuration import Configuration, EventSwitches, NoBackendAction, Timeouts

WHOLE_NUMBER = integer(0, 0xFFFFFFFF)
NO_BACKEND_ACTIONS = {action.name.lower(): action for action in NoBackendAction}
SWITCHES = ("policy_verdicts", "selections", "drops", "traces")


def read_configuration(node: Node, base: Configuration) -> Configuration:
    """Settings as given, the others as they were."""
    given = Fields(node, "configuration", (field.name for field in fields(Configuration)))
    timeouts = given.optional("timeouts", lambda inner: read_timeouts(inner, base.timeouts), None)
    events = given.optional("events", lambda inner: read_events(inner, base.events), None)
    return Configuration(
        timeouts=timeouts or base.timeouts,
        events=events or base.events,
        pick_up_mid_stream=given.optional("pick_up_mid_stream", boolean, base.pick_up_mid_stream),
        host_reaches_pods=given.optional("host_reaches_pods", boolean, base.host_reaches_pods),
        no_backend=given.optional("no_backend", choice(NO_BACKEND_ACTIONS), base.no_backend),
        rejects_per_second=given.optional(
            "rejects_per_second", WHOLE_NUMBER, base.rejects_per_second
        ),
        loopback_ipv4=given.optional(
            "loopback_ipv4", address_reader(Family.IPV4), base.loopback_ipv4
        ),
        loopback_ipv6=given.optional(
            "loopback_ipv6", address_reader(Family.IPV6), base.loopback_ipv6
        ),
        defragmentation_interface=given.optional(
            "defragmentation_interface", WHOLE_NUMBER, base.defragmentation_interface
        ),
    )


def read_timeouts(node: Node, base: Timeouts) -> Timeouts:
    """Timeouts; names in their values mean the old ones."""
    names = tuple(field.name for field in fields(Timeouts))
    given = Fields(node, "timeouts", names)
    read = duration(base, low=1)
    return replace(base, **{name: given.required(name, read) for name in names if name in given})


def read_events(node: Node, base: EventSwitches) -> EventSwitches:
    """Event switches and their rate limit (OBS-2)."""
    given = Fields(node, "events", (*SWITCHES, "per_second"))
    switches = {name: given.required(name, boolean) for name in SWITCHES if name in given}
    limit = given.optional("per_second", WHOLE_NUMBER, base.per_second)
    return replace(base, per_second=limit, **switches)
