"""Scenarios out of a seed: a topology, then packets, time and operations that are aimed at it."""
