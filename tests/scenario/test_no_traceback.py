"""Whatever happens to a file, reading it gives steps or one line that says what is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from harness.errors import UserError
from harness.scenario.document import parse_document
from harness.scenario.load import scenarios_of

CORPORA = Path(__file__).parents[2] / "corpora" / "scenarios"
TEXTS = [
    (path, path.read_text(encoding="utf-8"))
    for path in (
        CORPORA / "conntrack" / "ct-6-reopening-selects-again.yaml",
        CORPORA / "load-balancer" / "lb-12-traffic-policies.yaml",
        CORPORA / "packets" / "pkt-3-extension-headers.yaml",
        CORPORA / "packets" / "pkt-9-nothing-else-is-touched.yaml",
        CORPORA / "policy" / "pol-1-priorities.yaml",
        CORPORA / "reverse-nat" / "nat-3-no-translation-data.yaml",
    )
]
WORDS = [
    "", " ", "\n", "\t", ":", "-", "[", "]", "{", "}", ",", '"', "'", "#", "&a ", "*a", "!!x ", "|",
    ">", "%", "0", "-1", "99999999999999999999", "0x", "1.5s", "none", "null", "web", "web/", "/",
    "IP(", ")", "TCP()", "b'\\x00'", "é", "\x00", "\x1b", "<<: ", "? ", "...", "---\n", "ipv4: ",
    "port: 1, ", "id: 1, ", "repeat: 3, ", "steps: ", "(" * 50, "[" * 30, "x" * 300,
]  # fmt: skip
EDITS = st.lists(
    st.tuples(st.integers(0, 4000), st.integers(0, 12), st.sampled_from(WORDS)),
    min_size=1,
    max_size=3,
)


def read(path: Path, text: str) -> None:
    """Read a text as if it were a file; anything but a UserError escapes."""
    try:
        scenarios_of(path, parse_document(text, str(path)))
    except UserError as error:
        assert "\n" not in str(error)
        assert str(error).startswith(str(path.parent))


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(index=st.integers(0, len(TEXTS) - 1), edits=EDITS)
def test_edited_scenarios(index: int, edits: list[tuple[int, int, str]]) -> None:
    path, text = TEXTS[index]
    for offset, length, word in edits:
        at = offset % (len(text) + 1)
        text = text[:at] + word + text[at + length :]
    read(path, text)


@pytest.mark.parametrize("index", range(len(TEXTS)))
def test_scenarios_cut_anywhere(index: int) -> None:
    path, text = TEXTS[index]
    for end in range(0, len(text), 37):
        read(path, text[:end])


@settings(max_examples=200, deadline=None)
@given(text=st.text(max_size=60))
def test_any_notation(text: str) -> None:
    path, whole = TEXTS[0]
    quoted = "'" + text.replace("'", "''") + "'"
    read(path, whole.replace('IP(dst="web")/TCP(sport=40000, dport=80, flags="A")', quoted))
