"""Drives two subjects through the same steps and stops at the first difference."""
