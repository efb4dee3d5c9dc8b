"""Fetches real captures from the source archives of packages; this repository holds none."""
