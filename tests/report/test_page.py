"""The page as text: whole, offline, escaped."""

from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from harness.report.page import as_page
from harness.store.records import Measure, PastRun, Run, Standing
from tests.report import stored

DASH = "\N{EN DASH}"


class Reader(HTMLParser):
    """Collects tags, attributes and text, and holds each end tag against its beginning."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self.words = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(name, value or "") for name, value in attrs]
        if tag not in ("meta", "link", "br"):
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(name, value or "") for name, value in attrs]

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words += data


def read(run: Run) -> Reader:
    reader = Reader()
    reader.feed(as_page(run, stored.history()))
    reader.close()
    assert reader.open == []
    return reader


@pytest.mark.parametrize(
    "run", [stored.agreeing(), stored.diverging(), stored.empty(), stored.hostile()]
)
def test_the_page_needs_nothing_else(run: Run) -> None:
    reader = read(run)
    assert not {"script", "img", "iframe", "object"} & set(reader.tags)
    names = {name for name, _ in reader.attributes}
    assert not {name for name in names if name.startswith("on")}
    links = [value for name, value in reader.attributes if name in ("href", "src")]
    assert all(link.startswith("#") or link == "data:," for link in links)
    assert "url(" not in as_page(run)


def test_a_divergence_is_told_in_full() -> None:
    reader = read(stored.diverging())
    for words in (
        "1 divergence of 1 cause in 8 packets",
        stored.REPLAY,
        "bpf/rewrite.h:42",
        "model/reverse_nat.py:17",
        "20 of 20 times",
        "1 of 3 fields differ between the sides, 2 were rewritten.",
        "the sides diverge here",
    ):
        assert words in reader.words


def test_the_packet_is_compared_field_by_field() -> None:
    page = as_page(stored.diverging())
    (row,) = set(re.findall(r'<tr class="differs"><td>IP</td><td>src</td>.*?</tr>', page, re.S))
    assert re.findall(r">([\d.]+)</td>", row) == ["10.0.3.1", "10.96.0.10", "10.0.3.1"]


def test_the_verdict_has_its_colour_and_its_sign() -> None:
    assert '<p class="verdict agrees">✓ agreement on 8 packets</p>' in as_page(stored.agreeing())
    assert '<p class="verdict diverges">✗ 1 divergence' in as_page(stored.diverging())
    assert '<p class="verdict other">! nothing was compared</p>' in as_page(stored.empty())


def test_clauses_stand_by_loader_and_family() -> None:
    page = as_page(stored.agreeing())
    (row,) = re.findall(r"<tr [^>]*><td>CT-1</td>.*?</tr>", page, re.S)
    cells = re.findall(r">([^<>\s]+)</td>", row)[:8]
    assert [cell for cell in cells if cell != DASH] == ["CT-1", "4", "0", "4", "0", "4"]


def test_coverage_stands_beside_the_source() -> None:
    page = as_page(stored.agreeing())
    assert '<span class="part">if (a &lt; b)' in page
    assert "[a &lt; b] is never true</em>" in page
    assert '<span class="missed">    return;' in page


def test_trends_say_what_changed_since_the_run_before() -> None:
    words = re.sub(r"\s+", " ", read(stored.agreeing()).words)
    assert "130,000 instructions processed, +8.3 % since the run before" in words
    assert '<span class="bad">+8.3 %</span>' in as_page(stored.agreeing(), stored.history())
    assert '<span class="good">+4.5 %</span>' in as_page(stored.agreeing(), stored.history())


def test_times_differ_without_colour() -> None:
    """A count that differs by the same is told in colour, in the test above."""
    faster = replace(stored.SPEED, value=20_000.5), replace(stored.SPEED, value=21_500.5)
    runs = tuple(PastRun(number, "", (), (one,)) for number, one in enumerate(faster, start=1))
    assert "<span>+7.5 %</span>" in as_page(stored.agreeing(), runs)


def test_figures_of_bench_are_a_row_each_with_their_course() -> None:
    figure = Measure("bcc", "packets/ipv4/service-new", 1_300.0, "ns", True)
    slower = replace(figure, value=1_365.0)
    runs = (PastRun(1, "", (), (figure,)), PastRun(2, "", (), (slower,)))
    page = as_page(stored.agreeing(), runs)
    assert "1 figure of twinpath bench" in page
    row = next(line for line in page.splitlines() if "packets/ipv4/service-new (bcc)" in line)
    cells = re.findall(r">([^<>]+)</", row[: row.index("<svg")])
    assert cells == ["packets/ipv4/service-new (bcc)", "1,365", "ns", "+5.0 %", "1,300", "1,365"]


def test_a_known_divergence_is_shown_as_one() -> None:
    known = replace(stored.DIVERGENCE, standing=Standing.KNOWN, standing_reason="until May")
    page = as_page(stored.diverging(known))
    assert '<article class="known"' in page
    assert "until May" in page


def test_no_name_becomes_markup() -> None:
    page = as_page(stored.hostile())
    assert "<script" not in page
    assert "\x1b" not in page
    assert "{{ 7*7 }}" in read(stored.hostile()).words, "shown as it is, never evaluated"


def test_of_many_scenarios_with_one_cause_some_are_named() -> None:
    again = (replace(stored.DIVERGENCE, scenario=f"number-{one}") for one in range(30))
    page = as_page(stored.diverging(stored.DIVERGENCE, *again))
    assert page.count("<article") == 1
    assert "number-8, number-9 and 20 more</dd>" in page
