"""Which mutants there are, and which of them one gets who asks for some."""

from __future__ import annotations

from collections import Counter

import pytest

from harness.errors import UserError
from harness.mutate.catalogue import Wish, all_mutants, chosen, mutants_of, sampled
from harness.mutate.mutant import Side

SOURCE = b"""\
/* Times (CT-4). */

/* CT-3, off by nothing. */
static int f(int now)
{
\tif (now < LIMIT)
\t\treturn 1;
\treturn 2;
}
"""


def test_a_mutant_knows_its_place_function_and_clauses() -> None:
    found = [one for one in mutants_of(Side.DATAPATH, "a.h", SOURCE) if one.original == "<"]
    (one,) = found
    assert (one.where, one.function, one.becomes) == ("bpf/a.h:6", "f", "<=")
    assert one.clauses == ("CT-3", "CT-4")
    assert one.diff().splitlines()[2:] == [
        "@@ -5,3 +5,3 @@",
        " {",
        "-\tif (now < LIMIT)",
        "+\tif (now <= LIMIT)",
        " \t\treturn 1;",
    ]


def test_a_change_is_one_mutant_whoever_makes_it() -> None:
    changes = Counter(one.replacement for one in mutants_of(Side.DATAPATH, "a.h", SOURCE))
    assert max(changes.values()) == 1
    operators = {one.original: one.operator for one in mutants_of(Side.DATAPATH, "a.h", SOURCE)}
    assert operators["<"] == "expiry"


def test_what_only_the_type_checker_reads_is_no_mutant() -> None:
    types = b'Name = dict[str, int]\nOne = TypeVar("One", bound=Flow)\n'
    assert list(mutants_of(Side.MODEL, "a.py", types)) == []
    code = b'one = Flow("One", bound=flow)\n'
    assert [one.operator for one in mutants_of(Side.MODEL, "a.py", code)] == ["stale-field"]


@pytest.mark.parametrize("side", list(Side))
def test_identifiers_are_unique_and_stay_the_same(side: Side) -> None:
    first = [one.identifier for one in all_mutants(side)]
    assert len(set(first)) == len(first) > 1000
    assert first == [one.identifier for one in all_mutants(side)]


def test_mutants_by_operator_place_and_clause() -> None:
    assert {one.operator for one in chosen(Wish(operators=frozenset({"ports"})))} == {"ports"}
    assert {one.path for one in chosen(Wish(pattern="bpf/murmur.h"))} == {"murmur.h"}
    found = chosen(Wish(pattern="LB-7a"))
    assert found
    assert all("LB-7a" in one.clauses for one in found)


def test_an_unknown_operator_is_refused_by_name() -> None:
    with pytest.raises(UserError, match="--operators nonsense: unknown; one of address-ends"):
        chosen(Wish(operators=frozenset({"nonsense"})))


def test_changed_lines_alone() -> None:
    (wanted, *_) = chosen(Wish(pattern="bpf/flow.h"))
    found = chosen(Wish(changed={"bpf/flow.h": {wanted.line}}))
    assert wanted in found
    assert all(one.line <= wanted.line <= one.last_line for one in found)
    assert chosen(Wish(changed={"docs/flow.h": {wanted.line}})) == []


def test_a_sample_is_the_same_each_time_and_grows_by_what_it_lacks() -> None:
    mutants = chosen(Wish())
    small, large = sampled(mutants, 20), sampled(mutants, 40)
    assert len(small) == 20
    assert small == sampled(list(reversed(mutants)), 20)[::-1]
    assert {one.identifier for one in small} <= {one.identifier for one in large}
