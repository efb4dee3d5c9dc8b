"""YAML is read as plain data with places, and nothing clever in it gets through."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.scenario.document import MAXIMUM_BYTES, MAXIMUM_DEPTH, Mapping, Scalar, read_document
from harness.scenario.error import FormatError


def write(folder: Path, data: bytes) -> Path:
    file = folder / "file.yaml"
    file.write_bytes(data)
    return file


def test_words_stay_words(tmp_path: Path) -> None:
    document = read_document(write(tmp_path, b"a: no\nb: 22:22\nc: 1e3\nd: 2020-01-01\ne: ~\n"))
    words = [node.text for node in document.entries.values() if isinstance(node, Scalar)]
    assert words == ["no", "22:22", "1e3", "2020-01-01", "~"]


def test_every_node_knows_its_place(tmp_path: Path) -> None:
    document = read_document(write(tmp_path, "ä: 1\nb:\n  - [x, yy]\n".encode()))
    inner = document.entries["b"]
    assert (inner.place.line, inner.place.column) == (3, 3)
    key = document.keys["ä"]
    assert (key.place.line, key.place.column) == (1, 1)


@pytest.mark.parametrize("text", ["a: word", "a: 'word'", 'a: "word"', "a:   word  # comment"])
def test_a_character_of_a_text_has_its_own_column(tmp_path: Path, text: str) -> None:
    node = read_document(write(tmp_path, text.encode())).entries["a"]
    assert isinstance(node, Scalar)
    assert node.at(2).column == text.index("rd") + 1


def test_a_text_that_is_not_in_one_piece_has_the_place_of_its_start(tmp_path: Path) -> None:
    node = read_document(write(tmp_path, b'a: "wo\\x72d"\n')).entries["a"]
    assert isinstance(node, Scalar)
    assert node.text == "word"
    assert node.at(2) == node.place


@pytest.mark.parametrize(
    ("data", "line", "problem"),
    [
        (b"", 1, "is empty"),
        (b"# nothing but a comment\n", 1, "is empty"),
        (b"- a\n- b\n", 1, "expected a mapping, found a list"),
        (b"word\n", 1, "expected a mapping, found a single value"),
        (b"a: 1\n---\nb: 2\n", 2, "a second document"),
        (b"a: &x 1\nb: *x\n", 1, "anchors are not allowed"),
        (b"b: *x\n", 1, "aliases are not allowed"),
        (b"a: !!python/object:os.system {}\n", 1, "tags are not allowed"),
        (b"a: 1\nb: 2\na: 3\n", 3, "key 'a' twice"),
        (b"a: {b: 1, b: 2}\n", 1, "key 'b' twice"),
        (b"? [a]\n: 1\n", 1, "a list as a key"),
        (b"a: [1, 2\nb: 3\n", 2, "is not YAML"),
        (b"a: b: c\n", 1, "is not YAML"),
        (b"a: 'open\n", 2, "is not YAML"),
        (b"\ta: 1\n", 1, "is not YAML"),
        (b"a: 1\nb: \xff\n", 2, "is not UTF-8"),
        (b"a: \x00\n", 1, "is not YAML"),
        (b"a: " + b"[" * (MAXIMUM_DEPTH + 2) + b"]" * (MAXIMUM_DEPTH + 2), 1, "nested deeper"),
        (b"a: " + b"[" * 100_000, 1, "nested deeper"),
    ],
)
def test_what_is_no_plain_document_is_refused(
    tmp_path: Path, data: bytes, line: int, problem: str
) -> None:
    with pytest.raises(FormatError) as caught:
        read_document(write(tmp_path, data))
    assert problem in str(caught.value)
    assert str(caught.value).startswith(f"{tmp_path / 'file.yaml'}:{line}:")
    assert "\n" not in str(caught.value)


def test_a_file_that_is_too_large_is_refused_before_it_is_read(tmp_path: Path) -> None:
    file = write(tmp_path, b"a" * (MAXIMUM_BYTES + 1))
    with pytest.raises(FormatError, match="larger than 4 MiB"):
        read_document(file)


def test_too_many_values_are_refused(tmp_path: Path) -> None:
    file = write(tmp_path, b"a: [" + b"1," * 450_000 + b"]")
    with pytest.raises(FormatError, match="more than 400000 values"):
        read_document(file)


@pytest.mark.parametrize("text", [b"\ta: 1\n", b"a:\n  - \xc3\xa4\n\tb: 2\n", b"a:\n\tb: 1\n"])
def test_a_tab_is_called_one(tmp_path: Path, text: bytes) -> None:
    with pytest.raises(FormatError, match="indent with blanks, no tabs"):
        read_document(write(tmp_path, text))


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(
        FormatError, match=r"missing\.yaml: cannot be read: No such .*; check the name"
    ):
        read_document(tmp_path / "missing.yaml")


def test_a_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FormatError, match="cannot be read: Is a directory"):
        read_document(tmp_path)


def test_the_tree_is_made_of_three_kinds_of_nodes(tmp_path: Path) -> None:
    document = read_document(write(tmp_path, b"a: {}\nb: []\nc: ''\n"))
    kinds = [type(node).__name__ for node in document.entries.values()]
    assert isinstance(document, Mapping)
    assert kinds == ["Mapping", "Sequence", "Scalar"]
