"""The first screen of a divergence, word by word. Both texts are written by hand."""

from __future__ import annotations

from dataclasses import replace
from io import StringIO

import pytest
from rich.console import Console

from harness.compare.difference import ABSENT, Difference, Kind
from harness.lockstep.result import Divergence
from harness.report.divergence import Reproduction, print_divergence
from harness.step import CollectStep, PacketStep, Scenario, Step
from harness.subject import Prediction
from model.domain.address import parse_address
from model.domain.event import DropEvent, Hook
from model.domain.flow import Flow, Selection
from model.domain.packet import Context, Outcome, Verdict
from model.domain.reason import Reason
from model.trace import Note
from tests.compare.example import TUPLE, tcp
from tests.lockstep.world import SERVERS, WEB, leaves

REPLAY = "twinpath replay divergences/shop-0123abcd --loader libbpf --object /tmp/changed/a.bpf.c"
BYTES = """\
╭─ divergence: shop ───────────────────────────────────────────────────────────────────────────────╮
│ where              step 2, shop.yaml:17 (the handshake begins)                                   │
│ sent               IP / TCP 10.0.1.5:40000 > 10.96.0.10:80 S (leaves the pod, interface 10, 54   │
│                    bytes)                                                                        │
│ model              pass [new]: IP / TCP 10.0.1.5:40000 > 10.0.3.1:8080 S / Raw                   │
│                    LB-3a   Maglev slot: 145                                                      │
│                    LB-10   translated                                                            │
│ datapath (libbpf)  pass [new]: IP / TCP 10.0.1.5:40000 > 10.0.3.1:8080 S / Raw                   │
│ reproduced         20 of 20 times; the line below replays it                                     │
│                                                                                                  │
│ compared  of   field        expected  actual                                                     │
│ bytes     IP   ttl          64        63                                                         │
│ bytes     Raw  load byte 4  0x6f      0x61                                                       │
╰──────────────────────────────────────────────────────────────────────────────────────────────────╯
"""
ENTRY = """\
╭─ divergence: shop ───────────────────────────────────────────────────────────────────────────────╮
│ where              step 2, shop.yaml:17 (the handshake begins)                                   │
│ sent               IP / TCP 10.0.1.5:40000 > 10.96.0.10:80 S (leaves the pod, interface 10, 54   │
│                    bytes)                                                                        │
│ model              drop [no_backend]; events: DropEvent                                          │
│                    LB-8    no eligible backend                                                   │
│ datapath (libbpf)  drop [policy_denied]                                                          │
│ reproduced         7 of 20 times; the line below replays it                                      │
│                                                                                                  │
│ compared  of                                     field    expected  actual                       │
│ entry     tcp 10.0.1.5:40000 -> 10.96.0.10:80    backend  3         4                            │
│ entry     tcp 10.0.1.5:40000 -> 10.96.0.10:8080  Flow     absent    absent                       │
│ counter   from_container/no_backend              packets  1         0                            │
╰──────────────────────────────────────────────────────────────────────────────────────────────────╯
"""
SENT = replace(leaves(to=WEB), origin="shop.yaml:17", note="the handshake begins")
SHOP = Scenario("shop", "shop.yaml", (), ())
KEY_WORDS = "tcp 10.0.1.5:40000 -> 10.96.0.10:80"


def divergence(
    *differences: Difference,
    step: Step | None = SENT,
    prediction: Prediction | None = None,
    outcome: Outcome | None = None,
    counted_reason: Reason | None = None,
) -> Divergence:
    more = prediction, outcome, counted_reason
    return Divergence(SHOP, "datapath (libbpf)", 1, step, differences, *more)


def printed(given: Divergence, reproduction: Reproduction = Reproduction(20, 20)) -> list[str]:  # noqa: B008 - immutable
    file = StringIO()
    console = Console(file=file, width=100, highlight=False, color_system=None)
    print_divergence(console, given, reproduction, REPLAY)
    return file.getvalue().splitlines()


def rows(text: str) -> list[str]:
    """Lines without the box, which is as wide as it has to be."""
    return [line.strip("│╭╰─╮╯ \n") for line in text.splitlines()]


def prediction(outcome: Outcome, reason: Reason, *notes: Note) -> Prediction:
    return Prediction(outcome, reason, (), notes, ())


