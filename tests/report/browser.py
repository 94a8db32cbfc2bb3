"""A real Chromium that looks at pages: what it says on its console, what it asks for, what overflows, what is faint."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PROGRAM = "chromium"
INSTALL = "apt-get install -y --no-install-recommends chromium fonts-dejavu-core"


def missing_chromium() -> str:
    """Why no page can be looked at here and how to change that; empty when it can."""
    return "" if shutil.which(PROGRAM) else f"no {PROGRAM}; get it with: {INSTALL}"


@dataclass(frozen=True)
class Seen:
    """What a page did while it was loaded.

    Attributes:
        said: errors, and lines of the console.
        asked: addresses of requests, but for the page itself.
        overflow: pixels by which it is wider than the screen.
        faint: texts with less contrast than they need.
        charts: name of a figure → number of visible marks in its visible chart.
        cut: texts in charts that stand out of their picture.
        crowded: texts in charts that lie on each other, or stand twice at one axis.
    """

    said: list[str]
    asked: list[str]
    overflow: int
    faint: list[str]
    charts: dict[str, int]
    cut: list[str]
    crowded: list[str]


_LOOK = """() => {
  const parse = (text) => { const m = text.match(/[\\d.]+/g).map(Number); return m.length > 3 ? m : [...m, 1]; };
  const light = ([r, g, b]) => { const f = (v) => { v /= 255;
      return v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4; };
    return 0.2126 * f(r) + 0.7152 * f(g) + 0.0722 * f(b); };
  const ground = (element) => { for (let e = element; e; e = e.parentElement) {
      const c = getComputedStyle(e).backgroundColor; if (c && parse(c)[3] > 0) return parse(c); }
    return [255, 255, 255, 1]; };
  const faint = [], cut = [], charts = {};
  for (const element of document.querySelectorAll("body *")) {
    const own = [...element.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim());
    const box = element.getBoundingClientRect();
    if (!own || !box.width || !box.height) continue;
    const style = getComputedStyle(element);
    const svg = element.closest("svg");
    const colour = parse(svg ? style.fill : style.color), back = ground(svg ? svg.parentElement : element);
    const [a, b] = [light(colour), light(back)].sort((x, y) => y - x);
    const contrast = (a + 0.05) / (b + 0.05);
    if (contrast < 4.5) faint.push(`${element.textContent.trim().slice(0, 40)}: ${contrast.toFixed(2)}`);
    if (svg) { const s = svg.getBoundingClientRect();
      if (box.left < s.left - 1 || box.right > s.right + 1 || box.top < s.top - 1 || box.bottom > s.bottom + 1)
        cut.push(`${svg.closest("figure").dataset.name}: ${element.textContent}`); }
  }
  for (const svg of document.querySelectorAll("figure svg")) {
    if (!svg.getBoundingClientRect().width) continue;
    const marks = [...svg.querySelectorAll(".role-mark path, .role-mark line, .role-mark rect")].filter((e) => {
      const b = e.getBoundingClientRect(); return b.width + b.height > 0; });
    charts[svg.closest("figure").dataset.name] = marks.length;
  }
  const crowded = [];
  for (const svg of document.querySelectorAll("figure svg")) {
    const name = svg.closest("figure").dataset.name;
    const texts = [...svg.querySelectorAll("text")].map((t) => [t.textContent, t.getBoundingClientRect()])
      .filter(([text, box]) => text.trim() && box.width);
    texts.forEach(([text, a], at) => texts.slice(at + 1).forEach(([other, b]) => {
      if (Math.min(a.right, b.right) - Math.max(a.left, b.left) > 1
          && Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 3)
        crowded.push(`${name}: ${text} on ${other}`); }));
    for (const axis of svg.querySelectorAll(".role-axis-label")) {
      const labels = [...axis.querySelectorAll("text")].map((t) => t.textContent).filter((t) => t.trim());
      if (new Set(labels).size < labels.length) crowded.push(`${name}: ${labels} at one axis`);
    }
  }
  return { faint, crowded, cut, charts, overflow: document.documentElement.scrollWidth - window.innerWidth };
}"""


class Browser:
    """A browser that is open."""

    def __init__(self, chromium: Any) -> None:
        self._chromium = chromium

    @contextmanager
    def page(self, file: Path, width: int = 1280, scheme: str = "light") -> Iterator[Any]:
        """A page of a file, which somebody may click in."""
        page = self._chromium.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
        try:
            page.goto(file.as_uri())
            yield page
        finally:
            page.close()

    def look(self, file: Path, width: int, scheme: str) -> Seen:
        """Loads a page, opens all that can be opened, and looks."""
        said, asked = list[str](), list[str]()
        page = self._chromium.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.on("dialog", lambda dialog: said.append(f"dialog {dialog.message}"))
        page.on("request", lambda request: asked.append(request.url))
        try:
            page.goto(file.as_uri())
            page.evaluate("document.querySelectorAll('details').forEach((each) => each.open = true)")
            found = page.evaluate(_LOOK)
        finally:
            page.close()
        return Seen(said, [url for url in asked if url != file.as_uri()], **found)


@contextmanager
def run_chromium() -> Iterator[Browser]:
    """A Chromium of the machine's own, without a window."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        chromium = driver.chromium.launch(executable_path=shutil.which(PROGRAM), args=["--no-sandbox"])
        try:
            yield Browser(chromium)
        finally:
            chromium.close()
