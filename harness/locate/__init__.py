"""Where in either source a divergence comes from, as far as a run can tell."""
