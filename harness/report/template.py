"""The template engine, set up once: autoescape on, nothing undefined, no blank lines left."""

from __future__ import annotations

from jinja2 import Environment, PackageLoader, StrictUndefined

from harness.report.tables import number


def environment(package: str = "harness.report", autoescape: bool = True) -> Environment:
    """Templates of a package."""
    found = Environment(
        loader=PackageLoader(package),
        autoescape=autoescape,  # noqa: S701 - Markdown escapes by a filter of its own
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    found.filters["number"] = number
    return found
