"""The page docs/specification.md and what the code repeats of it: clause ids and reasons."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from model.clauses import CLAUSES
from model.domain.reason import Reason

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "docs/specification.md").read_text()
CLAUSE = r"(?:PKT|CT|LB|NAT|POL|FRAG|OBS)-\d+[a-z]?"


def defined_clauses() -> list[str]:
    """Ids in the order in which the page defines them; one section has its id in the heading."""
    items = re.findall(rf"^- \*\*({CLAUSE})\*\*", PAGE, re.MULTILINE)
    headings = re.findall(rf"^## .*\(({CLAUSE})\)$", PAGE, re.MULTILINE)
    return [*items, *(heading for heading in headings if heading not in items)]


def sources() -> list[Path]:
    return sorted((ROOT / "model").rglob("*.py"))


def cited_clauses(path: Path) -> Iterator[str]:
    """Ids given to `note` and `Drop` as a constant, whatever the branch."""
    for node in ast.walk(ast.parse(path.read_text())):
        if not isinstance(node, ast.Call):
            continue
        name = (
            node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        )
        if name in {"note", "Drop"}:
            place = 0 if name == "note" else 1
            yield from (
                part.value
                for part in ast.walk(node.args[place])
                if isinstance(part, ast.Constant) and isinstance(part.value, str)
            )


def test_no_clause_is_defined_twice() -> None:
    defined = defined_clauses()
    assert len(defined) == len(set(defined))
    assert len(defined) > 80


def test_the_list_of_clauses_is_that_of_the_page() -> None:
    assert set(CLAUSES) == set(defined_clauses())


def test_every_clause_that_the_page_refers_to_is_defined() -> None:
    assert set(re.findall(rf"\b{CLAUSE}\b", PAGE)) <= set(CLAUSES)


@pytest.mark.parametrize("path", sources(), ids=lambda path: str(path.relative_to(ROOT)))
def test_every_clause_that_the_model_cites_exists(path: Path) -> None:
    assert set(cited_clauses(path)) <= set(CLAUSES)
    assert set(re.findall(rf"\b{CLAUSE}\b", path.read_text())) <= set(CLAUSES)


def test_the_check_itself_sees_citations_in_both_branches(tmp_path: Path) -> None:
    source = tmp_path / "module.py"
    source.write_text(
        'trace.note("CT-1" if x else "CT-99", "words")\nraise Drop(reason, "PKT-0")\n'
    )
    assert set(cited_clauses(source)) == {"CT-1", "CT-99", "PKT-0"}


def page_reasons() -> dict[str, int]:
    rows = re.findall(r"^\| (\d+) \| `(\w+)` \|", PAGE, re.MULTILINE)
    return {name.upper(): int(number) for number, name in rows}


def test_reasons_have_the_numbers_of_the_page() -> None:
    assert {reason.name: reason.value for reason in Reason} == page_reasons()


def test_the_datapaths_reasons_have_the_same_numbers() -> None:
    header = (ROOT / "bpf/reason.h").read_text()
    found = {name: int(number) for name, number in re.findall(r"REASON_(\w+) = (\d+)", header)}
    assert found.pop("LIMIT") > max(found.values())
    assert found == page_reasons()


def test_every_reason_is_given_somewhere_in_the_model() -> None:
    """A reason that nothing gives would be a promise that nothing keeps."""
    text = "".join(path.read_text() for path in sources() if path.name != "reason.py")
    given = set(re.findall(r"Reason\.([A-Z_0-9]+)", text))
    assert {reason.name for reason in Reason} == given


def test_reasons_refer_to_clauses_by_the_page() -> None:
    table = PAGE.split("## Reasons")[1].split("\n## ")[0]
    assert set(re.findall(CLAUSE, table)) <= set(CLAUSES)


def test_every_clause_has_a_test_that_names_it() -> None:
    """Tests name the clauses that they hold the model against; these have none to hold."""
    not_seen_in_the_model = {"POL-7"}
    text = "".join(path.read_text() for path in (ROOT / "tests/model").glob("test_*.py"))
    named = set(re.findall(rf"\b{CLAUSE}\b", text)) | ranges(text)
    assert set(CLAUSES) - named == not_seen_in_the_model


def ranges(text: str) -> set[str]:
    """Ids inside `LB-11a to LB-11d`."""
    found = set()
    for base, first, last in re.findall(r"\b([A-Z]+-\d+)([a-z]) to \1([a-z])", text):
        found |= {base + chr(letter) for letter in range(ord(first), ord(last) + 1)}
    for base, first, last in re.findall(r"\b([A-Z]+)-(\d+) to \1-(\d+)", text):
        found |= {f"{base}-{number}" for number in range(int(first), int(last) + 1)}
    return found
