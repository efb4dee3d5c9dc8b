"""docs/conformance.md is of these scenarios and these tests; `make conformance` renews it."""

from __future__ import annotations

import re

import pytest

from harness.commands.options import REPOSITORY
from harness.conformance.properties import find_properties
from model.clauses import CLAUSES

PAGE = (REPOSITORY / "docs" / "conformance.md").read_text()
SECTIONS = dict(re.findall(r"^### (\S+)\n(.*?)(?=^##|\Z)", PAGE, re.MULTILINE | re.DOTALL))

Claims = dict[str, dict[str, list[str]]]


def linked(clause: str, words: str) -> list[str]:
    """The files that a line of a clause's section links to, as the repository knows them."""
    lines = [line for line in SECTIONS[clause].splitlines() if line.startswith(f"- {words}: ")]
    return [name for line in lines for name in re.findall(r"\]\(\.\./([^)]*)\)", line)]


def test_the_page_has_exactly_the_clauses_in_order() -> None:
    assert list(SECTIONS) == list(CLAUSES)


@pytest.mark.parametrize("clause", CLAUSES)
def test_the_page_lists_the_scenarios_that_there_are(claims: Claims, clause: str) -> None:
    assert linked(clause, "hits") == claims[clause]["hits"]
    assert linked(clause, "misses") == claims[clause]["misses"]


def test_the_page_lists_the_properties_that_there_are() -> None:
    properties = find_properties(REPOSITORY)
    assert properties
    for kind, words in (("hits", "properties"), ("misses", "properties of a miss")):
        for clause in CLAUSES:
            files = [
                one.node.partition("::")[0] for one in properties if clause in getattr(one, kind)
            ]
            assert linked(clause, words) == files


def test_every_file_that_the_page_links_to_is_there() -> None:
    links = set(re.findall(r"\]\(\.\./([^)]*)\)", PAGE))
    assert len(links) > 300
    assert [name for name in sorted(links) if not (REPOSITORY / name).is_file()] == []


def test_every_clause_passes_on_the_shipped_page() -> None:
    rows = re.findall(r"^\| ((?:[A-Z]+)-\d+[a-z]?) \|.*\|$", PAGE, re.MULTILINE)
    assert rows == list(CLAUSES)
    for row in re.findall(r"^\| (?:[A-Z]+)-\d+[a-z]? \| .* \|$", PAGE, re.MULTILINE):
        assert set(row.split(" | ")[2:6]) <= {"pass", "-"}
        assert "pass" in row.split(" | ")[2:6]


def test_the_page_names_no_place_of_one_machine() -> None:
    assert str(REPOSITORY) not in PAGE
