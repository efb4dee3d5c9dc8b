"""The page: tables between markers, words untouched."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from harness.bench.charts import draw_charts
from harness.bench.measurement import Measurement, Results
from harness.bench.page import PAGE, write_page
from harness.bench.suites import SUITES
from harness.errors import UserError
from harness.kernel.errors import MissingToolError

TEXT = """# Words
<!-- programs: begin -->
old
<!-- programs: end -->
more words
"""
RESULTS = Results(
    {"kernel": "Linux"},
    (
        Measurement("programs/a", "instructions", 1234),
        Measurement("programs/b", "ms", 5.5, 6.0, 0.1, limit=5.0),
    ),
)


def test_a_table_is_replaced_and_words_stay(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(TEXT)
    write_page(RESULTS, page, tmp_path)
    text = page.read_text()
    assert text.startswith("# Words\n")
    assert text.endswith("more words\n")
    assert "old" not in text
    assert "| programs/a | 1,234 |  | instructions |  |  |" in text
    assert "| programs/b | 5.50 | 6 | ms | 5 | missed |" in text
    write_page(RESULTS, page, tmp_path)
    assert page.read_text() == text


def test_a_page_without_markers_is_told(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("# Words\n")
    with pytest.raises(UserError, match="needs the lines <!-- programs: begin -->"):
        write_page(RESULTS, page, tmp_path)


def test_the_page_has_a_place_for_every_suite() -> None:
    text = PAGE.read_text()
    for suite in (*SUITES, "memory", "bounds"):
        assert text.count(f"<!-- {suite}: begin -->\n") == 1


def test_without_the_charts_library_it_is_said_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(MissingToolError, match=r"pip install twinpath\[report\]"):
        draw_charts({"growth": []}, tmp_path)
