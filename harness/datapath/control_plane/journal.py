"""How a transaction is taken back, and what waits until it stands."""

from __future__ import annotations

from collections.abc import Callable, MutableMapping
from operator import delitem, setitem
from typing import Any, TypeVar

Key = TypeVar("Key")
Value = TypeVar("Value")
Action = Callable[[], None]


class Journal:
    """Undo actions, run in reverse on `roll_back`, and actions that `commit` runs in order."""

    def __init__(self) -> None:
        self._undo: list[tuple[Any, ...]] = []  # functions and arguments: smaller than closures
        self._later: list[Action] = []

    def undo_with(self, action: Action) -> None:
        """Remember how to take back what is about to be done."""
        self._undo.append((action,))

    def after_undo(self, action: Action) -> None:
        """Remember what has to be done once everything else is taken back."""
        self._undo.insert(0, (action,))

    def at_commit(self, action: Action) -> None:
        """Put off what must not happen before the transaction stands; it must not fail."""
        self._later.append(action)

    def set(self, mapping: MutableMapping[Key, Value], key: Key, value: Value) -> None:
        """Set an item."""
        if key in mapping:
            self._undo.append((setitem, mapping, key, mapping[key]))
        else:
            self._undo.append((delitem, mapping, key))
        mapping[key] = value

    def drop(self, mapping: MutableMapping[Key, Value], key: Key) -> Value:
        """Remove an item that is there, and return it."""
        value = mapping.pop(key)
        self._undo.append((setitem, mapping, key, value))
        return value

    def count(self, mapping: MutableMapping[Key, int], key: Key, step: int) -> int:
        """Change a reference count; it disappears at 0. Returns what it is now."""
        value = mapping.get(key, 0) + step
        if value:
            self.set(mapping, key, value)
        else:
            self.drop(mapping, key)
        return value

    def roll_back(self) -> None:
        """Take everything back, last first; a failure is raised when all the rest is back."""
        failures: list[Exception] = []
        while self._undo:
            undo, *arguments = self._undo.pop()
            try:
                undo(*arguments)
            except Exception as error:  # what is left has to be taken back as well
                failures.append(error)
        if failures:
            raise failures[0]

    def commit(self) -> None:
        """Let everything stand."""
        for action in self._later:
            action()
