"""A cache of their own for the kernel tests, and the small object that most of them load."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.kernel.build import build
from harness.kernel.capabilities import capabilities
from harness.kernel.loader import LoadedObject, LoaderName, load

OBJECTS = Path(__file__).parent / "objects"
TWO_LOADERS = OBJECTS / "two_loaders.bpf.c"


@pytest.fixture(scope="session", autouse=True)
def cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The cache folder of this session."""
    folder = tmp_path_factory.mktemp("cache")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(folder))
        yield folder / "twinpath"


@pytest.fixture(scope="session")
def kernel() -> None:
    """Fails, and does not skip, where BPF cannot be loaded: nothing would have been tested."""
    wanted = {"bpf permission", "test runs", "libbpf", "clang", "libbpf headers"}
    lacking = [found for found in capabilities() if found.name in wanted and not found.ok]
    if lacking:
        pytest.fail(f"these tests load BPF, but: {lacking[0].detail}; {lacking[0].remedy}")


@pytest.fixture(scope="module", params=list(LoaderName), ids=lambda loader: loader.value)
def loaded(request: pytest.FixtureRequest, kernel: None) -> Iterator[LoadedObject]:
    """two_loaders.bpf.c in the kernel, by each loader in turn."""
    loaded_object = load(TWO_LOADERS, request.param)
    yield loaded_object
    loaded_object.close()


@pytest.fixture(scope="module")
def by_libbpf(kernel: None) -> Iterator[LoadedObject]:
    """two_loaders.bpf.c in the kernel by libbpf."""
    loaded_object = load(TWO_LOADERS)
    yield loaded_object
    loaded_object.close()


@pytest.fixture(scope="session")
def built(cache: Path) -> Path:
    """The object file of two_loaders.bpf.c."""
    return build(TWO_LOADERS)
