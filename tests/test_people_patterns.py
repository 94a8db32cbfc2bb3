"""The guide's chapter on worlds of people: its patterns are whole, short and honest, its vocabulary is the code's."""

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from synth.config.catalog import load_catalog
from synth.config.recipe import load_recipe
from synth.contracts.habits import Habits, ShopHabits
from synth.engine.prepare import Prepared, prepare
from synth.errors import ConfigError
from synth.injectors.episodes import Episodes
from synth.injectors.layout import Layout
from synth.testing import InjectorContract
from tests.worlds import tables_of

PAGE = (Path(__file__).resolve().parent.parent / "docs/first-pattern.md").read_text()
FILES = re.findall(r"^```python file=(\w+)\.py\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
PATTERNS = {name: text for name, text in FILES if "uses =" in text}
WORLD = (
    *("generator=spending", "population=retail_us", "population.cards=1800", "population.customers.number=1500"),
    *("timeline.end=2022-03-01", "columns=spending"),
)


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("patterns")
    paths = {name: folder / f"{name}.py" for name in PATTERNS}
    for name, path in paths.items():
        path.write_text(PATTERNS[name])
    return paths


def made(path: Path, *overrides: str) -> tuple[Prepared, pd.DataFrame]:
    """The fraud rows of a run, with its plan."""
    prepared = prepare(load_recipe([*WORLD, f"scenario={path.stem}", *overrides], plugin_files=[path])[0])
    rows = tables_of(prepared)["transactions"]
    return prepared, rows


@pytest.mark.parametrize("name", ["fuel_run", "sleeper"])
def test_a_whole_pattern_has_fewer_than_40_lines(name: str) -> None:
    assert len(PATTERNS[name].splitlines()) < 40


def test_fuel_then_electronics_near_home_at_night(files: dict[str, Path]) -> None:
    prepared, rows = made(files["fuel_run"])
    people = prepared.make_block.components.world.population
    assert people is not None
    fraud = rows[rows.fraud_label == 1]
    assert fraud.episode_id.nunique() > 30
    # an hour to the next shop, three times at most, and half of that before midnight
    assert fraud.time.dt.hour.isin([22, 23, *range(8)]).all()
    assert (fraud.category == fraud.role.map({"fuel": "fuel", "goods": "electronics"})).all()
    assert (people.terminals.merchant_p[fraud.terminal_id] == fraud.merchant_id).all()
    home, p = people.cards.customer_c[fraud.card_id], people.terminals
    km = np.hypot(
        people.customers.x_u[home] - p.x_p[fraud.terminal_id], people.customers.y_u[home] - p.y_p[fraud.terminal_id]
    )
    assert np.median(km) < 12


def test_a_card_that_slept_for_a_year_wakes(files: dict[str, Path]) -> None:
    sleepy = ("generator.segments.homebody.rate.sigma=3", "timeline.end=2022-01-22")
    _, rows = made(files["sleeper"], *sleepy, "scenario.sleeper.ratio=0.001")
    fraud, honest = rows[rows.fraud_label == 1], rows[rows.fraud_label == 0]
    waking = fraud[fraud.role == "waking"].set_index("card_id").time
    assert len(waking) >= 8
    assert waking.index.is_unique
    before = honest[honest.time < honest.card_id.map(waking)]
    assert before.empty
    hours = fraud.time.dt.hour
    assert (hours < 6).mean() < 0.15


@pytest.mark.parametrize("name", ["fuel_run", "sleeper"])
def test_it_keeps_the_rules_of_the_kit(files: dict[str, Path], name: str) -> None:
    kept = type(name, (InjectorContract,), {"kind": name, "plugin_files": [files[name]]})()
    kept.test_times_do_not_leak()
    kept.test_own_columns_do_not_leak()
    kept.test_what_it_uses_is_declared()


def test_a_world_of_cards_alone_is_refused_once(files: dict[str, Path]) -> None:
    with pytest.raises(ConfigError) as refused:
        load_recipe(["scenario=sleeper"], plugin_files=[files["sleeper"]])
    assert refused.value.exit_code == 2
    [problem] = refused.value.problems
    assert problem.message == "scenario.sleeper: it uses people who shop, which this world lacks"


def public(*classes: type, but: type = object) -> set[str]:
    """What classes offer: methods, properties and attributes."""
    names = {name for each in classes for name in (*dir(each), *getattr(each, "__dataclass_fields__", ()))}
    return {name for name in names - {*dir(but)} - {*getattr(but, "__dataclass_fields__", ())} if name[0] != "_"}


def words(table: str) -> set[str]:
    """The names in a table's first column."""
    return {word for cell in re.findall(r"^\| (`.*?) \|", table, re.M) for word in re.findall(r"`(\w+)`", cell)}


def test_the_vocabulary_is_that_of_the_code() -> None:
    drawn, known = PAGE.partition("### The vocabulary")[2].split("`context.habits` knows the laws behind them:")
    assert words(drawn) == public(Episodes, but=Layout)
    assert words(known.partition("## 7.")[0]) == public(Habits, ShopHabits) - {"uses"}


def test_the_scaffolds_have_no_rival() -> None:
    """The page's kinds are nobody else's."""
    assert not {*PATTERNS} & {*load_catalog(()).names("scenario")}
