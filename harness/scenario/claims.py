"""The claims of a scenario file: clauses that it meets, and clauses that it only comes near to."""

from __future__ import annotations

from harness.scenario.document import Node
from harness.scenario.error import FormatError, one_of, shown
from harness.scenario.reading import Fields, listing, scalar
from model.clauses import CLAUSES


def read_claims(given: Fields) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """`clauses:` and `misses:` of a file. Raises FormatError for an id that is in both."""
    clauses = given.optional("clauses", listing(clause), ())
    misses = given.optional("misses", listing(clause), ())
    both = [one for one in misses if one in clauses]
    if both:
        place = given.value("misses").place
        raise FormatError(place, f"{both[0]} is among the clauses too", "keep one")
    return clauses, misses


def clause(node: Node) -> str:
    """The id of a clause of docs/specification.md."""
    word = scalar(node)
    if word.text not in CLAUSES:
        raise FormatError(
            word.place, f"unknown clause {shown(word.text)}", one_of(CLAUSES, word.text)
        )
    return word.text
