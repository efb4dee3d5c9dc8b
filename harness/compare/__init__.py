"""Compares what two sides say, in domain values; knows neither side."""
