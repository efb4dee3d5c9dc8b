"""The object's layouts, compiled once, and codecs made from them."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.datapath.codec.codecs import Codecs
from harness.kernel.btf import Btf
from harness.kernel.build import build

LAYOUTS = Path(__file__).with_name("layouts.bpf.c")


@pytest.fixture(scope="session")
def btf() -> Btf:
    """BTF of bpf/maps.h."""
    return Btf.read(build(LAYOUTS))


@pytest.fixture(scope="session")
def codecs(btf: Btf) -> Codecs:
    """Every codec."""
    return Codecs(btf)
