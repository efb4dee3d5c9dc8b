"""SARIF 2.1.0, held against what the standard asks of the parts that are used here."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from harness.report.sarif import as_sarif
from harness.store.records import Location, Run, RunState, Standing
from tests.report import stored

LEVELS = {"none", "note", "warning", "error"}
KEYS = {
    "run": {"tool", "invocations", "originalUriBaseIds", "results", "properties", "columnKind"},
    "result": {
        *("ruleId", "level", "message", "locations", "relatedLocations", "partialFingerprints"),
        *("properties", "suppressions"),
    },
    "location": {"physicalLocation", "id", "message"},
}
"""Properties that the standard knows (3.14, 3.27, 3.28) and that are written here."""


def sarif_run(run: Run) -> dict[str, Any]:
    """The one run of the log, checked."""
    log = json.loads(as_sarif(run))
    assert set(log) == {"$schema", "version", "runs"}
    assert log["version"] == "2.1.0"
    (found,) = log["runs"]
    check_run(found)
    return dict(found)


def check_run(run: dict[str, Any]) -> None:
    assert set(run) <= KEYS["run"]
    rules = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
    assert len(rules) == len(set(rules)), "3.19.23: the rules are unique"
    for invocation in run["invocations"]:
        assert isinstance(invocation["executionSuccessful"], bool)
        for note in invocation["toolExecutionNotifications"]:
            assert note["level"] in LEVELS
            assert note["message"]["text"]
    for result in run["results"]:
        assert set(result) <= KEYS["result"]
        assert result["ruleId"] in rules
        assert result["level"] in LEVELS
        assert result["message"]["text"]
        for location in [*result["locations"], *result["relatedLocations"]]:
            check_location(location, set(run["originalUriBaseIds"]))


def check_location(location: dict[str, Any], bases: set[str]) -> None:
    assert set(location) <= KEYS["location"]
    place = location["physicalLocation"]
    assert place["region"]["startLine"] >= 1, "3.30.5: lines count from 1"
    assert " " not in place["artifactLocation"]["uri"], "3.4.3: a URI"
    assert place["artifactLocation"].get("uriBaseId", "REPOSITORY") in bases


def test_an_agreeing_run_has_no_results() -> None:
    run = sarif_run(stored.agreeing())
    assert run["results"] == []
    assert run["invocations"] == [{"executionSuccessful": True, "toolExecutionNotifications": []}]


def test_a_divergence_is_a_result_at_both_lines() -> None:
    (result,) = sarif_run(stored.diverging())["results"]
    assert (result["ruleId"], result["level"]) == ("NAT-1", "error")
    (location,) = result["locations"]
    assert location["physicalLocation"] == {
        "artifactLocation": {"uri": "bpf/rewrite.h", "uriBaseId": "REPOSITORY"},
        "region": {"startLine": 42},
    }
    (related,) = result["relatedLocations"]
    assert related["physicalLocation"]["artifactLocation"]["uri"] == "model/reverse_nat.py"
    assert result["message"]["text"].endswith(f"replay: {stored.REPLAY}")


def test_divergences_of_one_cause_are_one_result() -> None:
    again = replace(stored.DIVERGENCE, scenario="other", number=2)
    (result,) = sarif_run(stored.diverging(stored.DIVERGENCE, again))["results"]
    assert result["properties"]["scenarios"] == ["shop", "other"]


def test_a_known_divergence_is_suppressed() -> None:
    known = replace(stored.DIVERGENCE, standing=Standing.KNOWN, standing_reason="until May")
    (result,) = sarif_run(stored.diverging(known))["results"]
    assert result["level"] == "note"
    assert result["suppressions"] == [{"kind": "external", "justification": "until May"}]


def test_without_a_line_there_is_no_location() -> None:
    lost = replace(stored.DIVERGENCE, location=Location(problem="no source"), clause="")
    (result,) = sarif_run(stored.diverging(lost))["results"]
    assert (result["locations"], result["ruleId"]) == ([], "STATE")


@pytest.mark.parametrize(
    "run", [stored.empty(), replace(stored.agreeing(), state=RunState.INTERRUPTED)]
)
def test_what_was_not_compared_to_the_end_is_no_success(run: Run) -> None:
    (invocation,) = sarif_run(run)["invocations"]
    assert invocation["executionSuccessful"] is False
    assert invocation["toolExecutionNotifications"]


def test_whatever_names_hold_it_is_sarif_without_control_characters() -> None:
    (result,) = sarif_run(stored.hostile())["results"]
    assert result["message"]["text"].replace("\n", "").isprintable()
