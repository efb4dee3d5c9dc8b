"""Packets that are aimed at a topology, made from byte templates."""
