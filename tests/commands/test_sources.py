"""What there is to run below some paths."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.errors import NothingToCompareError, UserError
from harness.sources import Source, find_sources, shuffled


def tree(root: Path, *names: str) -> None:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).touch()


def found(*paths: Path) -> list[tuple[str, bool]]:
    return [(source.path.name, source.is_capture) for source in find_sources(paths)]


def test_a_folder_is_searched_in_order_of_name(tmp_path: Path) -> None:
    tree(tmp_path, "b/z.yaml", "b/a.pcap", "a/m.yml", "c.pcapng", "d.pcap.gz", "e.cap", "F.YAML")
    assert found(tmp_path) == [
        ("F.YAML", False),
        ("m.yml", False),
        ("a.pcap", True),
        ("z.yaml", False),
        ("c.pcapng", True),
        ("d.pcap.gz", True),
        ("e.cap", True),
    ]


def test_what_belongs_to_others_is_not_run(tmp_path: Path) -> None:
    tree(tmp_path, "a.yaml", "shop.topology.yaml", "web.map.yaml", "web.map.yml", "notes.md")
    tree(tmp_path, ".hidden.yaml", ".git/x.yaml", "sub/.venv/y.pcap", "vectors.json")
    assert found(tmp_path) == [("a.yaml", False)]


def test_a_hidden_folder_that_is_named_is_searched(tmp_path: Path) -> None:
    tree(tmp_path, ".cache/a.yaml")
    assert found(tmp_path / ".cache") == [("a.yaml", False)]


def test_a_named_file_is_taken_whatever_it_is_called(tmp_path: Path) -> None:
    tree(tmp_path, "dump", "shop.topology.yaml")
    assert found(tmp_path / "dump") == [("dump", True)]
    assert found(tmp_path / "shop.topology.yaml") == [("shop.topology.yaml", False)]


def test_what_is_named_twice_is_run_once(tmp_path: Path) -> None:
    tree(tmp_path, "a.yaml", "b.yaml")
    assert found(tmp_path / "b.yaml", tmp_path, tmp_path) == [("b.yaml", False), ("a.yaml", False)]


def test_nothing_to_run_and_nothing_there_are_two_things(tmp_path: Path) -> None:
    with pytest.raises(NothingToCompareError, match="no scenario"):
        find_sources([tmp_path])
    with pytest.raises(UserError, match="no such file") as raised:
        find_sources([tmp_path / "x"])
    assert not isinstance(raised.value, NothingToCompareError)


def test_a_seed_orders_without_losing_any(tmp_path: Path) -> None:
    sources = [Source(tmp_path / f"{number}.yaml", False) for number in range(50)]
    assert shuffled(sources, 0) == sources
    once, again = shuffled(sources, 3), shuffled(sources, 3)
    assert once == again != sources
    assert sorted(once, key=sources.index) == sources
