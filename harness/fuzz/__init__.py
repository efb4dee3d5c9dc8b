"""Looks for divergences by itself: generated scenarios, guided by what both sides have reached."""
