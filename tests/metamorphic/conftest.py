"""The datapath that ships, by both loaders, and faulty ones, on one bench."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from harness.datapath.bench import SOURCE, Bench
from harness.datapath.subject import KernelSubject
from harness.kernel.interface import LoaderName
from harness.mutate.properties import PLUGIN
from tests.metamorphic.fault import Fault

Plant = Callable[..., KernelSubject]


@pytest.fixture(scope="package")
def bench() -> Iterator[Bench]:
    with Bench() as bench:
        yield bench


@pytest.fixture(scope="package")
def shipped(bench: Bench, request: pytest.FixtureRequest) -> KernelSubject:
    """The datapath as libbpf loads it; a mutant of it where `twinpath mutate` asks."""
    mutated = request.config.pluginmanager.get_plugin(PLUGIN)
    return bench.open(SOURCE if mutated is None else mutated.source)


@pytest.fixture(scope="package")
def shipped_by_bcc(bench: Bench) -> KernelSubject:
    """The same source as bcc compiles and loads it."""
    return bench.open(loader=LoaderName.BCC)


@pytest.fixture
def planted(bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Plant]:
    """Opens a datapath with a fault; neither it nor its object outlives the test.

    What bcc compiles is never kept, and the kernel headers that it needs are in the usual cache.
    """
    opened: list[KernelSubject] = []

    def plant(fault: Fault, loader: LoaderName = LoaderName.LIBBPF) -> KernelSubject:
        if loader is LoaderName.LIBBPF:
            monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
        opened.append(bench.open(fault.plant(tmp_path / "bpf"), loader))
        return opened[-1]

    yield plant
    for subject in opened:
        subject.close()
