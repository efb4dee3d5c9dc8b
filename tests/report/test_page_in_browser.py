"""The page in headless Chromium: it fits each width, can be read in light and dark, and prints.

A missing browser is a failure, never a skip: `ci/setup` installs it.
"""

from __future__ import annotations

import html
import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from harness.report.page import as_page
from tests.report import stored

DESKTOP, PHONE = 1280, 390
READABLE = 4.5
"""The least contrast of text (WCAG 2.1, success criterion 1.4.3)."""

PROBE = """
<pre id="probe"></pre>
<script>
function channels(colour) { return colour.match(/[\\d.]+/g).map(Number); }
function luminance(colour) {
  const [r, g, b] = channels(colour).slice(0, 3).map(v => {
    v /= 255; return v <= 0.03928 ? v / 12.92 : Math.pow((v + 0.055) / 1.055, 2.4); });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}
function behind(element) {
  for (let one = element; one; one = one.parentElement) {
    const colour = getComputedStyle(one).backgroundColor;
    if (!colour.endsWith(", 0)")) return colour;
  }
  return "rgb(255, 255, 255)";
}
function contrast(element) {
  const [a, b] = [luminance(getComputedStyle(element).color), luminance(behind(element))];
  return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
}
for (const one of document.querySelectorAll("details")) one.open = true;
const kinds = "h1, h2, h3, p, td, th, dt, dd, .tile b, .more, .what, em, summary";
const texts = [...document.querySelectorAll(kinds)].filter(
  one => one.textContent.trim() && !one.classList.contains("mute") && one.checkVisibility());
const charts = [...document.querySelectorAll("svg")];
const words = one => one.className + ": " + one.textContent.trim().slice(0, 40);
const wide = [...document.querySelectorAll("body *")].filter(
  one => one.getBoundingClientRect().right > innerWidth + 1 && !one.closest(".wide, pre"));
document.getElementById("probe").textContent = JSON.stringify({
  width: innerWidth,
  scroll: document.documentElement.scrollWidth,
  wide: wide.map(words),
  dark: matchMedia("(prefers-color-scheme: dark)").matches,
  background: getComputedStyle(document.body).backgroundColor,
  flat: charts.filter(one => !one.getBoundingClientRect().width).length,
  charts: charts.length,
  faint: texts.filter(one => contrast(one) < READABLE).map(words),
});
</script>
"""


AROUND = """
<!doctype html>
<iframe style="width: {width}px; height: 900px; border: 0" srcdoc="{page}"
 onload="result.textContent = this.contentDocument.getElementById('probe').textContent"></iframe>
<pre id="result"></pre>
"""


def chromium(*arguments: str) -> str:
    """Run the browser; what it prints."""
    program = shutil.which("chromium")
    assert program is not None, "chromium is not installed: run ci/setup"
    done = subprocess.run(
        [program, "--headless", "--no-sandbox", "--disable-gpu", *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    return done.stdout


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page of a run that diverges, as it is."""
    path = tmp_path_factory.mktemp("page") / "report.html"
    path.write_text(as_page(stored.diverging(), stored.history()))
    return path


def probed(page: Path, width: int, dark: bool) -> dict[str, Any]:
    """What the browser measures in a frame of a width: its windows have a least one.

    For this a copy of the page may run a script.
    """
    text = re.sub(r'<meta http-equiv="Content-Security-Policy"[^>]*>', "", page.read_text())
    text = text.replace("</body>", PROBE.replace("READABLE", str(READABLE)) + "</body>")
    around = page.with_name("around.html")
    around.write_text(AROUND.format(width=width, page=html.escape(text)))
    scheme = f"--blink-settings=preferredColorScheme={0 if dark else 1}"
    dom = chromium(scheme, "--window-size=1400,1000", "--dump-dom", f"file://{around}")
    (found,) = re.findall(r'<pre id="result">(.+?)</pre>', dom, re.S)
    result = json.loads(html.unescape(found))
    assert isinstance(result, dict)
    return result


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [DESKTOP, PHONE])
def test_it_fits_and_can_be_read(page: Path, width: int, dark: bool) -> None:
    found = probed(page, width, dark)
    assert (found["width"], found["dark"]) == (width, dark)
    assert found["wide"] == []
    assert found["scroll"] <= width, "nothing is wider than the screen"
    assert found["faint"] == []
    assert found["charts"] > 10
    assert found["flat"] == 0, "each chart has room"
    assert (found["background"] == "rgb(255, 255, 255)") is not dark


def test_it_prints(page: Path) -> None:
    path = page.with_suffix(".pdf")
    chromium(f"--print-to-pdf={path}", "--no-pdf-header-footer", f"file://{page}")
    assert path.read_bytes().startswith(b"%PDF")


def test_hostile_names_run_nothing(tmp_path: Path) -> None:
    path = tmp_path / "hostile.html"
    text = as_page(stored.hostile())
    path.write_text(re.sub(r'<meta http-equiv="Content-Security-Policy"[^>]*>', "", text))
    dom = chromium("--dump-dom", f"file://{path}")
    assert "<script" not in dom
    assert "alert(1)" in dom, "it is shown"
