"""One source through either loader: the same maps and programs, and one line when it fails."""

from __future__ import annotations

import gc
from pathlib import Path

import pytest

from harness.kernel.errors import CompileError, LayoutError, LoadError, ObjectError
from harness.kernel.loader import LoadedObject, LoaderName, MapOptions, load
from tests.kernel.conftest import OBJECTS, TWO_LOADERS

BOTH = pytest.mark.parametrize("loader", list(LoaderName), ids=lambda loader: loader.value)

pytestmark = pytest.mark.usefixtures("kernel")


def open_descriptors() -> list[str]:
    """What is open, without the descriptor that is needed to look."""
    gc.collect()  # what finished tests have left would go at any moment
    folder = Path("/proc/self/fd")
    return sorted(str(path.readlink()) for path in folder.iterdir() if path.exists())


def test_maps_and_programs_have_their_names_in_c(loaded: LoadedObject) -> None:
    assert sorted(loaded.programs) == ["alter", "observe"]
    assert sorted(loaded.maps) == [
        "counts",
        "numbers",
        "plain",
        "prefixes",
        "recent",
        "records",
        "sightings",
        "words",
    ]
    assert loaded.maps["plain"].max_entries == 1024


def test_both_loaders_give_the_same_layouts() -> None:
    first, second = (load(TWO_LOADERS, loader) for loader in LoaderName)
    with_sizes = [
        {name: (m.kind, m.key_size, m.element_size) for name, m in loaded_object.maps.items()}
        for loaded_object in (first, second)
    ]
    assert with_sizes[0] == with_sizes[1]
    assert first.btf.structures == second.btf.structures
    first.close()
    second.close()


@BOTH
def test_sizes_are_set_by_name(loader: LoaderName) -> None:
    loaded_object = load(TWO_LOADERS, loader, options=MapOptions({"plain": 3, "records": 8192}))
    assert loaded_object.maps["plain"].max_entries == 3
    assert loaded_object.maps["records"].max_entries == 8192
    loaded_object.close()


@BOTH
def test_closing_gives_every_descriptor_back(loader: LoaderName) -> None:
    load(TWO_LOADERS, loader).close()  # whatever libraries open once, they have open now
    before = open_descriptors()
    loaded_object = load(TWO_LOADERS, loader)
    loaded_object.ring("records").drain()
    loaded_object.maps["sightings"].memory()
    assert len(open_descriptors()) > len(before)
    loaded_object.close()
    loaded_object.close()
    assert open_descriptors() == before


@BOTH
def test_a_failed_load_gives_every_descriptor_back(loader: LoaderName) -> None:
    load(TWO_LOADERS, loader).close()
    before = open_descriptors()
    with pytest.raises(LoadError):
        load(OBJECTS / "refused.bpf.c", loader)
    assert open_descriptors() == before


@BOTH
def test_nothing_is_printed(loader: LoaderName, capfd: pytest.CaptureFixture[str]) -> None:
    load(TWO_LOADERS, loader).close()
    with pytest.raises(LoadError):
        load(OBJECTS / "refused.bpf.c", loader)
    captured = capfd.readouterr()
    assert (captured.out, captured.err) == ("", "")


@BOTH
def test_the_verifiers_reason_is_one_line_and_its_log_is_kept(loader: LoaderName) -> None:
    with pytest.raises(
        LoadError, match=r"program reads_beyond refused: .*invalid access"
    ) as raised:
        load(OBJECTS / "refused.bpf.c", loader)
    assert "\n" not in str(raised.value)
    assert "processed" in raised.value.log


def test_the_verifiers_reason_names_the_line_in_c() -> None:
    with pytest.raises(LoadError, match=r"refused\.bpf\.c:12: invalid access to packet"):
        load(OBJECTS / "refused.bpf.c")


@BOTH
def test_the_verifiers_figures_are_reported(loader: LoaderName) -> None:
    loaded_object = load(TWO_LOADERS, loader)
    figures = loaded_object.statistics()
    assert sorted(figures) == ["alter", "observe"]
    observe = figures["observe"]
    # The verifier walks each instruction at least once where every one can be reached.
    assert observe.processed_instructions >= 40
    assert observe.translated_bytes >= 8 * 40
    assert observe.stack >= 4  # the key
    assert observe.total_states >= observe.peak_states > 0
    assert observe.verification_microseconds > 0
    loaded_object.close()


