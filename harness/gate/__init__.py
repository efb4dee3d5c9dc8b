"""The gate: what a pipeline asks about a change, held against what it was made from."""
