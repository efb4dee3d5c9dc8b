"""Finds out what becomes of a mutant."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from time import perf_counter
from traceback import walk_tb
from typing import Any, Final

from harness.datapath.bench import SOURCE, Bench
from harness.errors import UserError
from harness.kernel.errors import CompileError, KernelError, LoadError
from harness.mutate.child import ChildDiedError, ChildTimeoutError, in_child
from harness.mutate.compiler import Compiler, CompilerTimeoutError, digest
from harness.mutate.gate import likeliest_first
from harness.mutate.memory_file import memory_file
from harness.mutate.mutant import Mutant, Side
from harness.mutate.mutated_model import install, is_shared, module_name, same_code
from harness.mutate.result import Class, Kill, Means, Result
from harness.mutate.trial import Effort, attempt, with_properties
from harness.reference import ModelReference
from harness.step import Scenario

Known = Callable[[str], Result | None]
"""The result of a mutant with the same instructions, by their digest."""


class Judge:
    """Judges mutants one after the other; `paths` are where the scenarios came from."""

    def __init__(
        self, scenarios: Sequence[Scenario], paths: Sequence[Path], effort: Effort, known: Known
    ) -> None:
        self.scenarios = list(scenarios)
        self.paths = paths
        self.effort = effort
        self.known = known
        self._compiler: Compiler | None = None

    @property
    def compiler(self) -> Compiler:
        """Of bpf/; made when the first mutant needs it."""
        if self._compiler is None:
            self._compiler = Compiler(SOURCE, self.effort.limit)
        return self._compiler

    def judge(self, mutant: Mutant) -> Result:
        """What becomes of a mutant, and how long it took to find out."""
        begin = perf_counter()
        judge = self._datapath if mutant.side is Side.DATAPATH else self._model
        return replace(judge(mutant), seconds=perf_counter() - begin)

    def _datapath(self, mutant: Mutant) -> Result:
        try:
            data = self.compiler.compile(mutant.path, mutant.mutated)
        except CompileError as error:
            return Result(Class.NOT_COMPILED, detail=str(error))
        except CompilerTimeoutError as error:
            return Result(Class.TIMED_OUT, detail=str(error))
        code = digest(data)
        if code == self.compiler.code:
            return Result(Class.EQUIVALENT, code=code)
        known = self.known(code)
        if known is not None:
            return known
        return replace(self._in_child(lambda: self._try_object(mutant, data)), code=code)

    def _try_object(self, mutant: Mutant, data: bytes) -> dict[str, object]:
        with memory_file(data) as file:
            return with_properties(self._run_object(mutant, file.path), file.path, self.effort)

    def _run_object(self, mutant: Mutant, path: Path) -> dict[str, object]:
        with Bench() as bench:
            try:
                subject = bench.open(path)
            except LoadError as error:
                refused = " refused: " in error.what
                status = Class.REFUSED if refused else Class.FAILED
                return {"status": status.value, "detail": error.what.partition(": ")[2]}
            scenarios = likeliest_first(self.scenarios, mutant.clauses)
            return attempt(ModelReference(), subject, scenarios, mutant.clauses, self.effort)

    def _model(self, mutant: Mutant) -> Result:
        name = mutant.file
        try:
            mutated = compile(mutant.mutated, name, "exec", dont_inherit=True)
        except SyntaxError as error:
            return Result(Class.NOT_COMPILED, detail=f"line {error.lineno}: {error.msg}")
        if same_code(mutated, compile(mutant.data, name, "exec", dont_inherit=True)):
            return Result(Class.EQUIVALENT)
        code = hashlib.sha256(mutant.mutated).hexdigest()[:32]
        return replace(self._in_child(lambda: self._try_model(mutant)), code=code)

    def _try_model(self, mutant: Mutant) -> dict[str, object]:
        try:
            install(mutant.path, mutant.mutated)
        except Exception as error:
            return {"status": Class.NOT_COMPILED.value, "detail": raised(error)}
        try:
            return with_properties(self._run_model(mutant), SOURCE, self.effort)
        except Exception as error:
            if not tells_of_mutant(error):
                raise
            return {"kill": crash(error), "packets": 0}

    def _run_model(self, mutant: Mutant) -> dict[str, object]:
        """Everything by its name: with mutated words this module's own imports are the old ones."""
        fresh: Callable[[str], Any] = import_module
        gate = fresh("harness.mutate.gate")
        scenarios = self.scenarios
        if is_shared(module_name(mutant.path)):
            scenarios = gate.load_gate(self.paths)
        scenarios = gate.likeliest_first(scenarios, mutant.clauses)
        with fresh("harness.datapath.bench").Bench() as bench:
            reference = fresh("harness.reference").ModelReference()
            run = fresh("harness.mutate.trial").attempt
            answer: dict[str, object] = run(
                reference, bench.open(), scenarios, mutant.clauses, self.effort
            )
            return answer

    def _in_child(self, work: Callable[[], dict[str, object]]) -> Result:
        try:
            return result_of(in_child(work, self.effort.whole_limit))
        except ChildTimeoutError:
            return Result(Class.TIMED_OUT, detail=f"not done in {self.effort.whole_limit:g} s")
        except (ChildDiedError, KernelError) as error:
            return Result(Class.FAILED, detail=str(error))


def result_of(answer: dict[str, Any]) -> Result:
    """What a mutant's process has found out."""
    if "status" in answer:
        return Result(Class(answer["status"]), detail=answer["detail"])
    kill = answer["kill"]
    return Result(
        Class.SURVIVED if kill is None else Class.KILLED,
        gate_seconds=answer.get("seconds", 0.0),
        kill=None if kill is None else Kill(**{**kill, "kinds": tuple(kill["kinds"])}),
        matrix=answer.get("matrix", {}),
        detail=f"{answer['packets']} packets agree" if kill is None else "",
        properties=answer.get("properties", ""),
    )


WRONG_VALUES: Final = (TypeError, AttributeError, LookupError, ValueError, ArithmeticError)
"""What a value of another kind raises in whatever code of ours it gets to. The original, which was
run before, raises none."""


def crash(error: Exception) -> dict[str, object]:
    """A mutated model that raises what no model raises, or that the harness refuses."""
    kill = Kill("the run itself", "", 0, 0, ("exception",), raised(error), Means.RUN)
    return {name: getattr(kill, name) for name in kill.__slots__}


def tells_of_mutant(error: Exception) -> bool:
    """Whether it is the mutated model's doing: its own, or what its values bring about."""
    return raised_by_model(error) or is_refusal(error) or isinstance(error, WRONG_VALUES)


def raised_by_model(error: Exception) -> bool:
    """Whether code of the model was under way when it was raised."""
    frames = (frame for frame, _ in walk_tb(error.__traceback__))
    return any(frame.f_globals.get("__name__", "").startswith("model.") for frame in frames)


def is_refusal(error: Exception) -> bool:
    """Whether the harness itself would not run such a model: its layouts are not the datapath's.

    By name, since with mutated words the class is another one than this module's.
    """
    return any(base.__name__ == UserError.__name__ for base in type(error).__mro__)


def raised(error: Exception) -> str:
    """An exception in a line."""
    return f"{type(error).__name__}: {error}".partition("\n")[0]
