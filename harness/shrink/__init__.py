"""Brings a failing scenario down to the same divergence in its shortest, canonical form."""
