"""Calls into the kernel that fail one at a time; the rest of a program is as it was."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.kernel.errors import LoadError
from harness.kernel.failing import (
    HELPERS,
    INSTRUCTION,
    calls,
    load,
    with_failing_calls,
    without_kernel_functions,
)
from harness.kernel.interface import FailingCalls, FailingRun, KernelContext, RunResult
from harness.kernel.loader import LoadedObject, LoaderName
from harness.kernel.loader import load as load_object
from tests.kernel.conftest import OBJECTS
from tests.open_files import open_files

FRAME = bytes(64)
LOOPBACK = KernelContext()

pytestmark = pytest.mark.usefixtures("kernel")


@pytest.fixture(scope="module", params=list(LoaderName), ids=lambda loader: loader.value)
def asking(request: pytest.FixtureRequest) -> Iterator[LoadedObject]:
    """asking.bpf.c in the kernel, by each loader in turn."""
    loaded = load_object(OBJECTS / "asking.bpf.c", request.param)
    yield loaded
    loaded.close()


def run(failing: FailingCalls, number: int) -> FailingRun:
    return failing.run("asks", number, FRAME, LOOPBACK)


@pytest.mark.parametrize(
    ("number", "failed", "verdict", "first"),
    [
        (1, "bpf_map_update_elem", 1, 0),
        (2, "bpf_skb_store_bytes", 2, 0),
        (3, "", 0, 7),
        (0, "", 0, 7),
    ],
)
def test_one_call_fails_and_the_others_are_made(
    asking: LoadedObject, number: int, failed: str, verdict: int, first: int
) -> None:
    asking.maps["answers"].clear()
    found = run(asking.failing(), number)
    assert found.failed == failed
    assert isinstance(found.result, RunResult)
    assert found.result.verdict == verdict
    assert found.result.frame[0] == first
    recorded = asking.maps["answers"].lookup(bytes(4))
    assert recorded == (None if verdict == 1 else (5).to_bytes(4, "little"))


def test_the_program_itself_never_fails(asking: LoadedObject) -> None:
    run(asking.failing(), 1)
    result = asking.programs["asks"].run(FRAME, LOOPBACK)
    assert isinstance(result, RunResult)
    assert result.verdict == 0


def test_what_has_not_failed_is_told(asking: LoadedObject) -> None:
    failing = asking.failing()
    assert failing is asking.failing()
    for number in (1, 2, 3):
        run(failing, number)
    (left,) = failing.untried()
    assert left.startswith("asks: bpf_skb_change_tail at instruction ")


def test_closing_gives_the_variants_back() -> None:
    before = open_files()
    loaded = load_object(OBJECTS / "asking.bpf.c")
    loaded.failing()
    loaded.close()
    assert open_files() == before


def test_no_instruction_moves_and_only_calls_change() -> None:
    wide = INSTRUCTION.pack(0x18, 1, 0, 9) + INSTRUCTION.pack(0, 0, 0, 0)
    call = INSTRUCTION.pack(0x85, 0, 0, 9)
    other = INSTRUCTION.pack(0x85, 0, 0, 1)
    end = INSTRUCTION.pack(0x95, 0, 0, 0)
    program = wide + call + other + end
    assert list(calls(program)) == [(2, 9)]
    changed = with_failing_calls(program, control=4)
    kept = [changed[place : place + 8] for place in (0, 8, 24, 32)]
    assert kept == [program[place : place + 8] for place in (0, 8, 24, 32)]
    code, registers, _, distance = INSTRUCTION.unpack_from(changed, 16)
    assert (code, registers >> 4, 2 + 1 + distance) == (0x85, 1, len(program) // 8)


def test_functions_of_the_kernel_are_not_found() -> None:
    map_of_file = INSTRUCTION.pack(0x18, 1 | 1 << 4, 0, 9) + INSTRUCTION.pack(0, 0, 0, 0)
    function = INSTRUCTION.pack(0x18, 2 | 3 << 4, 0, 9) + INSTRUCTION.pack(0, 0, 0, 7)
    missing = INSTRUCTION.pack(0x18, 2, 0, 0) + INSTRUCTION.pack(0, 0, 0, 0)
    end = INSTRUCTION.pack(0x95, 0, 0, 0)
    changed = without_kernel_functions(map_of_file + function + end)
    assert changed == map_of_file + missing + end


def test_a_variant_that_is_refused_says_so_in_one_line() -> None:
    with pytest.raises(LoadError, match=r"^program idle with failing calls refused: [^\n]*$"):
        load("idle", INSTRUCTION.pack(0xB7, 0, 0, 0))


def test_helpers_have_the_numbers_of_libbpfs_header() -> None:
    header = Path("/usr/include/bpf/bpf_helper_defs.h").read_text(encoding="utf-8")
    for number, name in HELPERS.items():
        assert re.search(rf"\*{name}\)\(.*\) = \(void \*\) {number};", header), name
