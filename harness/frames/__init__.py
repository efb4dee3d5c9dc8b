"""Frames from what their headers say, and back: the plainest frame that says it."""
