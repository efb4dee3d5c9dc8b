"""Puts a mutated module of the model into this process, in the place of the real one."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib import import_module
from importlib.abc import InspectLoader, MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.util import spec_from_loader
from types import CodeType, ModuleType
from typing import Final

SHARED: Final = ("model.domain", "model.clauses", "model.trace", "model.drop")
"""Words that the harness uses too. Where one of them is mutated all of the harness is imported
anew; otherwise the machines alone are, and the words stay the same objects."""


class MutatedLoader(MetaPathFinder, InspectLoader):
    """Finds and loads one module from a source in memory."""

    def __init__(self, name: str, data: bytes) -> None:
        self.name = name
        self.data = data

    def find_spec(
        self, fullname: str, _path: Sequence[str] | None, _target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """The one module."""
        return spec_from_loader(fullname, self) if fullname == self.name else None

    def get_source(self, _fullname: str) -> str:
        """The mutated text."""
        return self.data.decode()

    def is_package(self, _fullname: str) -> bool:
        """No mutant is a package."""
        return False


def module_name(path: str) -> str:
    """The module in a file below model/."""
    return "model." + path.removesuffix(".py").replace("/", ".")


def is_shared(name: str) -> bool:
    """Whether a module of the model is used by the harness too."""
    return name.startswith(SHARED)


def install(path: str, data: bytes) -> None:
    """Have everything that depends on a module imported anew, with the mutant in its place.

    Raises what importing the mutant raises.
    """
    name = module_name(path)
    for other in list(sys.modules):
        if depends(other, is_shared(name)):
            forget(other)
    sys.meta_path.insert(0, MutatedLoader(name, data))
    import_module(name)
    import_module("harness.reference")


def forget(name: str) -> None:
    """Have a module imported anew; its package must not hand out the old one either."""
    del sys.modules[name]
    parent, _, child = name.rpartition(".")
    if hasattr(sys.modules.get(parent), child):
        delattr(sys.modules[parent], child)


def depends(name: str, on_words: bool) -> bool:
    """Whether a module has to be imported anew."""
    if on_words:
        return name.partition(".")[0] in ("model", "harness")
    if name == "harness.reference":
        return True
    return name.startswith("model.") and not is_shared(name)


def same_code(one: CodeType, other: CodeType) -> bool:
    """Whether two pieces of byte code do the same, whatever lines they come from."""
    if (one.co_code, one.co_names, one.co_varnames) != (
        other.co_code,
        other.co_names,
        other.co_varnames,
    ):
        return False
    if len(one.co_consts) != len(other.co_consts):
        return False
    return all(map(_same_constant, one.co_consts, other.co_consts))


def _same_constant(one: object, other: object) -> bool:
    if isinstance(one, CodeType) and isinstance(other, CodeType):
        return same_code(one, other)
    return type(one) is type(other) and one == other
