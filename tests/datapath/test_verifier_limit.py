"""The verifier has room to spare: other kernels look at more of the same program."""

from __future__ import annotations

import pytest

from harness.commands.load import VERIFIER_LIMIT
from harness.datapath.bench import SOURCE
from harness.datapath.subject import PROGRAMS
from harness.kernel.loader import LoaderName, load

MOST = VERIFIER_LIMIT // 4


@pytest.mark.parametrize("loader", list(LoaderName), ids=lambda loader: loader.value)
def test_each_program_takes_a_quarter_of_the_limit_at_most(loader: LoaderName) -> None:
    loaded = load(SOURCE, loader)
    try:
        statistics = loaded.statistics()
    finally:
        loaded.close()
    processed = {name: statistics[name].processed_instructions for name in PROGRAMS.values()}
    assert all(0 < number <= MOST for number in processed.values()), processed
