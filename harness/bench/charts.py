"""Charts of a run, as SVG. They need matplotlib (`pip install twinpath[report]`)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from harness.bench.measurement import Measurement
from harness.kernel.errors import MissingToolError

SHOWN: Final = (
    "service-established",
    "service-reply",
    "egress-established",
    "ingress-established",
    "service-new",
    "egress-new",
    "ingress-new",
)
COLOURS: Final = {"ipv4": "#2b6cb0", "ipv6": "#90cdf4", "limit": "#c53030"}
HALF: Final = 0.2
"""Of a bar's width; two bars stand beside each other."""


def draw_charts(suites: Mapping[str, Sequence[Measurement]], folder: Path) -> None:
    """A chart for each suite that has one. Raises MissingToolError."""
    if not {"packets", "growth"} & set(suites):
        return
    pyplot = load_pyplot()
    folder.mkdir(parents=True, exist_ok=True)
    if "packets" in suites:
        save(pyplot, packets_chart(pyplot, suites["packets"]), folder / "packets.svg")
    if "growth" in suites:
        save(pyplot, growth_chart(pyplot, suites["growth"]), folder / "growth.svg")


def load_pyplot() -> Any:
    """The library, told to draw the same picture each time. Raises MissingToolError."""
    try:
        import matplotlib as library  # noqa: PLC0415 - optional, and slow to import

        library.use("svg")
        from matplotlib import pyplot  # noqa: PLC0415
    except ImportError:
        raise MissingToolError(
            "matplotlib not found, which draws the charts", "pip install twinpath[report]"
        ) from None
    library.rcParams.update({"svg.hashsalt": "twinpath", "font.size": 9, "svg.fonttype": "none"})
    return pyplot


def save(pyplot: Any, figure: Any, path: Path) -> None:
    """Write one chart."""
    figure.tight_layout()
    figure.savefig(path, metadata={"Date": None})
    pyplot.close(figure)


def packets_chart(pyplot: Any, figures: Sequence[Measurement]) -> Any:
    """What packets cost: both families, and the limit of the first."""
    found = {one.name: one for one in figures}
    figure, axes = pyplot.subplots(figsize=(7, 3.6))
    for offset, family in ((-HALF, "ipv4"), (HALF, "ipv6")):
        values = [found.get(f"packets/libbpf/{family}/{case}") for case in SHOWN]
        heights = [0 if one is None else one.value for one in values]
        places = [place + offset for place in range(len(SHOWN))]
        axes.bar(places, heights, 2 * HALF, color=COLOURS[family], label=f"IPv{family[-1]}")
        limits = [(p, one.limit) for p, one in zip(places, values, strict=True) if one]
        if family == "ipv4":
            for place, limit in limits:
                if limit is not None:
                    ends = place - HALF, place + HALF
                    axes.hlines(limit, *ends, color=COLOURS["limit"], linewidth=2)
    axes.set_xticks(range(len(SHOWN)), [name.replace("-", "\n") for name in SHOWN])
    axes.set_ylabel("ns per packet (red: half of the reference)")
    axes.legend(frameon=False)
    return figure


def growth_chart(pyplot: Any, figures: Sequence[Measurement]) -> Any:
    """Cost against number, each line in units of its first point."""
    lines: dict[str, list[tuple[int, float]]] = {}
    for one in figures:
        _, dimension, case, size = one.name.split("/")
        lines.setdefault(f"{dimension}: {case}", []).append((int(size), one.value))
    figure, axes = pyplot.subplots(figsize=(7, 3.6))
    for label, points in lines.items():
        first = points[0][1] or 1.0
        axes.plot(
            [size for size, _ in points],
            [value / first for _, value in points],
            marker="o",
            markersize=3,
            linewidth=1,
            label=label,
        )
    axes.set_xscale("log")
    axes.set_ylabel("cost, first point = 1")
    axes.set_xlabel("number")
    axes.legend(frameon=False, fontsize=7)
    return figure
