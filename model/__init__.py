"""Twinpath's executable specification (see docs/specification.md)."""
