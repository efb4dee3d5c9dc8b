"""The one element of the configuration array (OBS-4)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from harness.datapath.codec.enumeration import Enumerations, enumerators
from harness.datapath.codec.record import Record
from harness.kernel.btf import Layout
from model.domain.configuration import (
    Configuration,
    EventSwitches,
    NoBackendAction,
    Timeouts,
)

FIELDS = (
    "clock_override",
    "policy_revision",
    "service_revision",
    "redirect_to_ingress",
    "tcp_opening_timeout",
    "tcp_established_timeout",
    "tcp_closing_timeout",
    "other_timeout",
    "fragment_timeout",
    "event_switches",
    "events_per_second",
    "pick_up_mid_stream",
    "host_reaches_pods",
    "no_backend_action",
    "rejects_per_second",
    "loopback_ipv4",
    "loopback_ipv6",
    "defragmentation_interface",
)
SWITCHES = (
    "EVENT_SWITCH_POLICY_VERDICTS",
    "EVENT_SWITCH_SELECTIONS",
    "EVENT_SWITCH_DROPS",
    "EVENT_SWITCH_TRACES",
)


@dataclass(frozen=True, slots=True)
class Settings:
    """The configuration, and what else is in its element.

    `clock_override` in nanoseconds, 0 for the kernel's clock. The revisions tell the datapath that
    something it may have cached has changed (POL-5a; frontends). `redirect_to_ingress` is set
    where the programs sit inside the pod.
    """

    configuration: Configuration
    clock_override: int = 0
    policy_revision: int = 1
    service_revision: int = 1
    redirect_to_ingress: bool = False


class ConfigurationCodec:
    """Settings to `struct configuration` and back. `clock_offset` is where the clock is in it."""

    def __init__(self, structures: Mapping[str, Layout], enumerations: Enumerations) -> None:
        self._record = Record(structures, "configuration", FIELDS)
        bits = enumerators(enumerations, "event_switch", SWITCHES)
        self._bits = tuple(bits[name] for name in SWITCHES)
        self.clock_offset = self._record.offset("clock_override")

    def encode(self, settings: Settings) -> bytes:
        """Bytes of the element."""
        configuration = settings.configuration
        timeouts = configuration.timeouts
        return self._record.pack(
            settings.clock_override,
            settings.policy_revision,
            settings.service_revision,
            int(settings.redirect_to_ingress),
            timeouts.tcp_opening,
            timeouts.tcp_established,
            timeouts.tcp_closing,
            timeouts.other,
            timeouts.fragment,
            self._switches(configuration.events),
            configuration.events.per_second,
            int(configuration.pick_up_mid_stream),
            int(configuration.host_reaches_pods),
            configuration.no_backend.value,
            configuration.rejects_per_second,
            configuration.loopback_ipv4,
            configuration.loopback_ipv6,
            configuration.defragmentation_interface,
        )

    def decode(self, data: bytes) -> Settings:
        """Settings from the element. Raises ContentError."""
        fields = self._record.unpack(data)
        clock_override, policy_revision, service_revision, redirect = fields[:4]
        switches, per_second, pick_up, host, no_backend, rejects = fields[9:15]
        verdicts, selections, drops, traces = (switches & bit != 0 for bit in self._bits)
        configuration = Configuration(
            Timeouts(*fields[4:9]),
            EventSwitches(verdicts, selections, drops, traces, per_second),
            pick_up == 1,
            host == 1,
            NoBackendAction(no_backend),
            rejects,
            *fields[15:],
        )
        return Settings(
            configuration, clock_override, policy_revision, service_revision, redirect == 1
        )

    def _switches(self, events: EventSwitches) -> int:
        states = (events.policy_verdicts, events.selections, events.drops, events.traces)
        return sum(bit for bit, state in zip(self._bits, states, strict=True) if state)
