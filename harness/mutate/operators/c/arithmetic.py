"""One arithmetic or bit operator taken for another."""

from __future__ import annotations

from collections.abc import Iterator

from harness.mutate.c_source import CSource
from harness.mutate.operator import Example, Operator, Replacement

OTHERS = {
    b"+": b"-",
    b"-": b"+",
    b"*": b"+",
    b"/": b"*",
    b"%": b"/",
    b"&": b"|",
    b"|": b"&",
    b"^": b"|",
    b"<<": b">>",
    b">>": b"<<",
    b"+=": b"-=",
    b"|=": b"=",
    b"&=": b"=",
    b"^=": b"=",
    b"*=": b"+=",
}


def find(source: CSource) -> Iterator[Replacement]:
    """Operators between two values; not those of addresses of things."""
    for place in source.walk("binary_expression", "assignment_expression"):
        sign = place.part("operator")
        if source.text(sign) in OTHERS:
            yield source.replace(sign, OTHERS[source.text(sign)])


OPERATOR = Operator(
    "arithmetic",
    "arithmetic or bit operator changed",
    (
        Example("int f(void) { return a + b; }", "int f(void) { return a - b; }"),
        Example("void f(void) { a ^= b; }", "void f(void) { a = b; }"),
    ),
    find,
)
