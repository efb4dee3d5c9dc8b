"""The profile build's text becomes one that the kernel can load, or the reason is told."""

from __future__ import annotations

import hashlib
import zlib

import pytest

from harness.coverage.instrument import SECTION, ProfiledFunction, instrument
from harness.kernel.errors import CompileError

NAMES = ("entry", "probe.bpf.c:helper")


def name_hash(name: str) -> int:
    """As LLVM refers to a function's name: signed, as text has it."""
    digest = hashlib.md5(name.encode(), usedforsecurity=False).digest()
    return int.from_bytes(digest[:8], "little", signed=True)


def escaped(data: bytes) -> str:
    """Bytes as LLVM text writes them."""
    plain = {byte: chr(byte) for byte in range(0x20, 0x7F)} | {0x22: "\\22", 0x5C: "\\\\"}
    return "".join(plain.get(byte, f"\\{byte:02X}") for byte in data)


def names_record(compress: bool) -> str:
    data = "\1".join(NAMES).encode()
    packed = zlib.compress(data) if compress else b""
    record = bytes([len(data), len(packed)]) + (packed or data)
    return (
        f'@__llvm_prf_nm = private constant [{len(record)} x i8] c"{escaped(record)}", '
        'section "__llvm_prf_names", align 1'
    )


TEXT = """\
$__covrec_1u = comdat any
$__profc_entry = comdat any
@table = dso_local global i32 0, section ".maps", align 4
@__covrec_1u = linkonce_odr hidden constant <{{ i64 }}> <{{ i64 5 }}>, comdat, align 8
@__profc_entry = private global [1 x i64] zeroinitializer, \
section "__llvm_prf_cnts", comdat, align 8
@__profd_entry = private global {{ i64, i64 }} {{ i64 {entry}, i64 24, \
i64 sub (i64 ptrtoint (ptr @__profc_entry to i64), i64 0) }}, align 8
@__profc_probe.bpf.c_helper = private global [3 x i64] zeroinitializer, \
section "__llvm_prf_cnts", comdat, align 8
@__profd_probe.bpf.c_helper = private global {{ i64, i64 }} {{ i64 {helper}, i64 -7, \
i64 sub (i64 ptrtoint (ptr @__profc_probe.bpf.c_helper to i64), i64 0) }}, align 8
@__llvm_profile_runtime = external hidden global i32
@__llvm_coverage_mapping = private constant [2 x i8] c"ab", section "__llvm_covmap"
{names}
@llvm.used = appending global [1 x ptr] [ptr @__covrec_1u], section "llvm.metadata"
@llvm.compiler.used = appending global [4 x ptr] [ptr @__llvm_profile_runtime, \
ptr @__profd_entry, ptr @__profd_probe.bpf.c_helper, ptr @table], section "llvm.metadata"
define dso_local i32 @entry(ptr %0) {{
  %2 = load i64, ptr @__profc_entry, align 8
  ret i32 0
}}"""


def profile_text(compress: bool = False) -> str:
    """What clang 19 writes for two functions, shortened."""
    entry, helper = map(name_hash, NAMES)
    return TEXT.format(entry=entry, helper=helper, names=names_record(compress))


@pytest.mark.parametrize("compress", [False, True])
def test_functions_are_told_with_name_shape_and_number_of_counters(compress: bool) -> None:
    found = instrument(profile_text(compress), "probe.bpf.c")
    assert found.functions == (
        ProfiledFunction("__profc_entry", "entry", 24, 1),
        ProfiledFunction("__profc_probe.bpf.c_helper", "probe.bpf.c:helper", (1 << 64) - 7, 3),
    )


def test_counters_move_to_a_data_section_and_records_go() -> None:
    text = instrument(profile_text(), "probe.bpf.c").text
    assert (
        f'@__profc_entry = dso_local global [1 x i64] zeroinitializer, section "{SECTION}", align 8'
        in text
    )
    assert text.count(SECTION) == 2
    for gone in ("__profd_", "__covrec_", "__llvm_", "comdat", "@llvm.used"):
        assert gone not in text


def test_all_else_stays_as_it_is() -> None:
    text = instrument(profile_text(), "probe.bpf.c").text.split("\n")
    assert '@table = dso_local global i32 0, section ".maps", align 4' in text
    assert (
        '@llvm.compiler.used = appending global [1 x ptr] [ptr @table], section "llvm.metadata"'
        in text
    )
    assert text[-4:] == profile_text().split("\n")[-4:]


@pytest.mark.parametrize(
    ("old", "new", "missing"),
    [
        ("[1 x i64] zeroinitializer", "[1 x i8] zeroinitializer", "counters"),
        ("@__profd_entry = private", "@__other = private", "a record or name of __profc_entry"),
        ("@__llvm_prf_nm", "@__other", "a record or name of __profc_entry"),
    ],
)
def test_text_of_another_form_is_refused_in_one_line(old: str, new: str, missing: str) -> None:
    with pytest.raises(CompileError) as caught:
        instrument(profile_text().replace(old, new), "probe.bpf.c")
    assert str(caught.value) == (
        f"probe.bpf.c: the profile build has not {missing} as expected; build with clang-19"
    )


def test_a_build_without_counters_is_refused() -> None:
    with pytest.raises(CompileError, match="has not any counter as expected"):
        instrument('@table = dso_local global i32 0, section ".maps", align 4', "probe.bpf.c")
