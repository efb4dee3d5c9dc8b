"""Tests of `twinpath gate`."""
