"""Writes steps back as scenario files, so that what a run found becomes a file to keep."""
