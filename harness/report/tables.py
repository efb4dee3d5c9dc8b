"""Tables without lines, and numbers in them: fits eighty columns, reads well in a pipe."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, RenderResult
from rich.table import Column, Table

READABLE: Final = 12
"""Columns of the terminal below which a longer text is not folded."""

GAP: Final = 2


class WholeTable(Table):
    """A table that keeps every column and digit in a narrow terminal, which wraps its lines."""

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """As wide as there is room, but no narrower than can be read."""
        least = sum(least_width(column) + GAP for column in self.columns) - GAP
        wide = options.update(max_width=max(options.max_width, least))
        yield from super().__rich_console__(console, wide)


def least_width(column: Column) -> int:
    """What a column needs: all of its numbers, and enough of its texts."""
    longest = max((cell_len(str(cell)) for cell in (column.header, *column.cells)), default=0)
    return longest if column.no_wrap else min(longest, READABLE)


def plain_table(texts: Iterable[str], numbers: Iterable[str] = ()) -> Table:
    """A table with columns of text first, then columns of numbers, by their titles."""
    table = WholeTable(box=None, padding=(0, GAP, 0, 0), pad_edge=False)
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
