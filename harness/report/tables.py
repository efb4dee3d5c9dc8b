"""Tables without lines, and numbers in them: fits eighty columns, reads well in a pipe."""

from __future__ import annotations

from collections.abc import Iterable

from rich.table import Table


def plain_table(texts: Iterable[str], numbers: Iterable[str] = ()) -> Table:
    """A table with columns of text first, then columns of numbers, by their titles."""
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False)
    for title in texts:
        table.add_column(title, overflow="fold")
    for title in numbers:
        table.add_column(title, justify="right", no_wrap=True)
    return table


def number(value: float) -> str:
    """A number with as many digits as mean something."""
    if abs(value) >= 1000 or value == int(value):
        return f"{value:,.0f}"
    return f"{value:,.1f}" if abs(value) >= 10 else f"{value:,.2f}"
