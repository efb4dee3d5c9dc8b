"""Map contents have the layout that the C source gives them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.kernel.btf import Btf
from harness.kernel.build import build
from harness.kernel.elf import read_sections
from harness.kernel.errors import BtfError, ObjectError
from harness.kernel.toolchain import find_clang, run

INCLUDES = "#include <linux/types.h>\n#include <linux/bpf.h>\n#include <bpf/bpf_helpers.h>\n"


@pytest.fixture(scope="module")
def btf(built: Path) -> Btf:
    return Btf.read(built)


def compile_text(folder: Path, text: str) -> Path:
    source = folder / "text.bpf.c"
    source.write_text(INCLUDES + text, "utf-8")
    return build(source)


def test_network_order_is_part_of_the_layout(btf: Btf) -> None:
    key = np.zeros(1, btf.structures["lookup_key"])[0]
    key["port"] = 0x1234
    key["protocol"] = 6
    key["address"][3] = 0xAABBCCDD
    assert key.tobytes().hex() == "12340600" + "00" * 12 + "aabbccdd"


def test_sizes_and_offsets_are_the_compilers(btf: Btf) -> None:
    sighting = btf.structures["sighting"]
    assert sighting.itemsize == 32
    assert sighting.names is not None
    assert sighting.fields is not None
    assert [sighting.fields[name][1] for name in sighting.names] == [0, 8, 12, 16, 20, 24, 28]


def test_enumerators_have_their_values(btf: Btf) -> None:
    assert btf.enumerations["colour"] == {"COLOUR_RED": 3, "COLOUR_HIGH": 0x80000000}


def test_map_definitions_name_their_types(btf: Btf) -> None:
    definition = btf.maps["plain"]
    assert (definition.kind, definition.key_size, definition.value_size) == (1, 20, 16)
    assert (definition.key_name, definition.value_name) == ("lookup_key", "count")
    assert (definition.max_entries, definition.flags) == (1024, 1)
    assert definition.key == btf.structures["lookup_key"]
    assert btf.maps["numbers"].value == np.dtype("<u8")


def test_a_ring_buffer_has_neither_key_nor_value(btf: Btf) -> None:
    definition = btf.maps["records"]
    assert (definition.kind, definition.max_entries) == (27, 4096)
    assert definition.key is None
    assert definition.value is None


def test_types_that_no_global_variable_has_are_left_out(btf: Btf) -> None:
    assert "__sk_buff" not in btf.structures


def test_unions_signs_booleans_and_nested_arrays(tmp_path: Path) -> None:
    btf = Btf.read(
        compile_text(
            tmp_path,
            """
            struct inner { __s16 left; __be64 right[2]; };
            struct outer {
                union { __u32 word; __u8 bytes[4]; };
                _Bool flag;
                struct inner many[3];
                void *pointer;
            } outer SEC(".more_types") = { .flag = 1 };
            """,
        )
    )
    outer = btf.structures["outer"]
    assert outer.names == ("word", "bytes", "flag", "many", "pointer")
    assert outer.fields is not None
    assert outer.fields["word"][1] == outer.fields["bytes"][1] == 0
    assert outer["flag"] == np.dtype("?")
    assert outer["many"].shape == (3,)
    inner = btf.structures["inner"]
    assert inner["left"] == np.dtype("<i2")
    assert inner["right"] == np.dtype((">u8", (2,)))
    assert inner.itemsize == 24


def test_a_bit_field_is_named_in_the_error(tmp_path: Path) -> None:
    path = compile_text(tmp_path, 'struct bits { __u32 low : 3; } bits SEC(".more_types") = {1};')
    with pytest.raises(BtfError, match="struct bits: bit field low"):
        Btf.read(path)


def test_an_object_without_btf_says_how_to_get_it(tmp_path: Path) -> None:
    (tmp_path / "bare.c").write_text("int x;", "utf-8")
    run([str(find_clang()), "-target", "bpf", "-c", "bare.c", "-o", "bare.o"], tmp_path)
    with pytest.raises(ObjectError, match=r"bare\.o: has no BTF; build it with clang -g"):
        Btf.read(tmp_path / "bare.o")


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_damage_never_shows_as_anything_but_a_btf_error(built: Path, data: st.DataObject) -> None:
    contents = bytearray(read_sections(built)[".BTF"])
    for _ in range(data.draw(st.integers(1, 3))):
        contents[data.draw(st.integers(0, len(contents) - 1))] = data.draw(st.integers(0, 255))
    try:
        btf = Btf(bytes(contents), "damaged")
    except BtfError as error:
        assert "\n" not in str(error)
    else:
        assert all(layout.itemsize >= 0 for layout in btf.structures.values())
