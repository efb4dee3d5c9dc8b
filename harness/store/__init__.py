"""What runs have found, in one SQLite file: written as a run goes on, read by every report."""
