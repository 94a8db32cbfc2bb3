"""What patterns may know of people who buy by habit, held against what these do."""

from collections import Counter

import numpy as np
import pandas as pd
import pytest

import synth
from synth.arrays import Float, Int64
from synth.config.recipe import load_recipe
from synth.contracts.habits import ShopHabits
from synth.contracts.population import Population
from synth.engine.components import Components
from synth.engine.prepare import make_components
from synth.errors import RefusedError
from tests.chi_square import chi_square, far

WORLD = (
    *("population=retail_us", "population.cards=1300", "population.customers.number=1000"),
    *("population.merchants.number=900", "population.merchants.terminals=1500", "population.cities.number=8"),
    *("generator=spending", "columns=spending", "timeline.start=2023-02-01", "timeline.end=2023-04-01"),
)


@pytest.fixture(scope="module")
def components() -> Components:
    return make_components(load_recipe(list(WORLD))[0])


@pytest.fixture(scope="module")
def habits(components: Components) -> ShopHabits:
    return components.context.shopping


@pytest.fixture(scope="module")
def people(components: Components) -> Population:
    assert components.world.population is not None
    return components.world.population


@pytest.fixture(scope="module")
def rows() -> pd.DataFrame:
    return synth.generate(*WORLD)


@pytest.fixture(scope="module")
def purchases(rows: pd.DataFrame) -> pd.DataFrame:
    """The rows that fraud could be."""
    return rows[rows.channel != "recurring"]


def rng(seed: int = 1) -> np.random.Generator:
    return np.random.default_rng(seed)


@pytest.fixture(scope="module")
def cards(habits: ShopHabits) -> Int64:
    return rng(2).integers(1300, size=3000)


@pytest.fixture(scope="module")
def grocery(components: Components, cards: Int64) -> Int64:
    return np.full(len(cards), components.context.code("category", "grocery"))


class TestWhen:
    def test_each_card_has_the_rows_that_are_expected(self, habits: ShopHabits, purchases: pd.DataFrame) -> None:
        expected_c = habits.expected_c
        seen_c = np.bincount(purchases.card_id, minlength=len(expected_c))
        assert abs(expected_c.sum() - len(purchases)) < 0.01 * len(purchases)
        used = expected_c > 1
        # purchases are Poisson: at most 1,300 and 6 standard deviations of sqrt(2 x 1,300)
        assert ((seen_c - expected_c) ** 2 / expected_c)[used].sum() < used.sum() + 6 * np.sqrt(2 * used.sum())
        assert np.corrcoef(seen_c, expected_c)[0, 1] > 0.98

    def test_hours_days_and_holidays_are_those_of_the_rows(self, habits: ShopHabits, purchases: pd.DataFrame) -> None:
        hour_n = habits.rhythm.edge_seconds_n[:-1] // 3600
        seen = purchases.time.astype("datetime64[us, UTC]").astype("int64").to_numpy() // 3_600_000_000 - hour_n[0]
        expected_n = habits.rhythm.mass_sn.sum(axis=0)
        counts = Counter(seen.tolist())
        assert chi_square(counts, dict(enumerate(expected_n.tolist()))) < far(len(expected_n))

    def test_a_card_was_used_last_when_its_last_row_is(self, habits: ShopHabits, rows: pd.DataFrame) -> None:
        last = rows.groupby("card_id").time.max().astype("datetime64[us, UTC]").astype("int64") // 1_000_000
        np.testing.assert_array_equal(habits.last_used_c[last.index], last)
        never = np.setdiff1d(np.arange(1300), last.index)
        np.testing.assert_array_equal(habits.last_used_c[never], habits.opened_c[never])

    def test_activity_is_rows_a_day(self, habits: ShopHabits) -> None:
        np.testing.assert_allclose(habits.activity_c * 59, habits.expected_c)


