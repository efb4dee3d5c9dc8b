"""Operators on Python, the domain's own first: where two make the same change, the first has it."""

from __future__ import annotations

from typing import Final

from harness.mutate.operator import Operator
from harness.mutate.operators.python import (
    address_ends,
    arithmetic,
    byte_order,
    constant,
    direction,
    early_return,
    flag_bit,
    length_formula,
    logical,
    ports,
    precedence,
    relational,
    stale_field,
    statement,
    ternary,
    timeout,
    verdict,
    wrong_map,
)
from harness.mutate.python_source import PythonSource

OPERATORS: Final[tuple[Operator[PythonSource], ...]] = (
    address_ends.OPERATOR,
    ports.OPERATOR,
    direction.OPERATOR,
    byte_order.OPERATOR,
    wrong_map.OPERATOR,
    timeout.OPERATOR,
    flag_bit.OPERATOR,
    early_return.OPERATOR,
    verdict.OPERATOR,
    precedence.OPERATOR,
    stale_field.OPERATOR,
    length_formula.OPERATOR,
    relational.OPERATOR,
    logical.OPERATOR,
    ternary.OPERATOR,
    arithmetic.OPERATOR,
    constant.OPERATOR,
    statement.OPERATOR,
)
