"""``synth.plot`` and what notebooks show."""

import os
import re
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

import synth
from synth.libraries import installed_version
from tests.report.places import RECIPES, parts_of

pytestmark = pytest.mark.xdist_group("report")


@pytest.mark.parametrize("name", RECIPES)
def test_every_figure_that_is_drawn_is_a_chart_that_altair_knows(name: str, places: Path) -> None:
    charts = synth.plot(places / name)
    figures = [figure for part in parts_of(places / name).values() for figure in part.figures]
    assert [*charts] == [figure.name for figure in figures if figure.draw]
    for chart in charts.values():
        spec = chart.to_dict()  # held to Vega-Lite's schema
        assert spec["title"]


def test_a_notebook_shows_all_of_them(places: Path) -> None:
    charts = synth.plot(places / "notebook")
    page = charts._repr_html_()
    assert page.count("<svg") == len(charts) > 5
    assert "var(--" not in page
    assert ElementTree.fromstring(f"<div>{page}</div>").tag == "div"
    assert repr(charts).splitlines()[0].startswith("amounts: Amounts")


def test_a_recipe_and_a_file(places: Path, tmp_path: Path) -> None:
    made = synth.plot("scenario=card_chain", "generator.transactions=2000", "population.cards=100")
    assert "scenario_0_episode" in made
    (tmp_path / "map.yaml").write_text("columns: {time: datetime, card: cc_num, amount: amount, label: fraud_label}")
    [file] = (places / "notebook/transactions").glob("*.parquet")
    given = synth.plot(file, mapping=tmp_path / "map.yaml")
    assert "amounts" in given
    assert given["scenario_0_episode"].to_dict()["title"].startswith("One stretch: ")
    with pytest.raises(synth.ConfigError, match="a mapping explains files"):
        synth.plot({"seed": 1}, mapping=tmp_path / "map.yaml")


def test_a_preview_draws_its_episodes(monkeypatch: pytest.MonkeyPatch) -> None:
    look = synth.preview("scenario=card_chain", "generator.transactions=2000", rows=2)
    assert look._repr_html_().count("<svg") == len(look.episodes) == 1
    here = installed_version
    monkeypatch.setattr(
        "synth.config.catalog.extras.installed_version", lambda name: "" if name == "altair" else here(name)
    )
    assert "<svg" not in look._repr_html_()
    assert look._repr_html_().count("<pre>") == 1
    with pytest.raises(synth.RefusedError, match=r"a chart \(extra report\) needs altair"):
        synth.plot("seed=1")


def test_a_day_is_the_same_day_wherever_it_is_drawn() -> None:
    """Ticks stand at the chart's own days, in UTC, whatever the machine's time zone is."""
    program = (
        "from functools import partial\n"
        "from synth.report.charts import lines\n"
        "from synth.report.drawing import draw_svg\n"
        "from synth.report.figures import Column, Figure\n"
        "rows = [{'from': f'2022-01-{day:02d}', 'rows': day} for day in (3, 10, 17, 24)]\n"
        "draw = partial(lines, x='from', ys=['rows'], titles={'from': 'week from Monday', 'rows': 'rows'})\n"
        "print(draw_svg(Figure('days', 'Days', [Column('from', ''), Column('rows', '')], rows, draw), 500))\n"
    )
    drawn = [
        subprocess.run(
            [sys.executable, "-c", program], env={**os.environ, "TZ": zone}, check=True, capture_output=True, text=True
        ).stdout
        for zone in ("UTC", "America/Los_Angeles")
    ]
    assert drawn[0] == drawn[1]
    texts = re.findall(r">([^<>]+)</text>", drawn[0])
    assert [text for text in texts if "Jan" in text] == ["3 Jan", "10 Jan", "17 Jan", "24 Jan"]
    assert "week from Monday, 2022" in texts
