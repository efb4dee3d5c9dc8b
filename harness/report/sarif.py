"""SARIF 2.1.0: new divergences at the lines of both sources that they are put down to."""

from __future__ import annotations

import json
from importlib.metadata import version
from typing import Any, Final
from urllib.parse import quote

from harness.report.outcome import Outcome, Verdict, explanation, figures, outcome_of
from harness.report.text import printable_record
from harness.store.records import Finding, Place, Run, Standing
from model.clauses import CLAUSES

SCHEMA: Final = "https://json.schemastore.org/sarif-2.1.0.json"
ROOT: Final = "REPOSITORY"
"""The name by which places are relative to the repository's folder."""

STATE: Final = "STATE"
"""The rule of divergences that no clause decided: the whole state showed them."""


def as_sarif(run: Run) -> str:
    """A run as SARIF: a result for each cause, a rule for each clause.

    Known divergences are suppressed results, with the reason as justification.
    """
    run = printable_record(run)
    results = [as_result(one) for one in run.findings]
    log = {
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {"driver": driver(results)},
                "invocations": [invocation(run, outcome_of(run))],
                "originalUriBaseIds": {ROOT: {"description": {"text": "the repository"}}},
                "results": results,
                "properties": dict(figures(run)),
                "columnKind": "unicodeCodePoints",
            }
        ],
    }
    return json.dumps(log, indent=1) + "\n"


def driver(results: list[dict[str, Any]]) -> dict[str, Any]:
    """The tool, with the rules that results name."""
    titles = {**CLAUSES, STATE: "the whole state is the same on both sides"}
    rules = [
        {"id": rule, "shortDescription": {"text": titles.get(rule, rule)}}
        for rule in sorted({result["ruleId"] for result in results})
    ]
    return {"name": "twinpath", "version": version("twinpath"), "rules": rules}


def invocation(run: Run, outcome: Outcome) -> dict[str, Any]:
    """Whether the run did what it was to do, and what it could not do."""
    notes = [
        {"level": "error", "message": {"text": f"{one.path}: {one.message}"}} for one in run.failed
    ]
    if outcome.verdict in (Verdict.NOTHING, Verdict.INCOMPLETE):
        notes.append({"level": "error", "message": {"text": outcome.words}})
    done = outcome.verdict in (Verdict.AGREES, Verdict.DIVERGES) and not notes
    return {"executionSuccessful": done, "toolExecutionNotifications": notes}


def as_result(finding: Finding) -> dict[str, Any]:
    """One cause."""
    one = finding.first
    places = [*one.location.datapath[:1], *filter(None, [one.location.model])]
    result: dict[str, Any] = {
        "ruleId": one.clause or STATE,
        "level": "error" if one.standing is Standing.NEW else "note",
        "message": {"text": message(finding)},
        "locations": [location(place) for place in places[:1]],
        "relatedLocations": [
            {**location(place), "id": number, "message": {"text": "the model"}}
            for number, place in enumerate(places[1:], start=1)
        ],
        "partialFingerprints": {"divergence/v1": f"{one.loader}-{one.fingerprint}"},
        "properties": {"scenarios": list(finding.scenarios)},
    }
    if one.standing is not Standing.NEW:
        result["suppressions"] = [{"kind": "external", "justification": one.standing_reason}]
    return result


def message(finding: Finding) -> str:
    """A cause in words, the replay line at the end."""
    lines = [f"{label}: {words}" for label, words in explanation(finding.first)]
    return "\n".join([f"Model and datapath diverge: {finding.first.title}", *lines])


def location(place: Place) -> dict[str, Any]:
    """A line of a source."""
    artifact: dict[str, str] = {"uri": uri(place.file)}
    if not place.file.startswith("/"):
        artifact["uriBaseId"] = ROOT
    return {"physicalLocation": {"artifactLocation": artifact, "region": {"startLine": place.line}}}


def uri(file: str) -> str:
    """A path as a URI reference; an absolute one with its scheme."""
    return f"file://{quote(file)}" if file.startswith("/") else quote(file)
