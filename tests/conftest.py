"""What all tests share: profiles of Hypothesis, and children as users start them.

`pytest --hypothesis-profile thorough` takes a hundred times as long. Without it every run draws the
same examples, so that a pipeline says the same twice.
"""

from __future__ import annotations

import os
import signal

from hypothesis import settings

os.environ.pop("PYTHONUNBUFFERED", None)  # it would hide what goes wrong at the last flush

settings.register_profile("ci", derandomize=True, database=None, deadline=None)
settings.register_profile("thorough", max_examples=10_000)
settings.load_profile("ci")

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # So a shell starts what it runs in the background, and children inherit it: they would not
    # hear the tests that interrupt them.
    signal.signal(signal.SIGINT, signal.default_int_handler)
