"""The page of a report in a real Chromium: silent, offline, as wide as the screen, legible, with nothing empty."""

from functools import partial
from pathlib import Path
from typing import get_args

import pytest

from synth.report import write_report
from synth.report.charts import bars, dots, lines, pairs
from synth.report.figures import Column, Figure, Kind, Part
from tests.cli.commands import synth
from tests.report.browser import Browser
from tests.report.places import RECIPES, parts_of

pytestmark = [pytest.mark.server, pytest.mark.xdist_group("report")]

#: What would break out of an element, an attribute, a style, a comment, a chart's text.
HOSTILE = (
    "</script><img src=x onerror=alert(1)>",
    '"><svg onload=alert(2)>',
    "' onfocus='alert(3)' autofocus='",
    "]]></style><script>alert(4)</script>",
    "javascript:alert(5)",
    "--></text><image href='http://127.0.0.1:9/x.png'/>",
    "#1f6fb2",
    "a" * 300,
)


@pytest.fixture(scope="module")
def pages(places: Path) -> Path:
    for name in RECIPES:
        answer = synth("report", name, "--output", f"{name}.html", cwd=places)
        assert answer.code == 0, answer.err
    return places


@pytest.mark.parametrize("name", RECIPES)
@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (390, "light"), (1280, "dark"), (390, "dark")])
def test_a_page_is_fit_to_be_seen(name: str, width: int, scheme: str, pages: Path, chromium: Browser) -> None:
    seen = chromium.look(pages / f"{name}.html", width, scheme)
    assert (seen.said, seen.asked, seen.overflow, seen.faint, seen.cut, seen.crowded) == ([], [], 0, [], [], [])
    drawn = {f.name for part in parts_of(pages / name).values() for f in part.figures if f.draw and f.rows}
    assert {*seen.charts} == drawn
    assert len(drawn) > 5
    assert [figure for figure, marks in seen.charts.items() if not marks] == []
    assert (pages / f"{name}.html").stat().st_size < 3_000_000


def test_no_value_breaks_out(tmp_path: Path, chromium: Browser) -> None:
    file = tmp_path / "hostile.html"
    file.write_text(write_report("html", HOSTILE[0], [*map(_hostile_part, HOSTILE)]), encoding="utf-8")
    for width in (1280, 390):
        seen = chromium.look(file, width, "light")
        assert (seen.said, seen.asked, seen.overflow) == ([], [], 0)
    with chromium.page(file) as page:
        assert page.title() == HOSTILE[0]
        assert (
            page.evaluate("document.querySelectorAll('script, img, image, [onload], [onerror], [onfocus]').length") == 0
        )
        shown = page.evaluate("[...document.querySelectorAll('td')].map((each) => each.textContent)")
        assert {*HOSTILE} <= {*shown}


def _hostile_part(text: str) -> Part:
    """A part that says a text wherever a report says anything."""
    columns = [Column("name", text), Column("other", text), *(Column(kind, kind, kind) for kind in get_args(Kind)[1:5])]
    row = {"name": text, "other": text, "count": 1, "number": 2, "money": 3, "share": 0.5}
    titles = dict.fromkeys(row, text)
    draws = (
        partial(bars, x="name", y="count", ticks="number", titles=titles),
        partial(pairs, x="name", ys=["count", "money"], titles=titles),
        partial(dots, x="count", y="money", by="name", titles=titles),
        partial(lines, x="count", ys=["money", "number"], titles=titles),
    )
    name = f"part{HOSTILE.index(text)}"
    figures = [Figure(f"{name}_{i}", text, columns, [row, {**row, "count": 2}], draw) for i, draw in enumerate(draws)]
    return Part(name, text, [text], figures, document=text)


def test_by_keyboard(pages: Path, chromium: Browser) -> None:
    with chromium.page(pages / "people.html") as page:
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.getAttribute('href')") == "#content"
        page.locator("summary").first.focus()
        page.keyboard.press("Enter")
        assert page.evaluate("document.querySelector('details').open")
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.className") == "scroll"
        unnamed = "[...document.querySelectorAll('svg')].filter((each) => !each.getAttribute('aria-label')).length"
        assert page.evaluate(unnamed) == 0


def test_on_paper(pages: Path, chromium: Browser) -> None:
    with chromium.page(pages / "people.html", scheme="dark") as page:
        page.emulate_media(media="print")
        assert page.locator("nav").is_hidden()
        assert page.locator("svg[data-size=desk]").first.is_visible()
        assert page.locator("svg[data-size=phone]").first.is_hidden()
        assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
