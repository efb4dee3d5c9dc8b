"""Mutation operators, one per file, by the language that they work on."""
