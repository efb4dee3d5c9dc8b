"""Survivors as SARIF 2.1.0, which code review tools show at their lines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from harness.mutate.result import Class
from harness.mutate.score import Judged

SCHEMA: Final = "https://json.schemastore.org/sarif-2.1.0.json"


def as_sarif(
    judged: Sequence[Judged], titles: Mapping[str, str], version: str
) -> dict[str, object]:
    """Survivors that no review explains; `titles` are those of all operators by name."""
    survivors = [one for one in judged if one.result.status is Class.SURVIVED and not one.reason]
    rules = [{"id": name, "shortDescription": {"text": title}} for name, title in titles.items()]
    driver = {"name": "twinpath mutate", "version": version, "rules": rules}
    return {
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [{"tool": {"driver": driver}, "results": [as_finding(one) for one in survivors]}],
    }


def as_finding(judged: Judged) -> dict[str, object]:
    """One survivor."""
    mutant = judged.mutant
    region = {"startLine": mutant.line, "endLine": mutant.last_line}
    return {
        "ruleId": mutant.operator,
        "level": "warning",
        "message": {"text": message(judged)},
        "locations": [
            {"physicalLocation": {"artifactLocation": {"uri": mutant.file}, "region": region}}
        ],
        "partialFingerprints": {"mutant/v1": mutant.identifier},
    }


def message(judged: Judged) -> str:
    """A survivor in a sentence."""
    mutant = judged.mutant
    about = f" ({', '.join(mutant.clauses[:2])})" if mutant.clauses else ""
    original, becomes = " ".join(mutant.original.split()), " ".join(mutant.becomes.split())
    return f"nothing notices when `{original}` becomes `{becomes or 'nothing'}`{about}"
