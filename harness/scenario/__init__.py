"""Scenario files: YAML that people write, read strictly into steps, and written back."""
