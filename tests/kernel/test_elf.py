"""Object files given by users are checked before anything trusts them."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.kernel.elf import parse_sections, read_sections
from harness.kernel.errors import ObjectError


def test_sections_of_a_built_object_are_found(built: Path) -> None:
    sections = read_sections(built)
    assert {".BTF", ".maps", "tc", "license"} <= sections.keys()
    assert sections["license"] == b"Dual BSD/GPL\0"


def test_a_missing_file_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(ObjectError, match=r"none\.o: cannot be read: No such file"):
        read_sections(tmp_path / "none.o")


def test_text_is_no_object() -> None:
    with pytest.raises(ObjectError, match="notes: no ELF file"):
        parse_sections(b"hello, world" * 10, "notes")


def test_an_object_for_another_machine_is_refused() -> None:
    with pytest.raises(ObjectError, match="built for machine 62, not for BPF"):
        read_sections(Path("/usr/bin/true"))


@settings(max_examples=500, deadline=None)
@given(st.data())
def test_damage_never_shows_as_anything_but_an_object_error(
    built: Path, data: st.DataObject
) -> None:
    contents = bytearray(built.read_bytes())
    # The header stands first and the section table last: there a byte means most.
    last = len(contents) - 1
    places = st.integers(0, 63) | st.integers(last - 1500, last) | st.integers(0, last)
    for _ in range(data.draw(st.integers(1, 4))):
        contents[data.draw(places)] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, len(contents)))
    try:
        sections = parse_sections(bytes(contents[:cut]), "damaged")
    except ObjectError as error:
        assert "\n" not in str(error)
    else:
        assert all(isinstance(name, str) for name in sections)
