"""What a plugin's generator says of its figures stands in the report beside what is counted."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import synth
from synth.check.stats import measure
from synth.config.catalog import load_catalog
from synth.contracts.expectations import Expectations
from synth.contracts.generator import World
from tests.check.stats.outputs import days_fit, fits
from tests.cli.commands import synth as command
from tests.generators.test_own_columns import PLUGIN, RECIPE

#: Enough rows for a law to be seen, and no fraud among them.
PLAIN = (*(option for option in RECIPE if not option.startswith("scenario")), "generator.transactions=20000")


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("shops") / "out"
    synth.run(*PLAIN, f"sink.parquet.uri={path}", plugin_files=[PLUGIN])
    return path


@pytest.fixture(scope="module")
def data(place: Path) -> dict[str, Any]:
    return measure(str(place), catalog=load_catalog([PLUGIN]))


@pytest.mark.parametrize("column", ["shop", "online"])
def test_shares(column: str, data: dict[str, Any]) -> None:
    figures = [value["genuine"] for value in data["shares"][column].values()]
    assert {figure["recipe"] for figure in figures} == {1 / len(figures)}
    fits(figures, 20_000)


def test_times(data: dict[str, Any]) -> None:
    assert data["rows"] == {"found": 20_000, "recipe": 20_000}
    days_fit(data)
    fits(data["time"]["hours"], 20_000)


def test_the_table_has_them(place: Path, data: dict[str, Any]) -> None:
    assert data["untold"] == ["nobody knows what bread costs"]
    answer = command("stats", "--plugin", str(PLUGIN), str(place), cwd=place)
    assert answer.code == 0
    assert "nobody knows what bread costs" in answer.out
    [least] = [line for line in answer.out.splitlines() if line.startswith("least of a whole day")]
    assert least.split()[-1] == "6,667"


def test_without_the_plugin_there_are_none(place: Path) -> None:
    alone = measure(str(place), catalog=load_catalog())
    assert {value["genuine"]["recipe"] for value in alone["shares"]["shop"].values()} == {None}
    assert alone["rows"]["recipe"] == 20_000
    assert alone["untold"] == ["no generator kind named 'shops': load the plugin that provides it"]


def _fail(world: World) -> Expectations:
    raise ZeroDivisionError("no rows")


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (_fail, "ZeroDivisionError: no rows"),
        (
            lambda world: Expectations(rows_n=np.ones(3), favourites=0.5),
            "rows_n has the shape (3,), and the window 72 hours",
        ),
    ],
)
def test_what_is_broken_is_told_in_a_line(
    answer: Callable[[World], Expectations], told: str, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    catalog = load_catalog([PLUGIN])
    spec = catalog.find("generator", "shops")
    assert spec is not None
    monkeypatch.setattr(spec.factory, "expectations", lambda self, world: answer(world))
    data = measure(str(place), catalog=catalog)
    assert data["untold"] == [f"the generator's expectations are broken: {told}"]
    assert data["rows"] == {"found": 20_000, "recipe": 20_000}
    assert {day["recipe"] for day in data["time"]["days"]} == {None}
