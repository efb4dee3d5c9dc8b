"""The array `policy_pages`: pages with the same contents are one, counted by its users."""

from __future__ import annotations

from functools import partial
from typing import NamedTuple

from harness.datapath.codec.policy import PolicyCodec
from harness.datapath.control_plane.allocation import SlotAllocator
from harness.datapath.control_plane.journal import Journal
from harness.datapath.control_plane.plan import Phase, Plan
from harness.datapath.control_plane.port_table import PortTable
from harness.subject import OperationError

FIRST_PAGE = 1
"""An entry of 0 means no rule, so page 0 cannot be named."""


class CompiledTables(NamedTuple):
    """Words of `struct policy_tables`, and every page that they lead to, once for each use."""

    words: tuple[int, ...]
    pages: tuple[int, ...]


class PolicyPages:
    """Finds or makes the pages of compiled tables. A page never changes while it is in use."""

    def __init__(self, size: int, codec: PolicyCodec) -> None:
        self._codec = codec
        self._slots = SlotAllocator(size, FIRST_PAGE)
        self._numbers: dict[tuple[int, ...], int] = {}
        self._contents: dict[int, tuple[int, ...]] = {}
        self._uses: dict[int, int] = {}

    def used(self) -> int:
        """How many pages were ever in use, page 0 included."""
        return self._slots.used

    def acquire(
        self, tables: tuple[PortTable, ...], plan: Plan, journal: Journal
    ) -> CompiledTables:
        """Words that lead to the tables' pages. Raises OperationError where there is no room."""
        pages: list[int] = []
        words = []
        for table in tables:
            if isinstance(table, int):
                words.append(table)
                continue
            entries = [
                block if isinstance(block, int) else self._acquire_page(block, pages, plan, journal)
                for block in table
            ]
            words.append(self._acquire_page(tuple(entries), pages, plan, journal))
        return CompiledTables(tuple(words), tuple(pages))

    def release(self, compiled: CompiledTables, journal: Journal) -> None:
        """Tables are not used any more; at the end of the transaction unused pages are free."""
        for page in compiled.pages:
            if journal.count(self._uses, page, -1) == 0:
                journal.at_commit(partial(self._free, page))

    def _acquire_page(
        self, entries: tuple[int, ...], pages: list[int], plan: Plan, journal: Journal
    ) -> int:
        page = self._numbers.get(entries)
        if page is None:
            page = self._slots.allocate(journal)
            if page is None:
                raise OperationError(
                    "table policy_pages is full: load the object with a larger one"
                )
            journal.set(self._numbers, entries, page)
            journal.set(self._contents, page, entries)
            plan.put_index(Phase.PREPARE, "policy_pages", page, self._codec.encode_page(entries))
        journal.count(self._uses, page, 1)
        pages.append(page)
        return page

    def _free(self, page: int) -> None:
        """Give a page back, unless the same transaction has found a use for it after all."""
        if page not in self._uses and page in self._contents:
            del self._numbers[self._contents.pop(page)]
            self._slots.release(page)
