"""A campaign's results for people and for other programs, one form per file."""
