"""An instrumented build of any C source: what is kept, what makes a new one, what it counts."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from harness.coverage.build import build_instrumented, require_unchanged
from harness.coverage.counters import BranchCounters
from harness.coverage.datapath import datapath_coverage
from harness.coverage.instrument import SECTION
from harness.kernel.errors import CompileError
from harness.kernel.interface import KernelContext, RunResult
from harness.kernel.loader import MapOptions, load

SMALL = Path(__file__).parent / "objects" / "small.bpf.c"
FRAME = bytes(64)
MARKED = KernelContext(mark=7)


@pytest.fixture
def source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy to be changed, and an empty cache."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return Path(shutil.copy(SMALL, tmp_path))


def test_a_build_is_kept_and_a_changed_blank_makes_a_new_one(source: Path) -> None:
    first = build_instrumented(source)
    assert build_instrumented(source) == first
    require_unchanged(first)
    source.write_text(source.read_text().replace("mark == 7", "mark  ==  7"))
    assert build_instrumented(source).object != first.object
    with pytest.raises(CompileError) as caught:
        require_unchanged(first)
    assert str(caught.value) == f"{source}: has changed since it was built; run again"


def test_a_source_that_does_not_compile_is_told_with_its_line(source: Path) -> None:
    source.write_text(source.read_text().replace("skb->mark", "skb->colour"))
    with pytest.raises(CompileError, match=r"small\.bpf\.c:9: no member named 'colour'"):
        build_instrumented(source)


def test_the_kernel_counts_which_way_was_taken(source: Path) -> None:
    build = build_instrumented(source)
    loaded = load(build.object, options=MapOptions(mappable=(SECTION,)))
    counters = BranchCounters(loaded, build)
    for context in (KernelContext(), MARKED, KernelContext()):
        assert isinstance(loaded.programs["choose"].run(FRAME, context), RunResult)
    assert sorted(counters.values.tolist()) == [1, 3]
    counters.clear()
    loaded.programs["choose"].run(FRAME, MARKED)
    side = datapath_coverage(build, counters.values, source.parent)
    loaded.close()
    (file,) = side.files
    assert (file.file, file.lines, file.lines_reached) == ("small.bpf.c", 3, 3)
    assert [(one.line, one.text, one.outcome, one.reached) for one in side.branches] == [
        (9, "skb->mark == 7", "false", False),
        (9, "skb->mark == 7", "true", True),
    ]
