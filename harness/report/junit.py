"""JUnit XML: a suite for each loader, a test case for each scenario."""

from __future__ import annotations

from xml.etree import ElementTree as Xml

from harness.report.outcome import Verdict, explanation, figures, outcome_of
from harness.report.text import printable_record
from harness.store.records import DivergenceRecord, Run, ScenarioResult, Standing


def as_junit(run: Run) -> str:
    """A run as JUnit XML, the form that build servers read.

    A known divergence is a test case that was skipped, with the reason; a scenario that could not
    be carried out, and a run that compared nothing or was cut short, is an error.
    """
    run = printable_record(run)
    root = Xml.Element("testsuites", name=f"twinpath {run.facts.command}")
    totals = dict.fromkeys(("tests", "failures", "errors", "skipped"), 0)
    for suite in [*(suite_of(run, loader) for loader in run.facts.loaders), *verdict_suites(run)]:
        root.append(suite)
        for name in totals:
            totals[name] += int(suite.get(name, "0"))
    for name, count in totals.items():
        root.set(name, str(count))
    root.set("time", seconds(run.seconds))
    Xml.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + Xml.tostring(root, "unicode") + "\n"


def suite_of(run: Run, loader: str) -> Xml.Element:
    """The test suite of one loader."""
    scenarios = [one for one in run.scenarios if one.loader == loader]
    suite = Xml.Element("testsuite", name=f"twinpath {loader}")
    properties = Xml.SubElement(suite, "properties")
    for label, words in figures(run):
        Xml.SubElement(properties, "property", name=label, value=words)
    for one in scenarios:
        suite.append(case_of(one, divergences_of(run, one)))
    count_up(suite, sum(one.seconds for one in scenarios))
    return suite


def divergences_of(run: Run, scenario: ScenarioResult) -> list[DivergenceRecord]:
    """What one scenario diverged in."""
    place = (scenario.loader, scenario.path, scenario.name)
    return [one for one in run.divergences if (one.loader, one.path, one.scenario) == place]


def case_of(scenario: ScenarioResult, divergences: list[DivergenceRecord]) -> Xml.Element:
    """One scenario as a test case."""
    case = Xml.Element(
        "testcase",
        classname=f"{scenario.loader}.{scenario.path}",
        name=scenario.name,
        time=seconds(scenario.seconds),
    )
    new = [one for one in divergences if one.standing is Standing.NEW]
    if scenario.message:
        Xml.SubElement(case, "error", type="failed", message=scenario.message)
    elif new:
        failure = Xml.SubElement(case, "failure", type=new[0].first.kind, message=new[0].title)
        failure.text = "\n\n".join(text_of(one) for one in new)
    elif divergences:
        words = f"{divergences[0].standing.value}: {divergences[0].standing_reason}"
        Xml.SubElement(case, "skipped", message=words)
    return case


def text_of(one: DivergenceRecord) -> str:
    """A divergence as a failure's text."""
    return "\n".join(f"{label}: {words}" for label, words in explanation(one))


def verdict_suites(run: Run) -> list[Xml.Element]:
    """A suite with one error where the run as a whole is no good, whatever its scenarios say."""
    outcome = outcome_of(run)
    if outcome.is_good or outcome.verdict is Verdict.DIVERGES:
        return []
    suite = Xml.Element("testsuite", name="twinpath verdict")
    case = Xml.SubElement(
        suite, "testcase", classname="verdict", name="the whole run", time="0.000"
    )
    Xml.SubElement(case, "error", type=outcome.verdict.value, message=outcome.words)
    count_up(suite, 0.0)
    return [suite]


def count_up(suite: Xml.Element, time: float) -> None:
    """Give a suite its counts."""
    cases = suite.findall("testcase")
    suite.set("tests", str(len(cases)))
    for name, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        suite.set(name, str(sum(1 for case in cases if case.find(tag) is not None)))
    suite.set("time", seconds(time))


def seconds(value: float) -> str:
    """A time as JUnit has it."""
    return f"{value:.3f}"
