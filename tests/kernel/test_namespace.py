"""Devices live in a namespace of the thread's own and leave nothing behind."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from harness.kernel.errors import DeviceError
from harness.kernel.loader import KernelContext, LoadedObject, RunResult
from harness.kernel.namespace import Namespace
from harness.kernel.processor import pinned_to_one_cpu
from tests.open_files import open_files

INDEXES = (2, 7, 900_000)

DIES_INSIDE = """
import os, signal
from harness.kernel.namespace import Namespace
namespace = Namespace()
namespace.ensure_device(4321)
print(os.readlink("/proc/self/ns/net"), flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""


def interfaces() -> dict[int, str]:
    return dict(socket.if_nameindex())


def own_namespace() -> str:
    return str(Path("/proc/thread-self/ns/net").readlink())


def test_devices_have_the_indexes_that_were_asked_for() -> None:
    with Namespace() as namespace:
        for index in INDEXES:
            namespace.ensure_device(index)
            namespace.ensure_device(index)
        assert sorted(interfaces()) == [1, *INDEXES]
        namespace.remove_device(7)
        namespace.remove_device(7)
        assert sorted(interfaces()) == [1, 2, 900_000]
        namespace.ensure_device(7)
        assert sorted(interfaces()) == [1, *INDEXES]


def test_the_thread_is_back_where_it_was() -> None:
    before, namespace_before = interfaces(), own_namespace()
    namespace = Namespace()
    assert own_namespace() != namespace_before
    namespace.ensure_device(2)
    namespace.close()
    namespace.close()
    assert own_namespace() == namespace_before
    assert interfaces() == before


def test_descriptors_are_given_back() -> None:
    with Namespace() as namespace:
        namespace.ensure_device(2)
    before = open_files()
    for _ in range(3):
        with Namespace() as namespace:
            namespace.ensure_device(2)
    assert open_files() == before


@pytest.mark.parametrize("index", [0, -5, 1 << 31])
def test_an_impossible_index_is_refused(index: int) -> None:
    with Namespace() as namespace, pytest.raises(DeviceError, match=f"index {index}: not between"):
        namespace.ensure_device(index)


def test_the_loopback_device_stays() -> None:
    with Namespace() as namespace:
        namespace.remove_device(1)
        assert sorted(interfaces()) == [1]


def test_programs_run_on_the_devices(loaded: LoadedObject) -> None:
    with Namespace() as namespace:
        namespace.ensure_device(55)
        result = loaded.programs["observe"].run(bytes(64), KernelContext(interface=55))
    assert isinstance(result, RunResult)
    seen = loaded.maps["sightings"].lookup(bytes(4)) or b""
    assert int.from_bytes(seen[16:20], "little") == 55


def test_a_killed_process_leaves_no_device() -> None:
    before = interfaces()
    killed = subprocess.run(
        [sys.executable, "-c", DIES_INSIDE], capture_output=True, check=False, text=True
    )
    assert killed.returncode == -signal.SIGKILL
    assert killed.stdout.startswith("net:[")
    assert killed.stdout.strip() != own_namespace()
    assert interfaces() == before
    named = Path("/run/netns")
    assert not named.exists() or not any("twinpath" in path.name for path in named.iterdir())


def test_a_pinned_thread_stays_on_one_cpu_and_is_let_go() -> None:
    before = os.sched_getaffinity(0)
    with pinned_to_one_cpu() as cpu:
        assert os.sched_getaffinity(0) == {cpu}
        assert cpu in before
    assert os.sched_getaffinity(0) == before
