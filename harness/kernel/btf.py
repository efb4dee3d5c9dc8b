"""What the bytes in maps mean, read from an object's BTF."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

Layout = np.dtype[Any]
"""A numpy dtype: structured for structs, with nested structs and subarrays as in C."""


class MapDefinition(NamedTuple):
    """One entry of the object's `.maps` section, as the C source declares it.

    `key` and `value` are None where the map has none (ring buffers) or gives only sizes.
    """

    name: str
    kind: int
    key_size: int
    value_size: int
    max_entries: int
    flags: int
    key_name: str
    """Name of the key's C type, `` where it has none."""
    value_name: str
    key: Layout | None
    value: Layout | None


class Btf:
    """Types of one object.

    `structures`: dtype by struct name, with itemsize and offsets as the compiler chose them;
    `__be16`, `__be32` and `__be64` are big-endian. `enumerations`: values by enum name and
    enumerator. `maps`: definitions by map name.
    """

    structures: Mapping[str, Layout]
    enumerations: Mapping[str, Mapping[str, int]]
    maps: Mapping[str, MapDefinition]
