"""What every process of a campaign has to know; the same text for all of them."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from harness.datapath.bench import SOURCE
from harness.datapath.sizes import TEST_SIZES
from harness.kernel.interface import LoaderName
from harness.kernel.loader import MapOptions

ROUND_STEPS: Final = 512
"""Steps of a round: enough that beginning anew costs little, few enough to try many topologies."""

FUZZ_MAPS: Final = MapOptions(
    MappingProxyType(
        {
            **TEST_SIZES,
            "conntrack_ipv4": 4096,
            "conntrack_ipv6": 4096,
            "affinities_ipv4": 1024,
            "affinities_ipv6": 1024,
            "datagrams_ipv4": 512,
            "datagrams_ipv6": 512,
            "addresses_ipv4": 2048,
            "addresses_ipv6": 2048,
            "policies": 2048,
            "eligible_backends": 1024,
            "maglev_tables": 65536,
            "backends": 1024,
            "policy_pages": 256,
        }
    )
)
"""Small tables: they are emptied and looked through after each round."""


@dataclass(frozen=True, slots=True)
class Settings:
    """A campaign's settings.

    `findings` is the folder for divergences, None where they are only counted. `focus` are clauses
    that cases are sought for. `shrink`: look into each divergence; otherwise it is saved as found.
    """

    seed: int = 0
    object_path: Path = SOURCE
    loader: LoaderName = LoaderName.LIBBPF
    findings: Path | None = None
    refused: Path | None = None
    focus: tuple[str, ...] = ()
    guided: bool = True
    shrink: bool = True

    def to_text(self) -> str:
        """The settings as a line of JSON."""
        values = asdict(self) | {
            "object_path": str(self.object_path),
            "loader": self.loader.value,
            "findings": None if self.findings is None else str(self.findings),
            "refused": None if self.refused is None else str(self.refused),
        }
        return json.dumps(values)

    @classmethod
    def from_object(cls, values: dict[str, Any]) -> Settings:
        """The settings that `to_text` wrote."""
        folders = {
            name: None if values[name] is None else Path(values[name])
            for name in ("findings", "refused")
        }
        return cls(
            **values
            | folders
            | {
                "object_path": Path(values["object_path"]),
                "loader": LoaderName(values["loader"]),
                "focus": tuple(values["focus"]),
            }
        )