def test_a_difference_in_the_packet() -> None:
    expected = Outcome(Verdict.PASS, tcp(), Context())
    given = divergence(
        Difference(Kind.BYTES, "IP", "ttl", 64, 63),
        Difference(Kind.BYTES, "Raw", "load byte 4", "0x6f", "0x61"),
        prediction=prediction(
            expected, Reason.NEW, Note("LB-3a", "Maglev slot", 145), Note("LB-10", "translated")
        ),
        outcome=replace(expected, data=tcp(b"hella")),
        counted_reason=Reason.NEW,
    )
    found = printed(given)
    assert rows("\n".join(found[:-1])) == rows(BYTES)
    assert found[-1] == REPLAY


def test_a_difference_in_an_entry() -> None:
    drop = DropEvent(1, Hook.FROM_CONTAINER, 1, TUPLE, Reason.NO_BACKEND)
    expected = Outcome(Verdict.DROP, SENT.packet.data, Context(), (drop,))
    given = divergence(
        Difference(Kind.ENTRY, KEY_WORDS, "backend", 3, 4),
        Difference(Kind.ENTRY, f"{KEY_WORDS}80", "Flow", ABSENT, ABSENT),
        Difference(Kind.COUNTER, "from_container/no_backend", "packets", 1, 0),
        prediction=prediction(expected, Reason.NO_BACKEND, Note("LB-8", "no eligible backend")),
        outcome=replace(expected, events=()),
        counted_reason=Reason.POLICY_DENIED,
    )
    found = printed(given, Reproduction(7, 20))
    assert rows("\n".join(found[:-1])) == rows(ENTRY)
    assert found[-1] == REPLAY


@pytest.mark.parametrize("width", [20, 40, 80, 300])
def test_the_replay_line_is_whole_however_narrow_the_screen(width: int) -> None:
    file = StringIO()
    console = Console(file=file, width=width, highlight=False, color_system=None)
    given = divergence(Difference(Kind.BYTES, "IP", "ttl", 64, 63))
    print_divergence(console, given, Reproduction(1, 1), REPLAY)
    assert file.getvalue().splitlines()[-1] == REPLAY
    assert all(len(line) <= width for line in file.getvalue().splitlines()[:-1])


def test_a_missing_entry_is_told_in_full() -> None:
    flow = Flow(60, service_address=parse_address(SERVERS[0]))
    text = "\n".join(printed(divergence(Difference(Kind.ENTRY, "x", "Flow", flow, ABSENT))))
    assert "expires=60" in text
    assert "absent" in text
    assert "service=7 backend=3" in "\n".join(
        printed(divergence(Difference(Kind.ENTRY, "x", "Selection", ABSENT, Selection(7, 3))))
    )


@pytest.mark.parametrize(
    ("step", "words"),
    [
        (CollectStep("shop.yaml:20"), "step 2, shop.yaml:20"),
        (None, "the whole state, after step 1 (the last one)"),
        (PacketStep(SENT.packet), "step 2"),
    ],
)
def test_where_it_was(step: Step | None, words: str) -> None:
    found = rows("\n".join(printed(divergence(Difference(Kind.DAMAGE, "a", "b", 1, 2), step=step))))
    assert f"where       {words}" in found


def test_a_fault_is_told() -> None:
    outcome = Outcome(Verdict.DROP, b"", Context(), fault="skb->csum is stale (PKT-8)")
    found = rows(
        "\n".join(
            printed(
                divergence(
                    Difference(Kind.FAULT, "packet", "fault", ABSENT, outcome.fault),
                    outcome=outcome,
                )
            )
        )
    )
    assert "datapath (libbpf)  fault: skb->csum is stale (PKT-8)" in found


def test_a_divergence_that_was_not_run_again_says_so() -> None:
    found = printed(divergence(Difference(Kind.BYTES, "IP", "ttl", 64, 63)), Reproduction(0, 0))
    assert "reproduced  not run again; the line below replays it" in rows("\n".join(found))


def test_of_many_differences_the_first_are_shown() -> None:
    many = [Difference(Kind.BYTES, "IP", f"field{number}", 0, 1) for number in range(30)]
    text = "\n".join(printed(divergence(*many)))
    assert "field11" in text
    assert "field12" not in text
    assert "and 18 more" in text


def test_markup_in_what_comes_from_files_is_text() -> None:
    scenario = replace(SHOP, name="[red]shop[/red]")
    given = replace(
        divergence(Difference(Kind.BYTES, "[b]IP", "[i]", "[/]", "[link=x]")), scenario=scenario
    )
    text = "\n".join(printed(given))
    for word in ("[red]shop[/red]", "[b]IP", "[i]", "[/]", "[link=x]"):
        assert word in text
