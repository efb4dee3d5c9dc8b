"""What the control plane alone writes, programs cannot."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.kernel.btf import Btf
from harness.kernel.errors import LoadError
from harness.kernel.loader import LoaderName, load

INTRUDER = Path(__file__).with_name("intruder.bpf.c")
READ_ONLY = 1 << 7  # BPF_F_RDONLY_PROG, linux/bpf.h
MAPPABLE = 1 << 10  # BPF_F_MMAPABLE
CONTROL_PLANE_HASHES = {
    "endpoints",
    "frontends_ipv4",
    "frontends_ipv6",
    "services",
    "addresses_ipv4",
    "addresses_ipv6",
    "prefixes_ipv4",
    "prefixes_ipv6",
    "policies",
}


def test_every_hash_of_the_control_plane_is_protected(btf: Btf) -> None:
    """Arrays are not: what user space maps for writing, the kernel promises to nobody."""
    protected = {name for name, definition in btf.maps.items() if definition.flags & READ_ONLY}
    assert protected == CONTROL_PLANE_HASHES
    assert not any(btf.maps[name].flags & MAPPABLE for name in protected)


@pytest.mark.parametrize("loader", LoaderName)
def test_the_verifier_refuses_an_intruder(loader: LoaderName) -> None:
    with pytest.raises(LoadError, match=r"program from_container refused: .*write"):
        load(INTRUDER, loader)
