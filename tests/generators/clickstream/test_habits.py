"""What patterns may know of the visitors of a web shop, held against what these do."""

import numpy as np
import pandas as pd
import pytest

import synth
from synth.config.recipe import load_recipe
from synth.contracts.habits import Habits
from synth.engine.prepare import make_components

SHOP = (
    "generator=clickstream",
    "columns=clickstream_full",
    "population.cards=300",
    "generator.transactions=60000",
)
WORLD = (*SHOP, "timeline.end=2022-01-15")


@pytest.fixture(scope="module")
def habits() -> Habits:
    return make_components(load_recipe(list(WORLD))[0]).context.known_habits


@pytest.fixture(scope="module")
def rows() -> pd.DataFrame:
    return synth.generate(*WORLD)


def test_each_customer_comes_as_often_as_is_expected(habits: Habits, rows: pd.DataFrame) -> None:
    assert habits.expected_c.sum() == pytest.approx(60_000)
    seen_c = np.bincount(rows.customer_id - 1, minlength=300)
    assert np.corrcoef(seen_c, habits.expected_c)[0, 1] > 0.9


def test_they_come_at_the_hours_of_visits(habits: Habits, rows: pd.DataFrame) -> None:
    hour_n = habits.rhythm.edge_seconds_n[:-1] // 3600 % 24
    expected_h = np.bincount(hour_n, habits.rhythm.mass_sn[0], minlength=24) / 60_000
    seen_h = rows.timestamp.dt.hour.value_counts(normalize=True).reindex(range(24), fill_value=0).to_numpy()
    # a visit takes some minutes, and its events follow its start; ten of them or so are one draw
    assert abs(seen_h - expected_h).max() < 0.01 + 6 * np.sqrt(0.05 / 6_000)


def test_their_devices_are_those_of_the_events(habits: Habits, rows: pd.DataFrame) -> None:
    known = rows.groupby("customer_id").device_id.agg(set)
    cards = known.index.to_numpy() - 1
    mine = habits.devices(cards, rng=np.random.default_rng(1))
    assert np.mean([device in devices for device, devices in zip(mine.tolist(), known, strict=True)]) > 0.9
