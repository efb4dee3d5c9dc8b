"""Whatever the kernel can refuse to a packet has been refused, and no error is swallowed."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from harness.datapath.bench import SOURCE, Bench
from harness.kernel.interface import LoaderName
from harness.lockstep.engine import Lockstep
from harness.lockstep.session import Session
from harness.reference import ModelReference
from harness.sources import find_sources

CORPUS = Path(__file__).parents[2] / "corpora" / "scenarios" / "failing-calls"
TRACES = "bpf_skb_load_bytes"
"""What those scenarios do not call: a trace reads the frame before and after."""


def run(session: Session) -> None:
    session.run([one for source in find_sources([CORPUS]) for one in source.scenarios()])


@pytest.mark.parametrize("loader", list(LoaderName), ids=lambda loader: loader.value)
def test_every_call_that_can_fail_has_failed(loader: LoaderName) -> None:
    with Bench() as bench:
        subject = bench.open(loader=loader)
        session = Session(Lockstep(ModelReference(), subject))
        run(session)
        assert session.total.divergences == []
        assert session.total.failures == 0
        left = [line.partition(" at ")[0] for line in subject.loaded.failing().untried()]
    assert [line for line in left if line.startswith("from_container")] == [
        f"from_container: {TRACES}" for _ in range(2)
    ]
    assert "to_container: bpf_map_update_elem" not in left  # it has answers that nothing reaches


@pytest.mark.parametrize(
    ("file", "error", "swallowed"),
    [
        (
            "rewrite.h",
            "BPF_F_PSEUDO_HDR | flags))\n\t\treturn false;",
            "BPF_F_PSEUDO_HDR | flags))\n\t\t;",
        ),
        (
            "record.h",
            "conntrack_delete(context->tuple, family);\n\t\treturn false;",
            "return false;",
        ),
    ],
    ids=["a checksum that is not updated", "a selection that is not taken back"],
)
def test_a_swallowed_error_diverges(tmp_path: Path, file: str, error: str, swallowed: str) -> None:
    copy = tmp_path / "bpf"
    shutil.copytree(SOURCE.parent, copy)
    text = (copy / file).read_text(encoding="utf-8")
    assert text.count(error) == 1
    (copy / file).write_text(text.replace(error, swallowed), encoding="utf-8")
    with Bench() as bench:
        session = Session(Lockstep(ModelReference(), bench.open(copy / SOURCE.name)))
        run(session)
    assert session.total.divergences
    assert all(one.failed_call is not None for one in session.total.divergences)
