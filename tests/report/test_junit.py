"""JUnit XML: what build servers count, and what a failure says."""

from __future__ import annotations

from dataclasses import replace
from xml.etree import ElementTree as Xml

import pytest

from harness.report.junit import as_junit
from harness.store.records import Run, RunState, Standing
from tests.report import stored


def parsed(run: Run) -> Xml.Element:
    return Xml.fromstring(as_junit(run))  # noqa: S314 - our own


def test_an_agreeing_run_has_a_case_for_each_scenario_and_no_failure() -> None:
    root = parsed(stored.agreeing())
    assert dict(root.attrib) == {
        "name": "twinpath run",
        "tests": "2",
        "failures": "0",
        "errors": "0",
        "skipped": "0",
        "time": "0.500",
    }
    assert [suite.get("name") for suite in root] == ["twinpath libbpf", "twinpath bcc"]
    assert [case.get("name") for case in root.iter("testcase")] == ["shop", "shop"]


def test_properties_say_what_was_run() -> None:
    properties = {
        one.get("name"): one.get("value") for one in parsed(stored.agreeing())[0].iter("property")
    }
    assert properties["seed"] == "7"
    assert properties["kernel"] == "Linux 6.18 x86_64"
    assert properties["clang"] == "clang version 19.1.7"
    assert properties["object hash"] == "ab" * 32
    assert properties["steps"] == "10"
    assert properties["branches reached, datapath"] == "1 of 2"


def test_a_failure_says_expected_actual_clause_and_replay_line() -> None:
    root = parsed(stored.diverging())
    (failure,) = root.iter("failure")
    assert (root.get("failures"), failure.get("type")) == ("1", "bytes")
    assert failure.get("message") == "IP: src should be 10.96.0.10, is 10.0.3.1"
    lines = (failure.text or "").splitlines()
    assert "expected: IP: src = 10.96.0.10" in lines
    assert "actual: IP: src = 10.0.3.1" in lines
    assert "clause: NAT-1" in lines
    assert "datapath line: bpf/rewrite.h:42" in lines
    assert "model line: model/reverse_nat.py:17" in lines
    assert lines[-1] == f"replay: {stored.REPLAY}"


def test_a_known_divergence_is_skipped_with_the_reason() -> None:
    known = replace(stored.DIVERGENCE, standing=Standing.KNOWN, standing_reason="until May")
    root = parsed(stored.diverging(known))
    (skipped,) = root.iter("skipped")
    assert skipped.get("message") == "known: until May"
    assert (root.get("failures"), root.get("errors")) == ("0", "0")


@pytest.mark.parametrize(
    ("run", "words"),
    [
        (stored.empty(), "nothing was compared"),
        (
            replace(stored.agreeing(), state=RunState.UNFINISHED),
            "agreement on 8 packets, unfinished",
        ),
    ],
)
def test_what_was_not_compared_to_the_end_is_an_error(run: Run, words: str) -> None:
    root = parsed(run)
    (error,) = root.iter("error")
    assert (root.get("errors"), error.get("message")) == ("1", words)


def test_whatever_names_hold_it_is_xml_with_the_same_structure() -> None:
    root = parsed(stored.hostile())
    assert {one.tag for one in root.iter()} == {
        *("testsuites", "testsuite", "properties", "property", "testcase", "failure", "error")
    }
    assert (root.get("failures"), root.get("errors")) == ("1", "1")
