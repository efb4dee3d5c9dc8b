"""Profiles of Hypothesis: `pytest --hypothesis-profile thorough` takes a hundred times as long.

Without it every run draws the same examples, so that a pipeline says the same twice.
"""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("ci", derandomize=True, database=None, deadline=None)
settings.register_profile("thorough", max_examples=10_000)
settings.load_profile("ci")
