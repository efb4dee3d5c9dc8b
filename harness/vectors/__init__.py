"""Recorded vectors: what the datapath answered, for machines that cannot load it."""
