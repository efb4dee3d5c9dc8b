"""Each operator does what its examples say, and has work to do in the sources that ship."""

from __future__ import annotations

import ast

import pytest

from harness.mutate.c_source import CSource, parse_c
from harness.mutate.catalogue import all_mutants
from harness.mutate.mutant import Side
from harness.mutate.operator import Example, Operator, replaced
from harness.mutate.operators.c import OPERATORS as C_OPERATORS
from harness.mutate.operators.python import OPERATORS as PYTHON_OPERATORS
from harness.mutate.python_source import PythonSource, parse_python

C_EXAMPLES = [(one, example) for one in C_OPERATORS for example in one.examples]
PYTHON_EXAMPLES = [(one, example) for one in PYTHON_OPERATORS for example in one.examples]


@pytest.mark.parametrize(
    ("operator", "example"), C_EXAMPLES, ids=lambda one: getattr(one, "name", "")
)
def test_an_example_in_c(operator: Operator[CSource], example: Example) -> None:
    source = parse_c(example.before.encode())
    found = [replaced(source.data, one).decode() for one in operator.find(source)]
    assert example.after in found


@pytest.mark.parametrize(
    ("operator", "example"), PYTHON_EXAMPLES, ids=lambda one: getattr(one, "name", "")
)
def test_an_example_in_python(operator: Operator[PythonSource], example: Example) -> None:
    source = parse_python(example.before.encode())
    found = [replaced(source.data, one).decode() for one in operator.find(source)]
    assert example.after in found
    assert ast.parse(example.after)


@pytest.mark.parametrize(
    ("side", "names"),
    [
        (Side.DATAPATH, [one.name for one in C_OPERATORS]),
        (Side.MODEL, [one.name for one in PYTHON_OPERATORS]),
    ],
)
def test_every_operator_finds_places_in_what_ships(side: Side, names: list[str]) -> None:
    assert len(set(names)) == len(names)
    assert {one.operator for one in all_mutants(side)} == set(names)


def test_declarations_types_and_comments_are_left_alone() -> None:
    text = b"struct a { int source; };\n/* source + 1 */\nint f(struct a *a) { return 0; }\n"
    source = parse_c(text)
    for operator in C_OPERATORS:
        for begin, _, _ in operator.find(source):
            assert begin > text.index(b"{ return")


def test_macro_values_are_changed_at_their_place() -> None:
    text = b"#define FLAGS \\\n\t(1 << SYN | /* 7 */ 1 << ACK)\n"
    source = parse_c(text)
    constant = next(one for one in C_OPERATORS if one.name == "constant")
    assert [replaced(text, one) for one in constant.find(source)] == [
        text.replace(b"(1 <<", b"((1 + 1) <<"),
        text.replace(b" 1 << ACK", b" (1 + 1) << ACK"),
    ]


def test_explanations_and_annotations_of_the_model_are_left_alone() -> None:
    text = (
        b'def f(x: int = 5) -> int:\n    "A + b."\n    trace.note("CT-1", "a", x + 1)\n'
        b"    note_way(x + 1)\ndef note_way(x):\n    return x + 1\n"
    )
    source = parse_python(text)
    assert [one for operator in PYTHON_OPERATORS for one in operator.find(source)] == []