class TestWhere:
    def km(self, people: Population, cards: Int64, terminals: Int64) -> Float:
        """From home to the terminal."""
        home, p = people.cards.customer_c[cards], people.terminals
        return np.hypot(people.customers.x_u[home] - p.x_p[terminals], people.customers.y_u[home] - p.y_p[terminals])

    def test_each_sells_what_is_wanted(
        self, people: Population, habits: ShopHabits, cards: Int64, grocery: Int64
    ) -> None:
        for near in ("home", "victim", "elsewhere", "online"):
            terminals = habits.shops(near, cards, grocery, rng=rng())
            merchants = people.terminals.merchant_p[terminals]
            assert (people.merchants.category_m[merchants] == grocery).all()
            assert people.merchants.online_m[merchants].mean() == (near == "online")

    def test_home_is_in_reach_and_elsewhere_is_not(
        self, people: Population, habits: ShopHabits, cards: Int64, grocery: Int64
    ) -> None:
        # reach.km is 12; where nobody sells it that close, people go to the nearest shop, be it near home or elsewhere
        assert (self.km(people, cards, habits.shops("home", cards, grocery, rng=rng())) < 15).mean() > 0.85
        assert (self.km(people, cards, habits.shops("elsewhere", cards, grocery, rng=rng())) > 12).mean() > 0.95

    def test_the_next_shop_is_near_the_last_one(
        self, people: Population, habits: ShopHabits, cards: Int64, grocery: Int64
    ) -> None:
        last = habits.shops("elsewhere", cards, grocery, rng=rng())
        following = habits.shops("last", cards, grocery, rng=rng(3), last_t=last)
        p = people.terminals
        assert (np.hypot(p.x_p[last] - p.x_p[following], p.y_p[last] - p.y_p[following]) < 20).mean() > 0.99
        assert (last != following).mean() > 0.5

    def test_the_victims_own_shops_are_those_of_the_rows(
        self, people: Population, habits: ShopHabits, rows: pd.DataFrame
    ) -> None:
        card = int(rows.card_id.value_counts().index[0])
        mine = rows[(rows.customer_id == people.cards.customer_c[card]) & (rows.category == "grocery")]
        grocery = np.full(200, people.census.categories.index("grocery"))
        usual = habits.shops("victim", np.full(200, card), grocery, rng=rng())
        assert 1 <= len(np.unique(usual)) <= 3
        assert set(usual) <= set(mine.terminal_id) or len(mine) < 10

    def test_what_nobody_sells_there_is_refused(self, people: Population, habits: ShopHabits) -> None:
        fuel = np.array([people.census.categories.index("fuel")])
        with pytest.raises(RefusedError, match="nobody sells 'fuel' on the web"):
            habits.shops("online", np.array([0]), fuel, rng=rng())

    @pytest.mark.parametrize("online", [True, False])
    def test_categories_are_those_of_the_segment(
        self, people: Population, habits: ShopHabits, rows: pd.DataFrame, online: bool
    ) -> None:
        """At noon everything is open, and people buy what they buy."""
        rows = rows[(rows.time.dt.hour == 12) & ((rows.channel == "online") == online) & (rows.channel != "recurring")]
        drawn = habits.categories(rows.card_id.to_numpy(), online=online, rng=rng())
        counts = np.bincount(drawn, minlength=len(people.census.categories)) / len(rows)
        names = rows.category.value_counts(normalize=True)
        for code, name in enumerate(people.census.categories):
            # two samples of some 900 rows and more
            assert abs(counts[code] - names.get(name, 0.0)) < 6 * np.sqrt(2 * 0.25 / len(rows)), name


class TestHowMuch:
    def test_a_shop_has_its_prices_and_the_victim_an_income(
        self, people: Population, habits: ShopHabits, rows: pd.DataFrame
    ) -> None:
        bought = rows[(rows.channel != "recurring") & (rows.category == "restaurant")]
        cards, terminals = bought.card_id.to_numpy(), bought.terminal_id.to_numpy()
        like = habits.amounts(cards, terminals, times_t=np.ones(len(cards)), rng=rng())
        log_like, log_seen = np.log(like), np.log(100 * bought.amount)
        # sigma of what a restaurant charges is 0.7, with prices and incomes below 1
        assert abs(log_like.mean() - log_seen.mean()) < 6 * np.sqrt(2 / len(cards))
        level = np.log(people.merchants.price_level_m[people.terminals.merchant_p[terminals]])
        slopes = [np.polyfit(level, values, 1)[0] for values in (log_like, log_seen)]
        assert abs(slopes[0] - slopes[1]) < 0.5 < slopes[0]

    def test_a_factor_comes_before_the_cents(self, habits: ShopHabits) -> None:
        cards = np.zeros(4000, dtype=np.int64)
        once, thrice = (habits.amounts(cards, None, times_t=np.full(4000, by), rng=rng()) for by in (1.0, 3.0))
        assert abs(thrice / once - 3).max() < 0.2
        assert len(np.unique(thrice % 3)) == 3

    def test_devices_are_the_holders(self, people: Population, habits: ShopHabits) -> None:
        cards = np.arange(1300)
        devices = np.stack([habits.devices(cards, rng=rng(seed)) for seed in range(8)])
        assert (people.devices.customer_d[devices] == people.cards.customer_c[cards]).all()
        assert (devices != devices[0]).any()

    def test_terminals_have_the_rows_that_are_expected(
        self, people: Population, habits: ShopHabits, rows: pd.DataFrame
    ) -> None:
        seen_p = np.bincount(rows.terminal_id, minlength=len(people.terminals))
        assert np.corrcoef(seen_p, habits.expected_at_terminals())[0, 1] > 0.9
