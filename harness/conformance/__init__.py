"""Conformance: which clauses of the specification a datapath was seen to keep, and by what."""
