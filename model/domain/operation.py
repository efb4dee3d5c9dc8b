"""Control-plane operations: the only way, besides packets, in which state changes.

Operations come in transactions: all of one are carried out, or none.
"""

from __future__ import annotations

from dataclasses import dataclass

from model.domain.address import Network
from model.domain.configuration import Configuration
from model.domain.endpoint import Endpoint, IdentityPrefix
from model.domain.flow import Entry, FlowKey
from model.domain.policy import PolicyRule
from model.domain.service import Service


@dataclass(frozen=True, slots=True)
class PutEndpoint:
    """Add an endpoint, or replace the one with the same identifier."""

    endpoint: Endpoint


@dataclass(frozen=True, slots=True)
class RemoveEndpoint:
    """Remove an endpoint and its rules."""

    identifier: int


@dataclass(frozen=True, slots=True)
class PutIdentity:
    """Give a prefix an identity, or change it."""

    prefix: IdentityPrefix


@dataclass(frozen=True, slots=True)
class RemoveIdentity:
    """Take a prefix's identity away."""

    network: Network


@dataclass(frozen=True, slots=True)
class PutService:
    """Add a service, or replace the one with the same identifier."""

    service: Service


@dataclass(frozen=True, slots=True)
class RemoveService:
    """Remove a service, its frontends and backends."""

    identifier: int


@dataclass(frozen=True, slots=True)
class PutRule:
    """Add a rule, or replace the one with the same identifier."""

    rule: PolicyRule


@dataclass(frozen=True, slots=True)
class RemoveRule:
    """Remove a rule."""

    identifier: int


@dataclass(frozen=True, slots=True)
class SetConfiguration:
    """Replace the whole configuration."""

    configuration: Configuration


@dataclass(frozen=True, slots=True)
class PutEntry:
    """Put an entry into the conntrack table: the initial state of a test."""

    key: FlowKey
    entry: Entry


@dataclass(frozen=True, slots=True)
class RemoveEntry:
    """Take an entry out of the conntrack table."""

    key: FlowKey


Operation = (
    PutEndpoint
    | RemoveEndpoint
    | PutIdentity
    | RemoveIdentity
    | PutService
    | RemoveService
    | PutRule
    | RemoveRule
    | SetConfiguration
    | PutEntry
    | RemoveEntry
)