@BOTH
def test_a_size_for_no_map_is_refused(loader: LoaderName) -> None:
    with pytest.raises(ObjectError, match=r"has no map 'plane' to resize; it has .*plain"):
        load(TWO_LOADERS, loader, options=MapOptions({"plane": 3}))


@BOTH
def test_a_size_that_the_kernel_refuses_names_the_map(loader: LoaderName) -> None:
    with pytest.raises(LoadError, match="'recent': failed to create"):
        load(TWO_LOADERS, loader, options=MapOptions({"recent": 0}))


@BOTH
@pytest.mark.parametrize(
    ("kinds", "message"),
    [
        ({"plane": "hash"}, r"has no map 'plane' to load as another kind; it has .*plain"),
        ({"recent": "tree"}, r"map recent cannot be a 'tree'; it can be hash or lru_hash"),
    ],
)
def test_a_kind_that_makes_no_sense_is_refused(
    loader: LoaderName, kinds: dict[str, str], message: str
) -> None:
    with pytest.raises(ObjectError, match=message):
        load(TWO_LOADERS, loader, options=MapOptions(kinds=kinds))


@BOTH
def test_a_wanted_program_or_map_that_is_absent_is_named(loader: LoaderName) -> None:
    with pytest.raises(ObjectError, match="has no map flows; it has "):
        load(TWO_LOADERS, loader, maps=["plain", "flows"])
    with pytest.raises(ObjectError, match="has no program from_container"):
        load(TWO_LOADERS, loader, programs=["from_container"])


def test_an_object_file_loads_without_its_source(built: Path) -> None:
    loaded_object = load(built)
    assert sorted(loaded_object.programs) == ["alter", "observe"]
    loaded_object.close()


def test_bcc_asks_for_the_source(built: Path) -> None:
    with pytest.raises(ObjectError, match="bcc compiles from C; give the source"):
        load(built, LoaderName.BCC)


def test_a_program_of_another_type_is_refused(tmp_path: Path) -> None:
    source = tmp_path / "xdp.bpf.c"
    source.write_text(
        "#include <linux/bpf.h>\n#include <bpf/bpf_helpers.h>\n"
        'SEC("xdp") int pass_all(struct xdp_md *context) { return XDP_PASS; }\n',
        "utf-8",
    )
    with pytest.raises(ObjectError, match="program pass_all is of type 6, not a tc program"):
        load(source)


def test_what_bcc_cannot_compile_is_one_line_with_its_place(tmp_path: Path) -> None:
    source = tmp_path / "only_clang.bpf.c"
    source.write_text(
        f'#include "{TWO_LOADERS}"\n#ifdef TWINPATH_BCC\nint x = y;\n#endif\n', "utf-8"
    )
    with pytest.raises(CompileError, match=r"bcc: .*only_clang\.bpf\.c:3: .*'y'") as raised:
        load(source, LoaderName.BCC)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    ("change", "difference"),
    [
        ("__u32 verdict;", "offset of struct sighting.verdict"),
        ("__u64 length;", "size of struct sighting.length"),
        ("COLOUR_RED = 3,", "COLOUR_RED"),
        ("__u64 bytes;", "size of struct count"),
    ],
)
def test_a_layout_that_bcc_sees_otherwise_is_named(
    tmp_path: Path, change: str, difference: str
) -> None:
    other = {
        "__u32 verdict;": "__u32 more; __u32 verdict;",
        "__u64 length;": "__u16 length; __u16 rest[3];",
        "COLOUR_RED = 3,": "COLOUR_RED = 4,",
        "__u64 bytes;": "__u64 bytes; __u64 extra;",
    }[change]
    text = TWO_LOADERS.read_text("utf-8").replace("../../../", f"{Path.cwd()}/")
    assert change in text
    varied = text.replace(change, f"\n#ifdef TWINPATH_BCC\n{other}\n#else\n{change}\n#endif\n")
    source = tmp_path / "varied.bpf.c"
    source.write_text(varied, "utf-8")
    with pytest.raises(LayoutError, match=f"{difference} differs between clang and bcc"):
        load(source, LoaderName.BCC)
