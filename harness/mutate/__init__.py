"""Mutation testing: how many faults planted in either side the gate would find."""
