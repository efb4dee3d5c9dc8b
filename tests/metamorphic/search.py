"""Whether a claim holds for everything that Hypothesis makes up, the same in every run."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

Example = TypeVar("Example")
Claim = Callable[[Example], None]

EXAMPLES = 150
SLOW = (HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example)


def holds(
    claim: Claim[Example], examples: st.SearchStrategy[Example], count: int = EXAMPLES
) -> None:
    """The claim holds; where it does not, the least example that shows it is shown."""
    search(claim, examples, count, (Phase.generate, Phase.shrink))


def is_refuted(
    claim: Claim[Example], examples: st.SearchStrategy[Example], count: int = EXAMPLES
) -> None:
    """Some example shows that the claim does not hold."""
    with pytest.raises(AssertionError):
        search(claim, examples, count, (Phase.generate,))


def search(
    claim: Claim[Example],
    examples: st.SearchStrategy[Example],
    count: int,
    phases: tuple[Phase, ...],
) -> None:
    @settings(
        max_examples=count,
        phases=phases,
        derandomize=True,
        database=None,
        deadline=None,
        report_multiple_bugs=False,
        suppress_health_check=SLOW,
    )
    @given(examples)
    def run(example: Example) -> None:
        claim(example)

    run()
