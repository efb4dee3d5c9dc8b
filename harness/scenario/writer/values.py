"""Domain values as the format writes them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, fields
from typing import Any

from harness.scenario.duration import format_duration
from harness.scenario.protocol import format_protocol
from harness.scenario.writer.emit import Line, Row
from model.domain.address import Address, format_address
from model.domain.configuration import Configuration, EventSwitches, Timeouts
from model.domain.endpoint import Endpoint
from model.domain.flow import Flow, Selection
from model.domain.service import (
    DEFAULT_MAGLEV_SIZE,
    Algorithm,
    Backend,
    BackendState,
    Frontend,
    Service,
)


def family_key(address: Address) -> str:
    """The key under which an address stands."""
    return "ipv4" if len(address) == 4 else "ipv6"


def span(nanoseconds: int) -> str:
    """A span of time that may be negative."""
    if nanoseconds < 0:
        return f"0s - {format_duration(-nanoseconds)}"
    return format_duration(nanoseconds)


def configuration_value(configuration: Configuration, base: Configuration) -> dict[str, Any]:
    """The settings that differ from a base."""
    result: dict[str, Any] = {}
    for field in fields(Configuration):
        value = getattr(configuration, field.name)
        if value == getattr(base, field.name):
            continue
        if isinstance(value, Timeouts):
            old = asdict(base.timeouts)
            new = asdict(value)
            value = Line({k: format_duration(v) for k, v in new.items() if v != old[k]})
        elif isinstance(value, EventSwitches):
            old = asdict(base.events)
            value = Line({k: v for k, v in asdict(value).items() if v != old[k]})
        elif isinstance(value, bytes):
            value = format_address(value)
        elif field.name == "no_backend":
            value = value.name.lower()
        result[field.name] = value
    return result


def endpoint_value(endpoint: Endpoint, identities: Mapping[int, str]) -> Line:
    """An endpoint without its numbers."""
    value = Line(identity=identities[endpoint.identity])
    for key, address in (("ipv4", endpoint.ipv4), ("ipv6", endpoint.ipv6)):
        if address is not None:
            value[key] = format_address(address)
    if endpoint.isolated:
        value["isolated"] = Row(direction.name.lower() for direction in sorted(endpoint.isolated))
    return value


def service_value(service: Service, backends: Mapping[str, Line]) -> dict[str, Any]:
    """A service without its number."""
    value: dict[str, Any] = {
        "frontends": [frontend_value(frontend) for frontend in service.frontends],
        "backends": dict(backends),
    }
    if service.algorithm is not Algorithm.MAGLEV:
        value["algorithm"] = service.algorithm.value
    if service.maglev_size != DEFAULT_MAGLEV_SIZE:
        value["maglev_size"] = service.maglev_size
    if service.affinity_timeout is not None:
        value["affinity"] = format_duration(service.affinity_timeout)
    if service.internal_local:
        value["internal_traffic_policy"] = "local"
    if service.external_local:
        value["external_traffic_policy"] = "local"
    return value


def frontend_value(frontend: Frontend) -> Line:
    """A frontend."""
    key = frontend.key
    return Line(
        {
            "kind": frontend.kind.value,
            family_key(key.address): format_address(key.address),
            "port": key.port,
            "protocol": format_protocol(key.protocol),
        }
    )


def backend_value(backend: Backend) -> Line:
    """A backend without its number."""
    value = Line({family_key(backend.address): format_address(backend.address)})
    value["port"] = backend.port
    if backend.state is not BackendState.ACTIVE:
        value["state"] = backend.state.name.lower()
    if not backend.serving:
        value["serving"] = False
    if not backend.local:
        value["local"] = False
    return value


def entry_fields(values: Mapping[str, Any], now: int) -> Line:
    """Fields of a conntrack entry; `now` is the clock that its expiry is written against."""
    result = Line()
    for name, value in values.items():
        if name == "expires":
            result[name] = span(value - now)
        elif name == "service_address":
            result[name] = format_address(value) if value else "none"
        else:
            result[name] = value
    return result


def flow_values(entry: Flow | Selection) -> dict[str, Any]:
    """The fields of an entry that are not at their defaults, a flow's expiry always."""
    if isinstance(entry, Selection):
        return {"service": entry.service, "backend": entry.backend}
    default = Flow(expires=entry.expires)
    return {
        field.name: getattr(entry, field.name)
        for field in fields(Flow)
        if field.name == "expires" or getattr(entry, field.name) != getattr(default, field.name)
    }
