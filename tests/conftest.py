"""Profiles of Hypothesis: `pytest --hypothesis-profile thorough` takes a hundred times as long."""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("thorough", max_examples=10_000)
