"""Mutants are compiled in memory, and told to be equivalent by their instructions."""

from __future__ import annotations

import pytest

from harness.datapath.bench import SOURCE
from harness.kernel.build import build
from harness.kernel.errors import CompileError
from harness.mutate.compiler import Compiler, CompilerTimeoutError, digest
from harness.mutate.mutant import Mutant
from tests.mutate.mutants import mutant
from tests.mutate.processes import children


@pytest.fixture(scope="module")
def compiler() -> Compiler:
    return Compiler(SOURCE, 120)


def compiled(compiler: Compiler, given: Mutant) -> bytes:
    return compiler.compile(given.path, given.mutated)


def test_the_code_without_a_mutation_is_that_which_ships(compiler: Compiler) -> None:
    assert compiler.code == digest(build(SOURCE).read_bytes())


def test_a_mutant_has_other_instructions_and_the_file_stays(compiler: Compiler) -> None:
    before = (SOURCE.parent / "flow.h").read_bytes()
    data = compiled(compiler, mutant("flow.h", "now < ", "now <= "))
    assert digest(data) != compiler.code
    assert (SOURCE.parent / "flow.h").read_bytes() == before


def test_another_text_with_the_same_meaning_is_equivalent(compiler: Compiler) -> None:
    given = mutant("flow.h", "now < entry->expires", "!(now >= entry->expires)")
    assert digest(compiled(compiler, given)) == compiler.code


def test_another_map_alone_makes_other_code(compiler: Compiler) -> None:
    given = mutant("affinity.h", "map_update(affinities_ipv4", "map_update(affinities_ipv6")
    assert digest(compiled(compiler, given)) != compiler.code


def test_what_does_not_compile_names_its_line(compiler: Compiler) -> None:
    given = mutant("flow.h", "now < ", "nowhere < ")
    with pytest.raises(CompileError, match=rf"flow\.h:{given.line}: .*nowhere"):
        compiled(compiler, given)


def test_a_compiler_that_takes_too_long_is_stopped(
    compiler: Compiler, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = children()
    monkeypatch.setattr(compiler, "limit", 0.01)
    with pytest.raises(CompilerTimeoutError, match=r"not done in 0\.01 s"):
        compiled(compiler, mutant("flow.h", "now < ", "now <= "))
    assert children() <= before
