"""Which branches of both sides have been taken: counters, reports, the reviewed list."""
