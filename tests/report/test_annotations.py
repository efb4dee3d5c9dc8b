"""Workflow commands: one line each, at the right line of the source, none smuggled in."""

from __future__ import annotations

from dataclasses import replace

from harness.report.annotations import as_annotations
from harness.store.records import Location, Standing
from tests.report import stored


def test_a_divergence_is_an_error_at_its_line() -> None:
    (line,) = as_annotations(stored.diverging()).splitlines()
    head, _, message = line.removeprefix("::").partition("::")
    assert head == ("error file=bpf/rewrite.h,line=42,title=divergence%3A NAT-1 (libbpf)")
    lines = message.split("%0A")
    assert lines[0] == "IP: src should be 10.96.0.10, is 10.0.3.1"
    assert lines[-1] == f"replay: {stored.REPLAY}"


def test_without_a_line_of_c_it_stands_at_the_models() -> None:
    place = Location((), stored.DIVERGENCE.location.model)
    (line,) = as_annotations(
        stored.diverging(replace(stored.DIVERGENCE, location=place))
    ).splitlines()
    assert line.startswith("::error file=model/reverse_nat.py,line=17,")


def test_an_agreeing_run_is_a_notice() -> None:
    assert as_annotations(stored.agreeing()) == (
        "::notice title=twinpath run::agreement on 8 packets\n"
    )


def test_an_empty_run_is_an_error() -> None:
    assert as_annotations(stored.empty()) == "::error title=twinpath run::nothing was compared\n"


def test_a_known_divergence_fails_nothing() -> None:
    known = replace(stored.DIVERGENCE, standing=Standing.BASE, standing_reason="on main too")
    first, last = as_annotations(stored.diverging(known)).splitlines()
    assert first.startswith("::notice title=base divergence (NAT-1)::IP: src should be")
    assert first.endswith("%0Aon main too")
    assert last == (
        "::notice title=twinpath run::agreement on 8 packets, 1 divergence known or on the base too"
    )


def test_no_text_begins_a_command_of_its_own() -> None:
    text = as_annotations(stored.hostile())
    lines = text.splitlines()
    assert [line.split(" ")[0] for line in lines] == ["::error", "::error"]
    assert "%0A::error::" not in text.replace("%250A::error::", ""), "a per cent sign is escaped"
    file = lines[0].partition("file=")[2].partition(",")[0]
    assert ":" not in file
