"""Packages whose source archives hold captures, with their licences."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Final


class Registry(Enum):
    """Where a source archive comes from, always through the registry's own client."""

    DEBIAN = "Debian source archive"
    PYPI = "PyPI source distribution"


@dataclass(frozen=True, slots=True)
class Package:
    """A package.

    `version` and `sha256` (of the archive) are pinned where the registry keeps old versions; Debian
    does not, and signs what it has.
    """

    name: str
    registry: Registry
    licence: str
    version: str = ""
    sha256: str = ""


PACKAGES: Final = (
    Package("wireshark", Registry.DEBIAN, "GPL-2.0-or-later"),
    Package("tcpdump", Registry.DEBIAN, "BSD-3-Clause"),
    Package("tcpflow", Registry.DEBIAN, "GPL-3.0-only"),
    Package("python-dpkt", Registry.DEBIAN, "BSD-3-Clause"),
    Package(
        "pypacker",
        Registry.PYPI,
        "GPL-2.0-only",
        version="5.4",
        sha256="80fb794acbe9eb972e43b4b28e85d8899ea3637fa5461df2866736e6d99ea5a3",
    ),
)
